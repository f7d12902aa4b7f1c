#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/io_thread.hpp"
#include "runwatch/limit_logs.hpp"
#include "runwatch/options.hpp"
#include "runwatch/problems.hpp"
#include "runwatch/sink.hpp"
#include "sinks/result_file.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace runwatch {

struct file_settings {
    /// The sink's name, for messages.
    std::string name;
    std::string path;
    /// By default the file is left to grow, or to others to move.
    runwatch::rotation rotation;
    log_limit logs = log_limit::full;

    bool operator==(file_settings const&) const = default;
};

/// Reads all but the name.
file_settings read_file_settings(option_map& options);

/// Reports what keeps this user from writing the file, or from making it where it is not there. Makes and changes
/// nothing.
void verify_file(option_map& options, problems& found);

/// Appends each result as a line of JSON to a file, and synchronises it before it counts.
///
/// A thread of its own does the disk's work. Lines that come while it is busy go to the disk together. What a full
/// disk, a missing directory or another process keeps from being written fails as transient. No line is written twice
/// as long as the caller notes what deliver() returned in that order, and starts with find_delivered().
class file_sink : public sink {
public:
    file_sink(file_settings settings, clock const& clock);

    boost::asio::awaitable<result<void>> deliver(run_result given) override;
    boost::asio::awaitable<result<std::vector<std::string>>> find_delivered(std::vector<std::string> owed) override;
    std::size_t concurrency() const override;
    void reopen() override;

private:
    /// A line on its way to the disk. The loop and the thread share it: a delivery may be given up before it is begun.
    struct pending_line {
        std::string text;
        bool is_settled = false;
        std::string error;
    };

    result<void> settle(std::shared_ptr<pending_line> const& line, timestamp now);
    result<std::vector<std::string>> find(std::vector<std::string> const& owed);
    void write_all(timestamp now);
    failure explain(std::string const& error) const;

    file_settings settings_;
    clock const& clock_;
    result_file file_;
    std::mutex lock_;
    std::vector<std::weak_ptr<pending_line>> waiting_;
    io_thread thread_;
};

} // namespace runwatch
