#pragma once

#include "store/sqlite.hpp"

#include "runwatch/store.hpp"

#include <cstddef>
#include <cstdint>

/// What store's functions of the same names do, inside a transaction: those that show a state piece by piece, however
/// large it is. One call looks through so many rows at most that nobody waits long behind it.
namespace runwatch::state {

result_page results(sqlite::database& database, result_query const& query);
result_span results_behind(sqlite::database& database, std::int64_t place);
watch_page watched(sqlite::database& database, watch_query const& query);
delivery_page deliveries(sqlite::database& database, delivery_filter const& filter, std::int64_t behind,
                         std::size_t limit);

} // namespace runwatch::state
