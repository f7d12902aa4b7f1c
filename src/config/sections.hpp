#pragma once

#include "runwatch/config.hpp"

#include <vector>

namespace runwatch {

/// Each reads one section of a config from its options, and reports what is wrong with it.

telnyx_settings read_telnyx(option_map& options, problems& found);

polling_settings read_polling(option_map& options);

/// Reads `sinks:`; their own options are left to the checker.
std::vector<sink_settings> read_sinks(option_map& options, sink_checker const& check_sink, problems& found);

/// Reads `watch:`. The base URL is what REFs may lie under; empty if it is none itself.
std::vector<watch_entry> read_watch(option_map& options, std::string const& base_url,
                                    std::vector<sink_settings> const& sinks, problems& found);

state_settings read_state(option_map& options);

log_settings read_log(option_map& options);

} // namespace runwatch
