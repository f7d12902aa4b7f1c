#pragma once

#include "runwatch/time.hpp"
#include "sinks/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// A file of results could not be used; the message names it and says what happened, and what to do where that helps.
class file_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// When a file is moved to `PATH.1`, the former one to `PATH.2` and so on.
struct rotation {
    /// Bytes; 0 for no limit.
    std::uintmax_t size = 0;
    /// Since the file was made; 0 for no limit.
    duration age{0};
    /// How many moved files are kept; at least 1.
    unsigned keep = 10;

    bool operator==(rotation const&) const = default;
};

/// A file of lines of JSON, each beginning with `{"id":"…"`, that survives a crash at any instruction.
///
/// It is opened, and made (0640) if there is none, when it is first needed; then it is locked against other processes,
/// and a last line that a crash cut off is taken away. Before each write it is looked up by name: where it was moved or
/// removed, a new one is made. Every function blocks; throws file_error, after which nothing of the call has happened.
/// Not for more than one thread at a time.
class result_file {
public:
    struct options {
        std::string path;
        runwatch::rotation rotation;
        /// Lines that may be on the disk before the caller has noted that they are: find() looks for them in the file
        /// and in as many of the newest moved ones as hold so many.
        std::size_t unnoted_lines = 0;
    };

    /// What a test does in place of a call to the system, by its name: returns an errno to let it fail, or 0; throws to
    /// end it all there, as a crash would.
    using interception = std::function<int(std::string_view call)>;

    explicit result_file(options how, interception intercept = {});

    /// Appends the lines, given without their ends, and returns once they are on the disk: all or none. `now` is the
    /// time of day.
    void append(std::span<std::string const> lines, timestamp now);

    /// Those of these ids whose whole line is on the disk, in the file or the newest of the moved ones.
    std::vector<std::string> find(std::span<std::string const> ids);

    /// Closes the file until it is needed again.
    void close();

private:
    void ensure_open();
    void open();
    bool is_still_there() const;
    void lock();
    void cut_torn_line();
    void write(std::string_view text);
    void sync();
    void take_back(std::uintmax_t size);
    bool is_due(timestamp now) const;
    void rotate();
    void move(std::string const& from, std::string const& to);
    void sync_directory();
    void sync_new_name();
    void refuse_database();
    static void scan(int file, std::string const& name, std::span<std::string const> ids, std::size_t& lines,
                     std::vector<std::string>& found);
    std::uintmax_t size() const;
    std::string moved(unsigned number) const;
    std::string moved_before(unsigned number) const;
    std::string newest_by_date() const;
    int intercepted(std::string_view call) const;
    [[noreturn]] void fail(std::string_view what, int error) const;

    options options_;
    interception intercept_;
    descriptor file_;
    /// We made the file, and its directory has not been synced since.
    bool name_is_new_ = false;
    /// Where the file ends, of which lines that must not count could not be taken back.
    std::optional<std::uintmax_t> true_size_;
    std::optional<timestamp> made_at_;
};

} // namespace runwatch
