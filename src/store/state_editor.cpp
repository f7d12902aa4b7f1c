#include "store/consistent_read.hpp"
#include "store/delivery_list.hpp"
#include "store/schema.hpp"
#include "store/sinks.hpp"
#include "store/state_file.hpp"

namespace runwatch {
namespace {

bool is_current(sqlite::database& database) {
    check_current(database, schema_steps());
    return true;
}

/// Does all of the work in one transaction, or nothing.
template <class Work>
auto edit(std::string const& path, Work const& work) {
    // Even to look, a connection that may write makes files: what is refused has to be seen before.
    read_consistently(path, is_current);
    // An exception ends the connection, and with it the transaction.
    sqlite::database database{path, sqlite::access::read_write};
    set_rules(database);
    database.script("BEGIN IMMEDIATE");
    is_current(database);
    auto done = work(database);
    database.script("COMMIT");
    return done;
}

} // namespace

std::size_t state_editor::retry(delivery_filter const& filter, timestamp now) const {
    return edit(path_, [&](sqlite::database& in) { return state::retry(in, filter, now); });
}

std::size_t state_editor::drop(delivery_filter const& filter) const {
    return edit(path_, [&](sqlite::database& in) { return state::drop(in, filter); });
}

std::optional<std::string> state_editor::enable_sink(std::string const& sink, timestamp now) const {
    return edit(path_, [&](sqlite::database& in) { return state::enable_sink(in, sink, now); });
}

} // namespace runwatch
