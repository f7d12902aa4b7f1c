#pragma once

#include "runwatch/config.hpp"
#include "runwatch/failure.hpp"
#include "runwatch/option_node.hpp"

#include <optional>
#include <string>
#include <vector>

namespace runwatch::cli {

/// What came of the attempt to reach somebody whom a config names.
struct probe {
    /// What of the config it is about.
    option_place place;
    bool is_api = false;
    /// What can be said if it succeeded; empty if there was nobody to reach.
    std::string success;
    std::optional<failure> failed;
};

/// Tries the API key and reaches the other side of each sink, all at once, within the timeouts of the config. Sends one
/// request to the API and none to anybody else. What cannot be made by the config is left out. `whole` is all that the
/// config's file says.
std::vector<probe> probe_all(config const& checked, option_node const& whole);

} // namespace runwatch::cli
