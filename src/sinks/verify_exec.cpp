#include "runwatch/text.hpp"
#include "sinks/exec_sink.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sstream>
#include <string>
#include <unistd.h>

namespace runwatch {
namespace {

/// Why this user, with the rights it has now, cannot run a program; empty if it can.
std::string program_problem(std::string const& path) {
    std::error_code ignored;
    if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0)
        return std::strerror(errno);
    return std::filesystem::is_regular_file(path, ignored) ? "" : "it is not a file";
}

/// Why a command cannot be run, found as the C library does when it starts one; empty if it can.
std::string command_problem(std::string const& command) {
    auto const shown = to_printable(command);
    if (command.find('/') != std::string::npos) {
        auto const problem = program_problem(command);
        return problem.empty() ? problem : "this user cannot run " + shown + ": " + problem;
    }
    auto const* const variable = std::getenv("PATH");
    std::string const path = variable == nullptr ? "/bin:/usr/bin" : variable;
    std::istringstream folders{path};
    for (std::string folder; std::getline(folders, folder, ':');)
        if (program_problem((folder.empty() ? "." : folder) + '/' + command).empty())
            return {};
    return "there is no program " + shown + " in PATH (" + to_printable(path) + "): write where it is";
}

} // namespace

void verify_exec(option_map& options, problems& found) {
    auto const settings = read_exec_settings(options);
    if (auto const problem = command_problem(settings.command.front()); !problem.empty())
        found.error(options.place_of("command", 0), problem);
}

} // namespace runwatch
