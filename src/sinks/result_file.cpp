#include "sinks/result_file.hpp"

#include "sinks/line_scan.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <utility>

namespace runwatch {
namespace {

namespace fs = std::filesystem;

/// `struct stat` by a name of its own: there is a function of that name.
using file_status = struct stat;
using extended_status = struct statx;

constexpr mode_t file_mode = 0640;

bool exists(std::string const& path) {
    file_status about{};
    return ::lstat(path.c_str(), &about) == 0;
}

/// When the file was made, where the file system knows.
std::optional<timestamp> birth_time(int file) {
    extended_status about{};
    if (::statx(file, "", AT_EMPTY_PATH, STATX_BTIME, &about) != 0 || (about.stx_mask & STATX_BTIME) == 0)
        return std::nullopt;
    return timestamp{std::chrono::seconds{about.stx_btime.tv_sec}};
}

std::string with_ends(std::span<std::string const> lines) {
    std::string text;
    for (auto const& line : lines)
        text.append(line).append(1, '\n');
    return text;
}

} // namespace

result_file::result_file(options how, interception intercept)
    : options_(std::move(how)), intercept_(std::move(intercept)) {}

void result_file::append(std::span<std::string const> lines, timestamp now) {
    ensure_open();
    if (!made_at_)
        made_at_ = birth_time(file_.get()).value_or(now);
    if (is_due(now)) {
        rotate();
        open();
        made_at_ = now;
    }
    auto const before = size();
    try {
        write(with_ends(lines));
        sync();
    } catch (file_error const&) {
        take_back(before);
        throw;
    }
}

std::vector<std::string> result_file::find(std::span<std::string const> ids) {
    std::vector<std::string> found;
    ensure_open();
    // What was written but never synced would count from now on.
    sync();
    std::size_t lines = 0;
    scan(file_.get(), options_.path, ids, lines, found);
    // What may not have been noted is among the last lines, in however many files they are.
    for (auto number = 0U; lines < options_.unnoted_lines || number == 0; ++number) {
        auto const older = moved_before(number);
        if (older.empty())
            break;
        descriptor const file{::open(older.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
        if (!file || ::fdatasync(file.get()) != 0)
            throw file_error{"cannot read " + older + ": " + std::strerror(errno)};
        scan(file.get(), older, ids, lines, found);
    }
    return found;
}

void result_file::scan(int file, std::string const& name, std::span<std::string const> ids, std::size_t& lines,
                       std::vector<std::string>& found) {
    auto const note = [&found](std::string_view id) { found.emplace_back(id); };
    if (auto const error = scan_lines(file, ids, note, lines); error != 0)
        throw file_error{"cannot read " + name + ": " + std::strerror(error)};
}

void result_file::close() {
    file_.close();
    true_size_.reset();
    made_at_.reset();
}

void result_file::ensure_open() {
    if (file_ && !is_still_there())
        close();
    if (!file_)
        open();
    if (true_size_)
        take_back(*true_size_);
    if (true_size_)
        fail("cannot be cut back to its last whole line", errno);
    cut_torn_line();
}

bool result_file::is_still_there() const {
    file_status opened{};
    file_status named{};
    return ::fstat(file_.get(), &opened) == 0 && ::stat(options_.path.c_str(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

void result_file::open() {
    close();
    constexpr int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    // Whoever moves files while we open may be in between more than once, but not for ever.
    for (int attempt = 0; attempt < 10; ++attempt) {
        bool made = false;
        file_ = descriptor{::open(options_.path.c_str(), flags)};
        if (!file_ && errno == ENOENT) {
            if (auto const error = intercepted("create"); error != 0)
                fail("cannot be made", error);
            file_ = descriptor{::open(options_.path.c_str(), flags | O_CREAT | O_EXCL, file_mode)};
            made = static_cast<bool>(file_);
            if (!file_ && errno == EEXIST)
                continue;
        }
        if (!file_)
            fail("cannot be opened", errno);

        file_status about{};
        if (::fstat(file_.get(), &about) != 0 || !S_ISREG(about.st_mode)) {
            close();
            throw file_error{options_.path + " is not a regular file: name another path, or use a sink of type stdout"};
        }
        lock();
        if (!is_still_there()) {
            close();
            continue;
        }
        // The umask has had its say in the mode; it is not asked.
        if (made && ::fchmod(file_.get(), file_mode) != 0)
            fail("cannot be given its mode", errno);
        name_is_new_ = name_is_new_ || made;
        if (name_is_new_)
            sync_new_name();
        refuse_database();
        return;
    }
    throw file_error{options_.path + " is moved away again and again while it is opened"};
}

/// A wrong path must not cost somebody's database, least of all our own state.
void result_file::refuse_database() {
    constexpr std::string_view opening = "SQLite format 3";
    std::array<char, opening.size()> head{};
    if (::pread(file_.get(), head.data(), head.size(), 0) != static_cast<ssize_t>(head.size()) ||
        std::string_view{head.data(), head.size()} != opening)
        return;
    close();
    throw file_error{options_.path + " is an SQLite database, perhaps runwatch's state: name another path"};
}

/// Without its name on the disk the file would not outlive a power cut: then it is as if it could not be opened.
void result_file::sync_new_name() {
    try {
        sync_directory();
        name_is_new_ = false;
    } catch (file_error const&) {
        close();
        throw;
    }
}

void result_file::lock() {
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0)
        return;
    auto const error = errno;
    close();
    if (error == EWOULDBLOCK)
        throw file_error{options_.path + " is locked, by another sink or by another process such as a runwatch that "
                                         "runs: let each write a file of its own"};
    fail("cannot be locked", error);
}

void result_file::cut_torn_line() {
    auto const whole = end_of_last_line(file_.get(), size());
    if (whole < 0)
        fail("cannot be read", errno);
    if (std::cmp_equal(whole, size()))
        return;
    if (auto const error = intercepted("cut"); error != 0)
        fail("cannot be cut back to its last whole line", error);
    if (::ftruncate(file_.get(), whole) != 0)
        fail("cannot be cut back to its last whole line", errno);
}

void result_file::write(std::string_view text) {
    while (!text.empty()) {
        if (auto const error = intercepted("write"); error != 0)
            fail("cannot be written", error);
        auto const count = ::write(file_.get(), text.data(), text.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            fail("cannot be written", count < 0 ? errno : ENOSPC);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

void result_file::sync() {
    if (auto const error = intercepted("sync"); error != 0)
        fail("cannot be synced", error);
    if (::fdatasync(file_.get()) != 0)
        fail("cannot be synced", errno);
}

void result_file::take_back(std::uintmax_t size) {
    auto const error = intercepted("take_back");
    if (error == 0 && ::ftruncate(file_.get(), static_cast<off_t>(size)) == 0) {
        true_size_.reset();
        return;
    }
    if (error != 0)
        errno = error;
    true_size_ = size;
}

bool result_file::is_due(timestamp now) const {
    auto const& limits = options_.rotation;
    auto const used = size();
    if (used == 0)
        return false;
    return (limits.size != 0 && used >= limits.size) || (limits.age.count() != 0 && now - *made_at_ >= limits.age);
}

void result_file::rotate() {
    // A crash between two moves leaves a gap, which the next rotation closes: moving ends at the first one.
    unsigned last = 1;
    while (last < options_.rotation.keep && exists(moved(last)))
        ++last;
    for (; last > 1; --last)
        move(moved(last - 1), moved(last));
    move(options_.path, moved(1));
    sync_directory();
}

void result_file::move(std::string const& from, std::string const& to) {
    auto error = intercepted("move");
    if (error == 0 && ::rename(from.c_str(), to.c_str()) != 0)
        error = errno;
    if (error != 0)
        throw file_error{"cannot move " + from + " to " + to + ": " + std::strerror(error)};
}

void result_file::sync_directory() {
    auto const parent = fs::path{options_.path}.parent_path();
    descriptor const directory{::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    auto error = intercepted("sync_directory");
    // Some file systems have no such thing as syncing a directory.
    if (error == 0 && (!directory || (::fsync(directory.get()) != 0 && errno != EINVAL)))
        error = errno;
    if (error != 0)
        fail("is in a directory that cannot be synced", error);
}

std::uintmax_t result_file::size() const {
    file_status about{};
    if (::fstat(file_.get(), &about) != 0)
        fail("cannot be looked at", errno);
    return static_cast<std::uintmax_t>(about.st_size);
}

std::string result_file::moved(unsigned number) const { return options_.path + '.' + std::to_string(number); }

/// The file that was moved `number` moves before the newest; empty if there is none.
std::string result_file::moved_before(unsigned number) const {
    for (unsigned place = 1, before = 0; place <= options_.rotation.keep; ++place)
        if (exists(moved(place)) && before++ == number)
            return moved(place);
    return number == 0 ? newest_by_date() : std::string{};
}

std::string result_file::newest_by_date() const {
    // Others name what they move by its date.
    std::string newest;
    fs::file_time_type newest_time;
    std::error_code ignored;
    auto const path = fs::absolute(options_.path, ignored);
    for (fs::directory_iterator entry{path.parent_path(), ignored}, end; !ignored && entry != end;
         entry.increment(ignored)) {
        auto const& each = *entry;
        auto const name = each.path().filename().string();
        std::error_code unknown;
        auto const time = each.last_write_time(unknown);
        auto const is_moved = name.starts_with(path.filename().string() + '-') && each.is_regular_file(unknown);
        if (is_moved && (newest.empty() || time > newest_time)) {
            newest = each.path().string();
            newest_time = time;
        }
    }
    return newest;
}

int result_file::intercepted(std::string_view call) const { return intercept_ ? intercept_(call) : 0; }

void result_file::fail(std::string_view what, int error) const {
    auto message = options_.path + ' ' + std::string{what} + ": " + std::strerror(error);
    if (error == ENOENT)
        message = options_.path + ' ' + std::string{what} + ": its directory is missing";
    throw file_error{message};
}

} // namespace runwatch
