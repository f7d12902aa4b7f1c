#pragma once

#include <optional>
#include <string>

namespace runwatch {

/// The right to be the one daemon that writes a state file: an flock on `PATH.lock`, which holds the owner's pid. The
/// kernel takes the lock back when the process ends, however it ends; the file stays.
class state_lock {
public:
    /// Takes the lock. Throws state_error, with the owner's pid, if another process has it.
    explicit state_lock(std::string const& state_path);
    ~state_lock();

    state_lock(state_lock const&) = delete;
    state_lock& operator=(state_lock const&) = delete;

private:
    int file_ = -1;
};

/// Where the lock of a state file is: beside the file itself, not beside one of the links to it.
std::string lock_path(std::string const& state_path);

/// The pid of the process that has the lock; nothing if none does.
std::optional<int> lock_owner(std::string const& state_path);

/// Opens a file to read and write it, and makes it if it is not there: with mode 0640 whatever the umask, and on the
/// disk before this returns. Throws state_error that says why not. Returns the descriptor.
int open_or_make_file(std::string const& path);

} // namespace runwatch
