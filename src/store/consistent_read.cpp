#include "store/consistent_read.hpp"

#include <sys/stat.h>

namespace runwatch {

file_stamp stamp_of(std::string const& path) {
    struct stat about {};

    if (::stat(path.c_str(), &about) != 0)
        return {};
    return {static_cast<std::int64_t>(about.st_ino), about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
}

bool has_log(std::string const& state_path) { return stamp_of(state_path + "-wal").at(1) > 0; }

void check_exists(std::string const& state_path) {
    if (stamp_of(state_path) == file_stamp{})
        throw state_error{"the state file " + state_path +
                          ": there is none; name the file that the daemon has in state.path, or start it first"};
}

void check_readable_log(std::string const& state_path) {
    if (stamp_of(state_path + "-shm") == file_stamp{})
        throw state_error{"the state file " + state_path +
                          ": it was copied or left in the middle of a change; start the daemon with it once"};
}

} // namespace runwatch
