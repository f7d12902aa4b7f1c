#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/run_source.hpp"
#include "runwatch/watch.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace runwatch {

/// Looks at every watched run when it is due, until each has ended.
///
/// One ordered structure holds all runs that wait; a bounded number of workers take the earliest due one, fetch it, and
/// put it back as advance() says. When the source asks to slow down, all workers pause. Loop thread only.
class poller {
public:
    /// Told of every look: what followed from it, and what was seen.
    using observer = std::function<void(step const&, result<test_run> const&)>;

    /// The clock, the source and what the observer refers to must outlive the poller.
    poller(clock& clock, run_source& source, watch_policy policy, std::size_t requests_in_flight, observer tell);

    /// Watches a run, with the first look after `delay`.
    void add(watched_run run, duration delay);

    /// Says that no more runs will be added: run() returns once every run has ended.
    void close();

    /// Takes one last look at every run that has not ended, all as soon as may be, and lets go of it: run() then
    /// returns. While the source has asked for a pause the last look is left out.
    void look_last();

    /// Polls until closed and every run has ended. Throws system_error(operation_aborted) when cancelled.
    boost::asio::awaitable<void> run();

    /// After run() was cancelled: the runs whose look was due but brought no answer, those under way and, once a last
    /// look was asked for, those that did not get theirs.
    std::vector<run_key> unanswered() const;

private:
    boost::asio::awaitable<void> work(std::size_t index);
    boost::asio::awaitable<std::optional<watched_run>> next_due(alarm& alarm);
    void settle(step step, result<test_run> const& seen);
    void wake_all();

    clock& clock_;
    run_source& source_;
    watch_policy policy_;
    observer observer_;
    std::multimap<instant, watched_run> waiting_;
    std::vector<std::unique_ptr<alarm>> alarms_;
    /// One for each request under way; never many.
    std::vector<run_key> in_flight_;
    /// Throttled answers in a row, over all runs.
    unsigned throttled_ = 0;
    instant paused_until_ = instant::min();
    bool closed_ = false;
    bool last_look_ = false;
};

} // namespace runwatch
