#pragma once

#include "store/sqlite.hpp"

#include "runwatch/store.hpp"

namespace runwatch::state {

/// All that a state knows of one run, inside a transaction.
run_history history(sqlite::database& database, run_key const& key);

} // namespace runwatch::state
