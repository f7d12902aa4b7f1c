#pragma once

#include "store/sqlite.hpp"

#include "runwatch/store.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What store's functions of the same names do, inside a transaction.
namespace runwatch::state {

void set_sinks(sqlite::database& database, std::vector<sink_identity> const& sinks, timestamp now);
void stop_sink(sqlite::database& database, std::string const& sink, std::string const& why);
/// Returns why the sink was stopped; nothing if it was not, and then nothing is changed.
std::optional<std::string> enable_sink(sqlite::database& database, std::string const& sink, timestamp now);
std::map<std::string, std::string> stopped_sinks(sqlite::database& database);

/// All sinks that the state refers to, in the order of their names.
std::vector<known_sink> sinks(sqlite::database& database);

/// A row of the table `sinks`.
struct sink_row {
    std::int64_t key = 0;
    bool in_config = false;
};

/// The sink of this name: the one in the config, else the one that left it last, else a new one that is not in it.
sink_row find_sink(sqlite::database& database, std::string const& name);

} // namespace runwatch::state
