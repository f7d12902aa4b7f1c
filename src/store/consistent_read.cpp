#include "store/consistent_read.hpp"

#include <cerrno>
#include <sys/stat.h>
#include <system_error>

namespace runwatch {

file_stamp stamp_of(std::string const& path) {
    struct stat about {};

    if (::stat(path.c_str(), &about) != 0)
        return {};
    return {static_cast<std::int64_t>(about.st_ino), about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
}

bool has_log(std::string const& state_path) { return stamp_of(state_path + "-wal").at(1) > 0; }

void check_exists(std::string const& state_path) {
    struct stat about {};

    if (::stat(state_path.c_str(), &about) == 0)
        return;
    if (errno == ENOENT || errno == ENOTDIR)
        throw state_error{"the state file " + state_path +
                          ": there is none; name the file that the daemon has in state.path, or start it first"};
    throw state_error{"the state file " + state_path + ": it cannot be looked at (" +
                      std::generic_category().message(errno) + "); let this user read it, or be the daemon's user"};
}

void check_readable_log(std::string const& state_path) {
    if (stamp_of(state_path + "-shm") == file_stamp{})
        throw state_error{"the state file " + state_path +
                          ": it was copied or left in the middle of a change; start the daemon with it once"};
}

} // namespace runwatch
