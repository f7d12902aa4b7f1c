#include "store/consistent_read.hpp"
#include "store/delivery_list.hpp"
#include "store/history.hpp"
#include "store/results.hpp"
#include "store/schema.hpp"
#include "store/sinks.hpp"
#include "store/state_lock.hpp"

namespace runwatch {
namespace {

/// Reads a file of this program's version.
template <class Read>
auto read_current(std::string const& path, Read const& read) {
    return read_consistently(path, [&read](sqlite::database& in) {
        check_current(in, schema_steps());
        return read(in);
    });
}

} // namespace

state_reader::state_reader(std::string path) : path_(std::move(path)) { read_current(path_, state::last_reload); }

std::vector<listed_delivery> state_reader::deliveries(delivery_filter const& filter) const {
    return read_current(path_, [&](sqlite::database& in) { return state::deliveries(in, filter); });
}

std::vector<delivery_count> state_reader::count_unsettled() const {
    return read_current(path_, state::count_unsettled);
}

std::vector<known_sink> state_reader::sinks() const { return read_current(path_, state::sinks); }

run_history state_reader::history(run_key const& key) const {
    return read_current(path_, [&](sqlite::database& in) { return state::history(in, key); });
}

reload_note state_reader::last_reload() const { return read_current(path_, state::last_reload); }

std::optional<int> state_reader::owner() const { return lock_owner(path_); }

} // namespace runwatch
