#pragma once

#include "store/sqlite.hpp"

#include "runwatch/store.hpp"

#include <string>
#include <vector>

/// What store's functions of the same names do, inside a transaction.
namespace runwatch::state {

/// Makes these what is followed, and nothing else. Returns since when each is.
std::vector<follow_record> adopt_follows(sqlite::database& database, std::vector<followed_list> const& lists,
                                         timestamp now);

void note_follow(sqlite::database& database, follow_record const& follow);

/// Notes that a run was found in a list, and tells whether that is news. It is none if the list is followed no more, or
/// if nothing is to be reported of the run: nobody watches it, and it has no result from `since` on that is kept.
bool note_found(sqlite::database& database, followed_list const& list, std::string const& run, timestamp since);

} // namespace runwatch::state
