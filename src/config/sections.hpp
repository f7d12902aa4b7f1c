#pragma once

#include "runwatch/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// The text of a config file, as far as it is not too long for one. Throws config_error.
std::string read_config_file(std::string const& path);

/// The map of all sections. Throws config_error where there is none; reports what else is wrong with the YAML.
option_node read_sections(std::string_view text, std::string const& file, problems& found);

/// Each reads one section of a config from its options, and reports what is wrong with it.

telnyx_settings read_telnyx(option_map& options, problems& found);

polling_settings read_polling(option_map& options);

/// Reads `sinks:`; their own options are left to the checker.
std::vector<sink_settings> read_sinks(option_map& options, sink_checker const& check_sink, problems& found);

/// Reads `watch:`. The base URL is what REFs may lie under; empty if it is none itself.
std::vector<watch_entry> read_watch(option_map& options, std::string const& base_url,
                                    std::vector<sink_settings> const& sinks, problems& found);

/// Reads `follow:`.
std::vector<follow_entry> read_follow(option_map& options, std::vector<sink_settings> const& sinks, problems& found);

/// Reads the `sinks` of an entry: names of sinks, of which each must exist.
std::vector<std::string> read_sink_names(option_map& entry, std::vector<sink_settings> const& sinks, problems& found);

state_settings read_state(option_map& options);

/// Reads `http:`, which is there.
control_settings read_http(option_map& options);

log_settings read_log(option_map& options);

} // namespace runwatch
