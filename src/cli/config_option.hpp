#pragma once

#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace runwatch::cli {

/// Where a config is looked for unless `--config` names another file.
inline constexpr char const* default_config = "/etc/runwatch/runwatch.yaml";

/// Adds `--config` to a subcommand. The file's name is there once the command line was parsed.
std::shared_ptr<std::string> add_config_option(CLI::App& command);

} // namespace runwatch::cli
