#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/run_source.hpp"
#include "runwatch/task_group.hpp"
#include "runwatch/watch.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

namespace runwatch {

/// Looks at every watched run when it is due, until each has ended.
///
/// One ordered structure holds all runs that wait; as long as a request is free, the earliest due one is taken and
/// fetched, and put back as advance() says. When the source asks to slow down, everything pauses. When it refuses the
/// key or its certificate is refused, everything pauses and one look a minute probes it. Loop thread only.
class poller {
public:
    /// Told of every look: what followed from it, and what was seen.
    using observer = std::function<void(step const&, result<test_run> const&)>;

    /// How many requests there may be.
    struct limits {
        /// Under way at once; at least 1.
        std::size_t in_flight = 8;
        /// Begun in a second, evenly spaced; 0 for as many as may be.
        std::uint64_t per_second = 0;
    };

    /// The clock, the source and what the observer refers to must outlive the poller.
    poller(clock& clock, run_source& source, watch_policy policy, limits requests, observer tell);

    /// Watches a run, with the first look after `delay`; not once stopped.
    void add(watched_run run, duration delay);

    /// Lets go of runs. Of a look that is under way at one of them nobody is told.
    void remove(std::unordered_set<run_key> const& keys);

    /// Says that no more runs will be added: run() returns once every run has ended.
    void close();

    /// Lets go of every run as soon as no look at it is under way: run() then returns.
    void stop();

    /// Takes one last look at every run that has not ended, all as soon as may be, and lets go of it: run() then
    /// returns. While the source has asked for a pause the last look is left out.
    void look_last();

    /// What holds from the next look on.
    void set_policy(watch_policy policy) { policy_ = policy; }

    void set_limits(limits requests);

    /// The key or the certificate may be another one: looks again at once, instead of when the next probe is due.
    void forget_refusal();

    /// Polls until closed and every run has ended. Throws system_error(operation_aborted) when cancelled.
    boost::asio::awaitable<void> run();

    /// After run() was cancelled: the runs whose look was due but brought no answer, those under way and, once a last
    /// look was asked for, those that did not get theirs.
    std::vector<run_key> unanswered() const;

    /// Runs that are watched.
    std::size_t size() const;

private:
    /// A look under way. There may be two at one run: at one that was let go and at the same, come back.
    struct flight {
        run_key key;
        bool let_go = false;
    };

    using flights = std::list<flight>;

    boost::asio::awaitable<void> dispatch(task_group& looks);
    boost::asio::awaitable<void> look(watched_run run, flights::iterator mine);
    instant next_look() const;
    void settle(step step, result<test_run> const& seen);
    void heed_throttling(failure const& throttled);
    void heed_refusal(result<test_run> const& seen);

    clock& clock_;
    run_source& source_;
    watch_policy policy_;
    limits limits_;
    observer observer_;
    std::multimap<instant, watched_run> waiting_;
    std::unique_ptr<alarm> alarm_;
    /// Never many.
    flights in_flight_;
    /// Throttled answers in a row, over all runs.
    unsigned throttled_ = 0;
    instant paused_until_ = instant::min();
    /// While the key or a certificate is refused: when the next probe is due.
    std::optional<instant> refused_until_;
    /// Keeps to limits::per_second.
    instant not_before_ = instant::min();
    bool closed_ = false;
    bool last_look_ = false;
};

} // namespace runwatch
