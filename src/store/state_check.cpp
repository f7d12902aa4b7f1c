#include "store/consistent_read.hpp"
#include "store/schema.hpp"
#include "store/state_file.hpp"
#include "store/state_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace runwatch {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(std::string const& path, std::string const& why) {
    throw state_error{"the state file " + path + ": " + why};
}

/// Why this user may not do something with a file; 0 if it may.
int access_error(std::string const& path, int mode) {
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

void check_directory(std::string const& path) {
    std::error_code ignored;
    auto const real = fs::weakly_canonical(path, ignored);
    auto const directory = (ignored ? fs::path{path} : real).parent_path();
    auto const error = access_error(directory.string(), W_OK | X_OK);
    if (error == ENOENT || error == ENOTDIR || (error == 0 && !fs::is_directory(directory, ignored)))
        refuse(path, "there is no directory " + directory.string() + "; make it, or name another file in state.path");
    if (error != 0)
        refuse(path, "nothing can be made in its directory " + directory.string() + " (" +
                         std::generic_category().message(error) + "); let this user write there");
}

/// The file, its lock, its log and the log's index: another user may have left one.
void check_rights(std::string const& path) {
    for (auto const& each : {path, lock_path(path), path + "-wal", path + "-shm"}) {
        auto const error = access_error(each, R_OK | W_OK);
        if (error != 0 && error != ENOENT)
            refuse(path, each + " cannot be read and written (" + std::generic_category().message(error) +
                             "); let this user do both");
    }
}

} // namespace

void check_state_file(std::string const& path) {
    std::error_code ignored;
    if (path == ":memory:")
        return;
    if (fs::is_directory(path, ignored))
        refuse(path, "it is a directory; name a file in state.path");
    check_directory(path);
    check_rights(path);
    // An empty file is taken for a new one; a log without an index is read by who may write one.
    if (stamp_of(path).at(1) == 0 || (has_log(path) && stamp_of(path + "-shm") == file_stamp{}))
        return;
    // Thrown inside it would be looked for again and again.
    auto const damage = read_consistently(path, [](sqlite::database& in) {
        check_schema(in, schema_steps());
        return in.text("PRAGMA quick_check(1)");
    });
    if (damage != "ok")
        refuse(path, "it is damaged (" + damage + "); restore a copy of it, or move it away to begin anew");
}

} // namespace runwatch
