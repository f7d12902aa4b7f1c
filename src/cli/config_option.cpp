#include "cli/config_option.hpp"

#include "cli/terminal.hpp"
#include "options/nearest.hpp"
#include "runwatch/text.hpp"
#include "sinks/registry.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace runwatch::cli {

void add_config_option(CLI::App& command, std::string& path) {
    path = default_config;
    command.add_option("--config,-c", path, "The config file (default: " + path + ")")->type_name("FILE");
}

config load_with_warnings(std::string const& path, withheld_secrets withheld) {
    check_is_there(path);
    auto loaded = load_config(path, check_sink, withheld);
    for (auto const& warning : loaded.warnings)
        say("warning: " + warning);
    return std::move(loaded.config);
}

config_outline load_known(std::string const& path) {
    check_is_there(path);
    return load_outline(path);
}

void check_is_there(std::string const& path) {
    if (path == default_config && ::access(path.c_str(), F_OK) != 0 && errno == ENOENT)
        throw config_error{"there is no config file " + path + ": write one, or name another with --config"};
}

std::string suggest(std::string_view name, std::vector<std::string> const& known) {
    if (auto const meant = nearest(name, known); !meant.empty())
        return "; did you mean \"" + to_printable(meant) + "\"?";
    std::string names;
    for (auto const& each : known)
        names.append(names.empty() ? "; there are " : ", ").append(to_printable(each));
    return names;
}

} // namespace runwatch::cli
