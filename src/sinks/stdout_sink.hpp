#pragma once

#include "runwatch/io_thread.hpp"
#include "runwatch/limit_logs.hpp"
#include "runwatch/options.hpp"
#include "runwatch/sink.hpp"
#include "sinks/descriptor.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

namespace runwatch {

/// How results are written to standard output.
enum class line_format {
    /// A line for people.
    text,
    /// The result's JSON on one line.
    json,
};

struct stdout_settings {
    /// The sink's name, for messages.
    std::string name;
    line_format format = line_format::text;
    /// For JSON.
    log_limit logs = log_limit::full;

    bool operator==(stdout_settings const&) const = default;
};

/// Reads all but the name.
stdout_settings read_stdout_settings(option_map& options);

/// Writes each result as one whole line to standard output, a file's content synced before it counts.
///
/// A reader that is slow is waited for without holding up the loop, and without making what we share with others (the
/// terminal, the pipe) non-blocking. A line that a cancellation cut in two is ended before the next one.
class stdout_sink : public sink {
public:
    /// Writes to a duplicate of the descriptor. Throws system_error if there is none.
    stdout_sink(boost::asio::any_io_executor executor, stdout_settings settings, int descriptor = 1);
    ~stdout_sink() override;

    boost::asio::awaitable<result<void>> deliver(run_result given) override;

private:
    class writability;

    std::string to_text(run_result result) const;
    boost::asio::awaitable<int> write(std::string text);

    stdout_settings settings_;
    descriptor descriptor_;
    bool is_socket_ = false;
    /// The last line was not written to its end.
    bool line_is_open_ = false;
    std::unique_ptr<writability> writability_;
    io_thread thread_;
};

} // namespace runwatch
