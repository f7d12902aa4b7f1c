#pragma once

#include "runwatch/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace runwatch::cli {

/// Where the config is unless an option says otherwise.
inline constexpr std::string_view default_config = "/etc/runwatch/runwatch.yaml";

/// Adds `--config FILE`; it is read into `path`, which must outlive the command and becomes the default at once.
void add_config_option(CLI::App& command, std::string& path);

/// Loads the config and prints its warnings to standard error. Throws config_error with all that is wrong.
config load_with_warnings(std::string const& path, withheld_secrets withheld = withheld_secrets::refused);

/// Loads what can be told of the config without secrets. Throws config_error.
config_outline load_known(std::string const& path);

/// Throws config_error, which says what to do, if this is the default and there is no such file.
void check_is_there(std::string const& path);

/// What to add to a message about a name that is not there: `; did you mean "ops"?`, or the names that are.
std::string suggest(std::string_view name, std::vector<std::string> const& known);

} // namespace runwatch::cli
