#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/follow_record.hpp"
#include "runwatch/follow_status.hpp"
#include "runwatch/lookout.hpp"
#include "runwatch/poller.hpp"
#include "runwatch/run_source.hpp"
#include "runwatch/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace runwatch {

/// What a follower does with the runs of a list.
struct follow_plan {
    /// All runs of a test, or of a suite.
    run_list list;
    /// The time between two looks at it.
    duration every{60'000};
    /// Runs that had ended by then, by the API's clock, are history; if unset, by when following began.
    std::optional<timestamp> since;
    std::map<std::string, std::string> labels;
    /// Empty for every sink.
    std::vector<std::string> sinks;

    follow_plan() = default;

    bool operator==(follow_plan const&) const = default;
};

/// When following began. The lists of all suites share one.
struct follow_start {
    follow_record record;
    /// If it was in this process: by the clock that never jumps.
    std::optional<instant> began;

    follow_start() = default;

    follow_start(follow_record record_, std::optional<instant> began_) : record(std::move(record_)), began(began_) {}
};

/// Tells whether a run that a list shows had ended by a time of the API's clock, which is ahead of ours by `skew`. Of
/// one that does not say when it ended counts when it was created.
bool had_ended_by(test_run const& run, timestamp time, duration skew);

/// Looks at a list of runs again and again, and has every run watched that is new in it.
///
/// What to read decides a lookout. A run is new if nobody watches it, it was not reported, nobody let go of it by hand,
/// and it is no history. It is written to the state before the poller gets it: whatever happens in between, it is
/// watched, and reported once. Of one that was reported already, the result goes to those sinks of the plan that lack
/// it, when the list first shows the run. From history the poller learns how long runs take. Loop thread only.
class follower {
public:
    /// What there is to tell.
    struct listener {
        /// A request was answered, or failed and is tried again after the wait.
        std::function<void(follow_status const&, std::optional<failure> const&, duration wait)> asked;
        /// A new run was found.
        std::function<void(follow_status const&, test_run const&)> found;
        /// Sinks are owed results that were recorded before their runs were found: of each sink the first of it.
        std::function<void(std::vector<owed_delivery> first_owed)> owed;
        /// So long took a run that is history.
        std::function<void(std::string const& test_id, observed_duration)> learned;
        /// The list is followed no more. Not called by the follower, but by who owns it.
        std::function<void(follow_status const&)> left;
        /// The state cannot be read or written; it is tried again after the wait.
        std::function<void(std::string const& error, duration wait)> state_failed;
        /// It can again.
        std::function<void()> state_works;
    };

    /// All but the plan must outlive the follower; `route` may become another between two looks.
    follower(clock& clock, poller& poller, store& store, store::router const& route, follow_plan plan,
             follow_start& start, listener const& tell);

    /// Looks for the first time after `delay`, then until closed. Throws system_error(operation_aborted) when
    /// cancelled.
    boost::asio::awaitable<void> run(duration delay);

    /// Begins nothing more.
    void close();

    /// The API, the key or what is there may be another: looks at once, and at all of the list.
    void start_over();

    follow_plan const& plan() const { return plan_; }

    follow_status status() const;

    /// No look is under way, and the list has been swept since the start, or is not there.
    bool is_idle() const { return status_.is_gone || (status_.has_swept && !looking_); }

private:
    boost::asio::awaitable<void> pass(duration time);
    boost::asio::awaitable<void> look();
    boost::asio::awaitable<void> try_later(failure failed);
    boost::asio::awaitable<void> take_in(run_page shown);
    boost::asio::awaitable<void> compare(run_page const& shown);
    boost::asio::awaitable<void> note_start(duration skew);
    void remember(test_run const& run);
    void learn_history();
    void set_trouble(std::string const& text);

    clock& clock_;
    poller& poller_;
    store& store_;
    store::router const& route_;
    follow_plan plan_;
    follow_start& start_;
    listener const& listener_;
    lookout lookout_;
    follow_status status_;
    std::unique_ptr<alarm> alarm_;
    instant next_look_;
    /// Failures in a row, those of the state apart.
    unsigned failures_ = 0;
    unsigned state_failures_ = 0;
    /// How often in a row the API said that there is no such list.
    unsigned missing_ = 0;
    /// How long runs of each test took that are history, until the first sweep has ended.
    std::map<std::string, std::vector<observed_duration>> history_;
    bool looking_ = false;
    bool hurried_ = false;
    bool closed_ = false;
};

} // namespace runwatch
