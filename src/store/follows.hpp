#pragma once

#include "store/sqlite.hpp"

#include "runwatch/store.hpp"

#include <vector>

/// What store's functions of the same names do, inside a transaction.
namespace runwatch::state {

/// Makes these what is followed, and nothing else. Returns since when each is.
std::vector<follow_record> adopt_follows(sqlite::database& database, std::vector<followed_list> const& lists,
                                         timestamp now);

void note_follow(sqlite::database& database, follow_record const& follow);

} // namespace runwatch::state
