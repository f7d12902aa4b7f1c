#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/run_result.hpp"
#include "runwatch/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace runwatch {

/// Brings what the poller found to the store: everything that has come together while the store was busy goes in at
/// once, and nobody who polls waits for it. Loop thread only.
class recorder {
public:
    /// What there is to tell.
    struct listener {
        /// Results are on the disk. Brings the first new delivery of each sink that is owed one.
        std::function<void(std::vector<owed_delivery> first_owed)> recorded;
        /// The state cannot be written; what was found is kept, and tried again after the wait.
        std::function<void(std::string const& error, duration wait)> failed;
    };

    /// The clock, the store and what the listener refers to must outlive the recorder.
    recorder(clock& clock, store& store, store::router route, listener tell);

    void add(status_change change);
    void add(learned_duration taken);
    void add(run_result result);

    /// Who gets the results that are recorded from now on.
    void set_router(store::router route) { route_ = std::move(route); }

    /// Decides that; the same object whatever is set.
    store::router const& router() const { return route_; }

    /// Records what is added until closed and nothing is left. Throws system_error(operation_aborted) when cancelled; a
    /// failing store is reported and tried again for as long as it takes.
    boost::asio::awaitable<void> run();

    /// Says that nothing more will be added.
    void close();

    /// The last attempt to write failed.
    bool is_failing() const { return failures_ > 0; }

    /// Results that are not on the disk yet.
    std::size_t pending() const { return found_.results.size(); }

    /// How many results were written down, by how their runs ended.
    std::map<outcome, std::size_t> const& recorded() const { return recorded_; }

    /// The runs that these are of.
    std::unordered_set<run_key> pending_keys() const;

private:
    boost::asio::awaitable<void> write();
    bool has_something() const;

    clock& clock_;
    store& store_;
    store::router route_;
    listener listener_;
    std::unique_ptr<alarm> alarm_;
    /// Not on the disk yet.
    findings found_;
    std::map<outcome, std::size_t> recorded_;
    /// Failures in a row.
    unsigned failures_ = 0;
    bool closed_ = false;
};

} // namespace runwatch
