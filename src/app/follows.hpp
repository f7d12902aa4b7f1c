#pragma once

#include "app/event_log.hpp"
#include "app/followed_entry.hpp"
#include "app/recorder.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/config.hpp"
#include "runwatch/follower.hpp"
#include "runwatch/poller.hpp"
#include "runwatch/store.hpp"
#include "runwatch/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <list>
#include <vector>

namespace runwatch {

/// What a config has followed at work, while configs come and go. Loop thread only.
///
/// What is the same in the next config goes on as if nothing had happened. A run that was found is watched to its end,
/// also when nothing follows its list any more.
class follows {
public:
    /// What there is to tell.
    struct listener {
        /// A list was asked for; of a failure that concerns this list alone nothing is told.
        std::function<void(std::optional<failure> const& failed)> asked;
        /// A new run was found, and is about to be watched.
        std::function<void(run_key const&)> found;
        /// Sinks are owed results that were recorded before their runs were found: of each sink the first of it.
        std::function<void(std::vector<owed_delivery> first_owed)> owed;
    };

    /// All must outlive the follows, and what the listener refers to.
    follows(boost::asio::any_io_executor executor, clock& clock, poller& poller, store& store, event_log& events,
            recorder& recorder, listener tell);

    follows(follows const&) = delete;
    follows& operator=(follows const&) = delete;

    /// Follows what a config names, since when the state says. `now` is the time that was given to the state with it,
    /// so that what began then is known to begin in this process. With another API all lists are looked at anew.
    void adopt(std::vector<follow_entry> const& wanted, std::vector<follow_record> const& records, timestamp now,
               bool other_api);

    /// Follows until closed. Throws system_error(operation_aborted) when cancelled.
    boost::asio::awaitable<void> run() { return tasks_.run(); }

    /// Begins nothing more: run() returns once what is under way has ended.
    void close();

    /// Nothing is followed that has not been looked at since the start, or that is being looked at.
    bool is_idle() const;

    /// How each list goes, in the order of the config.
    std::vector<follow_status> status() const;

private:
    using entries = std::list<followed_entry>;

    boost::asio::awaitable<void> serve(entries::iterator mine);
    followed_entry* find(follow_entry const& wanted);

    boost::asio::any_io_executor executor_;
    clock& clock_;
    poller& poller_;
    store& store_;
    event_log& events_;
    store::router const& route_;
    follower::listener listener_;
    entries entries_;
    task_group tasks_;
};

/// What a config has followed, as the store knows it.
std::vector<followed_list> followed_of(config const& config);

} // namespace runwatch
