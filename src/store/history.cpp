#include "store/history.hpp"

#include "store/delivery_list.hpp"
#include "store/results.hpp"
#include "store/watches.hpp"

namespace runwatch::state {

run_history history(sqlite::database& database, run_key const& key) {
    run_history history;
    history.watch = find_watch(database, key);
    history.changes = changes_of(database, key);
    history.result = find_result(database, key);
    history.deliveries = deliveries_of(database, key);
    history.attempts = attempts_of(database, key);
    history.pruned_result_at = pruned_at(database, key);
    return history;
}

} // namespace runwatch::state
