#pragma once

#include "store/sqlite.hpp"

#include "runwatch/store.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What store's functions of the same names do, inside a transaction.
namespace runwatch::state {

std::vector<owed_delivery> record(sqlite::database& database, std::vector<run_result> const& results,
                                  store::router const& route);

/// Owes what is recorded of runs that a list shows to the sinks of who follows it, where they were found in it just now
/// and the sinks are not owed it already. Returns what record() does.
std::vector<owed_delivery> owe_found(sqlite::database& database, found_runs const& found, store::router const& route);

/// Removes at most `limit` results that were settled before `before`, and returns how many.
std::size_t prune_results(sqlite::database& database, timestamp before, std::size_t limit);

/// Removes the status changes from before `before` of runs that are neither watched nor kept as a result, and sinks
/// that nothing refers to any more.
void prune_rest(sqlite::database& database, timestamp before);

void learn(sqlite::database& database, std::vector<learned_duration> const& durations);
std::map<std::string, std::vector<observed_duration>> learned(sqlite::database& database);

reload_note note_reload(sqlite::database& database, std::string const& problem);

/// The result of a run, if it is kept.
std::optional<run_result> find_result(sqlite::database& database, run_key const& key);

/// The result with this id, if it is kept.
std::optional<run_result> find_result(sqlite::database& database, std::string const& id);

/// When the run ended whose result was pruned.
std::optional<timestamp> pruned_at(sqlite::database& database, run_key const& key);

reload_note last_reload(sqlite::database& database);

} // namespace runwatch::state
