#pragma once

#include "store/sqlite.hpp"

#include "runwatch/store.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

/// What store's functions of the same names do, inside a transaction: those by which people look and act.
namespace runwatch::state {

std::vector<listed_delivery> deliveries(sqlite::database& database, delivery_filter const& filter);
std::vector<delivery_count> count_unsettled(sqlite::database& database);
std::size_t count_pending(sqlite::database& database);
std::size_t retry(sqlite::database& database, delivery_filter const& filter, timestamp now);
std::size_t drop(sqlite::database& database, delivery_filter const& filter);

/// Those that are meant, with ids behind the first and up to the last of these, at most `limit`.
std::vector<listed_delivery> deliveries_between(sqlite::database& database, delivery_filter const& filter,
                                                std::int64_t behind, std::int64_t last, std::size_t limit);

/// The deliveries of one run's results, the earliest recorded first.
std::vector<listed_delivery> deliveries_of(sqlite::database& database, run_key const& key);

/// The attempts that are kept of these, in their order.
std::vector<delivery_attempt> attempts_of(sqlite::database& database, run_key const& key);

} // namespace runwatch::state
