#include "store/state_lock.hpp"

#include "runwatch/store.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace runwatch {
namespace {

constexpr mode_t file_mode = 0640;

/// Reads the pid in a lock file; 0 if there is none.
int written_pid(int file) {
    std::array<char, 16> text{};
    auto const length = ::pread(file, text.data(), text.size(), 0);
    int pid = 0;
    if (length > 0)
        std::from_chars(text.data(), text.data() + length, pid);
    return pid;
}

/// Takes the lock if no other daemon has it. Who asks for the owner shares the lock for an instant: that is no reason
/// to give up.
bool take(int file) {
    constexpr int patience = 10'000;
    for (int round = 0; round < patience; ++round) {
        if (::flock(file, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (::flock(file, LOCK_SH | LOCK_NB) != 0)
            return false;
        ::flock(file, LOCK_UN);
        ::sched_yield();
    }
    return false;
}

[[noreturn]] void refuse(std::string const& path, int cause) {
    auto const directory = std::filesystem::path{path}.parent_path();
    std::error_code ignored;
    if (!directory.empty() && !std::filesystem::is_directory(directory, ignored))
        throw state_error{"the state file " + path + ": there is no directory " + directory.string() +
                          "; make it, or name another file in state.path"};
    if (std::filesystem::is_directory(path, ignored))
        throw state_error{"the state file " + path + ": it is a directory; name a file in state.path"};
    throw state_error{"the state file " + path + ": it cannot be opened to write (" +
                      std::generic_category().message(cause) +
                      "); let this user read and write the file and its directory"};
}

/// Makes a new file's entry in its directory outlive a power cut.
void sync_directory_of(std::string const& path) {
    auto directory = std::filesystem::path{path}.parent_path();
    auto const file = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return;
    ::fsync(file);
    ::close(file);
}

} // namespace

int open_or_make_file(std::string const& path) {
    auto const made = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, file_mode);
    if (made >= 0) {
        ::fchmod(made, file_mode);
        sync_directory_of(path);
        return made;
    }
    auto const there = errno == EEXIST ? ::open(path.c_str(), O_RDWR | O_CLOEXEC) : -1;
    if (there < 0)
        refuse(path, errno);
    return there;
}

state_lock::state_lock(std::string const& state_path) : file_(open_or_make_file(lock_path(state_path))) {
    if (!take(file_)) {
        auto const pid = written_pid(file_);
        ::close(file_);
        throw state_error{"the state file " + state_path + ": it is in use by the runwatch" +
                          (pid > 0 ? " with pid " + std::to_string(pid) : " that is just starting") +
                          "; stop that one, or name another file in state.path"};
    }
    auto const pid = std::to_string(::getpid()) + '\n';
    if (::ftruncate(file_, 0) != 0 || ::pwrite(file_, pid.data(), pid.size(), 0) < 0) {
        // The pid is for messages alone: the lock holds without it, also on a full disk.
    }
}

state_lock::~state_lock() {
    // A pid that is left would be shown for one that is just starting.
    [[maybe_unused]] auto const emptied = ::ftruncate(file_, 0);
    ::close(file_);
}

std::string lock_path(std::string const& state_path) {
    std::error_code ignored;
    auto const real = std::filesystem::weakly_canonical(state_path, ignored);
    return (ignored ? state_path : real.string()) + ".lock";
}

std::optional<int> lock_owner(std::string const& state_path) {
    auto const file = ::open(lock_path(state_path).c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return std::nullopt;
    auto const is_free = ::flock(file, LOCK_SH | LOCK_NB) == 0;
    auto const pid = is_free ? 0 : written_pid(file);
    ::close(file);
    if (is_free)
        return std::nullopt;
    return pid;
}

} // namespace runwatch
