#pragma once

#include "cli/control_client.hpp"
#include "runwatch/config.hpp"

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace runwatch::cli {

/// Which daemon a command is about.
struct daemon_options {
    std::string config;
    /// Where its API is reached; empty for where the config says.
    std::string address;
    /// A file with the token; empty for the variable RUNWATCH_TOKEN and what the config says.
    std::string token_file;
};

/// Whether what a command asks a daemon for needs the token.
enum class token_need { none, some };

/// Adds `--config`, `--address` and, where it is needed, `--token-file`. The options must outlive the command.
void add_daemon_options(CLI::App& command, daemon_options& options, token_need need);

/// The daemon by its address, or by the control API that the config has; nothing if it has none. With an address the
/// config is not read. Throws usage_error and config_error.
std::optional<control_client> find_daemon(daemon_options const& options, token_need need, duration patience);

/// The same where the config has been read.
std::optional<control_client> find_daemon(daemon_options const& options, config_outline const& outline, token_need need,
                                          duration patience);

/// The same; throws config_error where the config has no control API.
control_client require_daemon(daemon_options const& options, token_need need, duration patience);

} // namespace runwatch::cli
