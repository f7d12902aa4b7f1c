#pragma once

#include "store/sqlite.hpp"

#include "runwatch/store.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// What store's functions of the same names do, inside a transaction.
namespace runwatch::state {

std::vector<watch_record> watch(sqlite::database& database, std::vector<watch_record> const& watches);
std::vector<run_key> discover(sqlite::database& database, std::vector<watch_record> const& watches);
std::vector<run_key> unwatch(sqlite::database& database, std::vector<run_key> const& keys,
                             std::optional<watch_origin> origin);
std::vector<watch_record> watched(sqlite::database& database);
added_watches add_watches(sqlite::database& database, std::vector<watch_record> const& watches);
removed_watch take_back(sqlite::database& database, run_key const& key, watch_origin origin);

/// Watches what the config names, and lets go of what it named before. Returns the runs that nobody watches any more.
std::vector<run_key> adopt_watches(sqlite::database& database, std::vector<watch_record> const& named);
void note(sqlite::database& database, std::vector<status_change> const& changes);

/// Watches behind a canonical key, of one canonical test unless that is empty, in the order of their canonical keys.
std::vector<watch_record> watches_behind(sqlite::database& database, std::string const& behind, std::string const& test,
                                         std::size_t limit);

/// The watch of a run, if there is one.
std::optional<watch_record> find_watch(sqlite::database& database, run_key const& key);

/// The status changes of a run, in their order.
std::vector<status_change> changes_of(sqlite::database& database, run_key const& key);

} // namespace runwatch::state
