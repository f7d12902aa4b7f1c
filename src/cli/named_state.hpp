#pragma once

#include "runwatch/config.hpp"
#include "runwatch/store.hpp"

#include <map>
#include <string>
#include <vector>

namespace runwatch::cli {

/// The state that a config names, for commands that work beside a daemon or without one.
struct named_state {
    std::string config;
    config_outline outline;
    state_reader reader;
    state_editor editor;

    /// Throws config_error; and state_error if there is no state that can be read.
    explicit named_state(std::string const& config_file);

    /// Throws usage_error, with the name that may be meant, unless the config or the state has a sink of this name.
    void check_sink(std::string const& name) const;

    /// The stopped sinks and why, also of those that have left the config.
    std::map<std::string, std::string> stopped() const;
};

/// The names of the sinks of a config.
std::vector<std::string> names_of(std::vector<sink_settings> const& sinks);

} // namespace runwatch::cli
