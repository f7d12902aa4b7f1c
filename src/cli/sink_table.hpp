#pragma once

#include "runwatch/config.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace runwatch::cli {

/// What there is to say of a sink.
struct sink_row {
    std::string name;
    std::string type;
    bool in_config = false;
    /// Why it is stopped; empty unless it is.
    std::string stopped_why;
    std::size_t pending = 0;
    std::size_t dead = 0;
    std::size_t orphaned = 0;
};

/// The sinks of a config in its order, then those that have left it and are still owed something. Where there is no
/// state file yet nothing is owed. Throws state_error if there is one that cannot be read.
std::vector<sink_row> sink_rows(config_outline const& config);

/// Sinks for people: a line each, and for a stopped one a line that says why.
std::string sink_table(std::span<sink_row const> rows);

/// Sinks for programs: an array of JSON objects, one a line.
std::string sink_json(std::span<sink_row const> rows);

} // namespace runwatch::cli
