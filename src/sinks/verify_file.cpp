#include "sinks/file_sink.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace runwatch {
namespace {

/// `struct stat` by a name of its own: there is a function of that name.
using file_status = struct stat;

/// Why this user, with the rights it has now, may not do something with a file; 0 if it may.
int access_error(std::string const& path, int mode) {
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

/// What keeps this user from making a file in the directory of `path`; empty if nothing does.
std::string directory_problem(std::string const& path, char const* purpose) {
    auto const directory = std::filesystem::path{path}.parent_path().string();
    // It is synced as well, which takes the right to read it.
    auto const error = access_error(directory, R_OK | W_OK | X_OK);
    if (error == 0)
        return {};
    if (error == ENOENT)
        return path + " cannot be " + purpose + ": there is no directory " + directory + "; make it";
    return path + " cannot be " + purpose + ": this user may not write in the directory " + directory + ": " +
           std::strerror(error);
}

/// What keeps this user from using a file as result_file does; empty if nothing does. Another process's lock does not
/// count: it may be the daemon's.
std::string problem_of(file_settings const& settings) {
    auto const& path = settings.path;
    file_status about{};
    if (::stat(path.c_str(), &about) != 0)
        return errno == ENOENT ? directory_problem(path, "made") : path + " cannot be opened: " + std::strerror(errno);
    if (!S_ISREG(about.st_mode))
        return path + " is not a regular file: name another path, or use a sink of type stdout";
    if (auto const error = access_error(path, R_OK | W_OK); error != 0)
        return path + " cannot be read and written by this user: " + std::strerror(error);
    auto const rotates = settings.rotation.size != 0 || settings.rotation.age.count() != 0;
    return rotates ? directory_problem(path, "rotated") : std::string{};
}

} // namespace

void verify_file(option_map& options, problems& found) {
    if (auto const problem = problem_of(read_file_settings(options)); !problem.empty())
        found.error(options.place_of("path"), problem);
}

} // namespace runwatch
