#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/learned_schedules.hpp"
#include "runwatch/rate_budget.hpp"
#include "runwatch/run_source.hpp"
#include "runwatch/task_group.hpp"
#include "runwatch/watch.hpp"
#include "runwatch/watch_list.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace runwatch {

/// Looks at every watched run when it is due, until each has ended.
///
/// As long as a request is free and the rate budget allows it, the run that is due first is looked at, and put back as
/// advance() says: by a fetch of its own, or, where that is fewer requests, by a list that shows all runs of its test
/// or suite run. A list is never relied on: who is not on the pages read is fetched. When the source asks to slow down,
/// everything pauses. When it refuses the key or its certificate is refused, everything pauses and one look a minute
/// probes it. Loop thread only.
class poller {
public:
    /// Of the poller, only add(), close() and, unless the source is paused, look_last() may be called from within.
    struct listener {
        /// A look was taken at a run: what followed from it, and what was seen.
        std::function<void(step const&, result<test_run> const&)> looked;
        /// A list showed how long a run took that had ended before it was ever watched.
        std::function<void(std::string const& test_id, observed_duration)> learned;
        /// Runs are due, but the API says that it allows no request for so long.
        std::function<void(duration)> used_up;
    };

    /// The clock, the source, the budget and what the listener refers to must outlive the poller. At most `in_flight`
    /// requests, at least 1, are under way at once.
    poller(clock& clock, run_source& source, rate_budget& budget, watch_policy policy, std::size_t in_flight,
           listener tell);

    /// Watches a run, with the first look after `delay`; not once stopped. One that is watched already stays as it is.
    void add(watched_run run, duration delay);

    /// Watches a run that a list has just shown, and takes that for its first look: one that has ended is told of at
    /// once, unless the list does not show all of it; then it is fetched.
    void add(watched_run run, listed_run const& seen);

    /// Reads a page of a list for somebody else, or the names of all suites, within the same budget and limits: looks
    /// that are due and these requests take turns. A refusal counts for the key unless something else could be read
    /// with it of late: then it concerns this list alone. Fails and throws as the source does; once stopped, fails as
    /// transient without asking it.
    boost::asio::awaitable<result<run_page>> list(run_list what, std::size_t page);
    boost::asio::awaitable<result<std::vector<std::string>>> list_suites();

    /// Lets go of a run. Of a look that is under way at it nobody is told.
    void remove(run_key const& key);

    /// Says that no more runs will be added: run() returns once every run has ended.
    void close();

    /// Begins no further request: run() returns once those under way have ended.
    void stop();

    /// Takes one last look at every run that has not ended, all as soon as may be, and lets go of it: run() then
    /// returns. While the source has asked for a pause the last look is left out.
    void look_last();

    /// What holds from the next look on.
    void set_policy(watch_policy policy);

    void set_in_flight(std::size_t most);

    /// The budget has changed.
    void heed_budget() { alarm_->ring(); }

    /// The key or the certificate is refused, as far as is known.
    bool is_refused() const { return refused_until_.has_value(); }

    /// The key or the certificate may be another one: looks again at once, instead of when the next probe is due.
    void forget_refusal();

    /// How long runs of each test take; what is learned while polling is in there at once.
    learned_schedules& schedules() { return schedules_; }

    /// Polls until closed and every run has ended. Throws system_error(operation_aborted) when cancelled.
    boost::asio::awaitable<void> run();

    /// After run() was cancelled: the runs whose look was due but brought no answer, those under way and, once a last
    /// look was asked for, those that did not get theirs as the source did not answer.
    std::vector<run_key> unanswered() const;

    /// Runs that are watched.
    std::size_t size() const { return list_.size(); }

    /// How many they are by their status, see watch_list::count_by_status().
    watched_counts count_by_status() const { return list_.count_by_status(); }

    /// By how much the look that has been due the longest is late.
    duration lateness() const;

    /// Tests of which something is kept.
    std::size_t tests() const { return list_.tests(); }

private:
    /// A request that is no look at a run that is due, but will save some.
    struct errand {
        enum class kind {
            /// How long a test's finished runs took.
            read_past,
            /// Which suite a test is in.
            describe,
            /// Which of the watched runs belong to a suite run.
            read_suite_run,
        };
        kind what;
        std::string test_id;
        std::string suite_run_id;
    };

    class turn;

    /// A test's id or a suite's name; neither for the list of all suites.
    using list_name = std::pair<std::string, std::string>;

    // In poller.cpp: which request is sent when, and what follows from a look.
    boost::asio::awaitable<void> dispatch(task_group& looks);
    bool is_over() const;
    void begin_due();
    instant next_request() const;
    void begin_request(task_group& looks);
    void send(boost::asio::awaitable<void> request, task_group& looks);
    boost::asio::awaitable<void> look(watched_item& item);
    void end_request();
    void tell_if_used_up(instant due);
    void settle(watched_item& item, result<test_run> const& seen);
    void heed(std::optional<failure> const& failed);
    bool has_worked_of_late() const;
    std::size_t page_for(run_group& group);
    duration window() const;

    // In poller/lists.cpp: what saves requests.
    void begin_page(run_group& group, std::size_t page, task_group& looks);
    boost::asio::awaitable<void> read_page(run_group& group, run_list what, std::size_t page);
    boost::asio::awaitable<void> take_in(run_group& group, run_page shown, std::size_t page);
    void learn_past(watched_test& test, run_page const& shown);
    void find_company(watched_item& item, test_run const& seen);
    void begin(errand const& next, task_group& looks);
    boost::asio::awaitable<void> describe(std::string test_id, std::string suite_run_id);
    bool has_time() const;
    void take_look(watched_item& item, listed_run const& seen);

    // In poller/turns.cpp: requests of others.
    template <class T>
    boost::asio::awaitable<result<T>> take_turn(list_name which, boost::asio::awaitable<result<T>> request);
    void heed_other(std::optional<failure> const& failed, list_name const& which);
    bool is_turn_of_others() const;
    void admit();

    /// More runs of one group need not be counted to know that a page of its list is worth reading.
    static constexpr std::size_t most_counted = 200;

    clock& clock_;
    run_source& source_;
    rate_budget& budget_;
    watch_policy policy_;
    std::size_t most_in_flight_;
    listener listener_;
    learned_schedules schedules_;
    watch_list list_;
    std::deque<errand> errands_;
    /// Requests of others that wait.
    std::deque<turn*> turns_;
    /// The last request that was begun was one of these.
    bool others_went_last_ = false;
    std::unique_ptr<alarm> alarm_;
    /// Null before run().
    task_group* looks_ = nullptr;
    /// Until when begin_due() has nothing to do, as far as that was known.
    instant waits_until_ = instant::min();
    bool beginning_ = false;
    std::size_t in_flight_ = 0;
    /// While the key or a certificate is refused: when the next probe is due.
    std::optional<instant> refused_until_;
    /// Lists of others that were refused, since when.
    std::map<list_name, instant> refused_lists_;
    /// When the API last answered as it should.
    instant last_success_ = instant::min();
    /// Until when the API allows no request, as far as that was told.
    instant told_used_up_ = instant::min();
    bool closed_ = false;
    bool last_look_ = false;
    bool stopped_ = false;
};

} // namespace runwatch
