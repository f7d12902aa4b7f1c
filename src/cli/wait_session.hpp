#pragma once

#include "cli/exit_status.hpp"
#include "cli/hand_over.hpp"
#include "cli/launch.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/wait_options.hpp"
#include "cli/wait_sinks.hpp"
#include "cli/watch_row.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/io_thread.hpp"
#include "runwatch/poller.hpp"
#include "runwatch/run_source.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace runwatch::cli {

/// One wait, from its first look to its last: the loops that start runs, poll, keep the deadline, listen for signals
/// and keep people informed, of which the first to end ends them all.
class wait_session {
public:
    /// Requests under way at once, and connections worth keeping for them.
    static constexpr std::size_t requests_in_flight = 8;

    /// The clock, the source, the budget and the options must outlive the session.
    wait_session(boost::asio::any_io_executor executor, clock& clock, run_source& source, rate_budget& budget,
                 wait_options const& options, watch_policy policy, instant started, std::vector<run_key> const& keys);

    /// What progress looks at; valid as long as the session.
    watch_view view();

    void set_progress(std::unique_ptr<progress> progress) { progress_ = std::move(progress); }

    void set_reports(std::vector<std::unique_ptr<report>> reports) { reports_ = std::move(reports); }

    /// Starts these first, and waits for what they start as well, or, if `detached`, for that alone that they have
    /// started. The starter must outlive the session.
    void set_orders(run_starter& starter, std::vector<run_order> orders, bool detached);

    /// Also delivers every result to these, which must outlive the session; null for none.
    void set_sinks(wait_sinks* sinks);

    /// Leaves to this daemon what has not ended at the deadline or, of detached orders, all that was started, at once.
    /// It must outlive the session; null for none.
    void set_heir(hand_over const* heir) { heir_ = heir; }

    /// Asked after each look; the first text that it returns is told, unless the wait is quiet.
    void set_warning(std::function<std::string()> warning) { warning_ = std::move(warning); }

    /// Waits, prints the results and returns the exit status. Progress and reports must have been set.
    boost::asio::awaitable<exit_status> run();

private:
    /// What brought a wait to its end.
    enum class ending { signal, all_ended, deadline, decision };

    // In wait_session.cpp: what runs beside what, how a wait ends, and what it comes to.
    boost::asio::awaitable<void> watch();
    boost::asio::awaitable<void> work();
    boost::asio::awaitable<void> deliver_rest();
    boost::asio::awaitable<void> keep_deadline();
    boost::asio::awaitable<void> await_end_of_patience(duration needed);
    boost::asio::awaitable<void> await_decision();
    boost::asio::awaitable<void> await_signal();
    boost::asio::awaitable<void> follow_size();
    boost::asio::awaitable<void> tick();
    void decide();
    void looked(step const& step, result<test_run> const& seen);
    void tell_of_unknown_status(step const& step);
    void conclude(ending how);
    boost::asio::awaitable<void> account_for_sinks();
    void warn();
    void limit_is_used_up(std::string const& what, duration wait);
    std::string why_unfinished(ending how) const;
    std::vector<standing> standings() const;
    static run_result result_of(watch_row const& row, outcome ended, timestamp now, std::string reason);
    std::vector<run_result> results(std::string const& why_unfinished) const;
    std::string explain(exit_status status, std::span<run_result const> results) const;
    std::string first_trouble() const;
    duration timeout() const;
    duration limit() const;

    // In wait_starts.cpp: starting the runs that are then waited for.
    boost::asio::awaitable<void> start_all();
    boost::asio::awaitable<void> await_answers();
    void started(std::size_t order, std::vector<test_run> const& runs);
    void begin(watch_row& row, test_run const& born);
    void start_failed(std::size_t order, std::string const& why, duration wait);
    void start_refused(std::size_t order, std::string const& how);
    void start_answered();
    void tell_of_open_orders();
    void tell_of_missing(launch_order const& order, std::string const& how);
    std::string count_orders(launch_order::state state) const;

    // In wait_hand_over.cpp: what is left to a daemon.
    boost::asio::awaitable<void> hand_over_starts();
    boost::asio::awaitable<void> hand_over_rest();
    boost::asio::awaitable<std::string> hand_over_all();
    std::vector<run_key> left_over() const;

    boost::asio::any_io_executor executor_;
    clock& clock_;
    rate_budget& budget_;
    wait_options const& options_;
    watch_policy policy_;
    instant started_;
    std::vector<watch_row> rows_;
    std::unordered_map<run_key, std::size_t> index_;
    poller poller_;
    std::optional<launch> launch_;
    bool detached_ = false;
    std::string last_start_failure_;
    std::unique_ptr<alarm> deadline_alarm_;
    std::unique_ptr<alarm> decision_alarm_;
    std::unique_ptr<alarm> answers_alarm_;
    std::unique_ptr<alarm> tick_alarm_;
    std::unique_ptr<progress> progress_;
    std::vector<std::unique_ptr<report>> reports_;
    std::function<std::string()> warning_;
    std::set<std::string> unknown_statuses_;
    wait_sinks* sinks_ = nullptr;
    hand_over const* heir_ = nullptr;
    std::unordered_set<run_key> handed_over_;
    /// Rings when a run was started, and when no more will be.
    std::unique_ptr<alarm> handing_alarm_;
    bool all_started_ = false;
    /// The daemon is asked there.
    io_thread asking_;
    ending how_ = ending::signal;
    exit_status status_ = exit_status::interrupted;
    /// Everything that was asked for was written and delivered.
    bool all_done_ = true;
    bool decided_ = false;
    int signal_ = 0;
    /// For how long the API's rate limit holds back a look that was due at the deadline.
    duration limited_for_{0};
};

} // namespace runwatch::cli
