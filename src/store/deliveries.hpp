#pragma once

#include "store/sqlite.hpp"

#include "runwatch/store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What store's functions of the same names do, inside a transaction: those that deliver.
namespace runwatch::state {

std::vector<owed_delivery> due(sqlite::database& database, std::string const& sink, timestamp now, std::size_t limit,
                               std::vector<std::int64_t> const& except, due_order order);
std::optional<timestamp> next_due(sqlite::database& database, std::string const& sink,
                                  std::vector<std::int64_t> const& except);
std::vector<std::string> owed(sqlite::database& database, std::string const& sink);
void settle(sqlite::database& database, std::vector<settled_delivery> const& settled);
void mark_delivered(sqlite::database& database, std::string const& sink, std::vector<std::string> const& result_ids,
                    timestamp at);
void hurry(sqlite::database& database, std::string const& sink, timestamp now);

} // namespace runwatch::state
