#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/rate_budget.hpp"
#include "runwatch/run_starter.hpp"
#include "runwatch/task_group.hpp"
#include "runwatch/time.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace runwatch::cli {

/// One order of a launch, and how it stands.
struct launch_order {
    enum class state {
        /// It is still to be started, or whether it was is not known.
        open,
        started,
        /// It is given up.
        refused,
    };

    run_order what;
    state now = state::open;
    /// The next attempt is not to come before.
    instant due = instant::min();
    bool in_flight = false;
    /// An attempt was made of which nobody has said that it started nothing.
    bool uncertain = false;
    /// Attempts in a row that failed.
    unsigned failures = 0;
    /// Successes that named no run.
    unsigned unnamed = 0;
    /// Why the last attempt failed, or how it was given up; empty if none has, or none was made.
    std::string last_failure;

    explicit launch_order(run_order what_) : what(std::move(what_)) {}
};

/// Starts what is ordered, within the rate budget that the looks share: each order is sent again, under the same
/// idempotency key, until the API has started it or refuses it for good. Loop thread only.
class launch {
public:
    /// Attempts under way at once.
    static constexpr std::size_t requests_in_flight = 4;

    /// Each names the order by its number, from 0.
    struct listener {
        std::function<void(std::size_t order, std::vector<test_run> const& runs)> started;
        /// An attempt failed, and after so long another one is made.
        std::function<void(std::size_t order, std::string const& why, duration wait)> failed;
        /// It is given up; `how` goes on from the order's name: `was not started: …`.
        std::function<void(std::size_t order, std::string const& how)> refused;
        /// No attempt can be made for so long, by the API's rate limit.
        std::function<void(duration wait)> used_up;
        /// An attempt has ended, whatever it brought, after what else is told of it.
        std::function<void()> answered;
    };

    /// The clock, the starter, the budget and what the listener refers to must outlive the launch.
    launch(clock& clock, run_starter& starter, rate_budget& budget, std::vector<run_order> orders, listener tell);

    /// Returns once no order is open, or, after begin_no_more(), no attempt is under way. Throws
    /// system_error(operation_aborted) when cancelled.
    boost::asio::awaitable<void> run();

    /// Makes no further attempt.
    void begin_no_more();

    /// Tells whether attempts are under way.
    bool is_busy() const { return in_flight_ != 0; }

    std::vector<launch_order> const& orders() const { return orders_; }

    /// Gives this as the failure of all that is open and has none: of those whose attempt is under way, or of the
    /// others.
    void blame(std::string const& why, bool in_flight);

private:
    boost::asio::awaitable<void> dispatch(task_group& attempts);
    launch_order* next_order();
    instant take_turn(instant due);
    boost::asio::awaitable<void> attempt(launch_order& order);
    void settle(launch_order& order, result<started_runs> const& seen);
    void take(launch_order& order, started_runs const& started);
    void heed(launch_order& order, failure const& seen);
    void put_off(launch_order& order, std::string const& why, duration least);
    void refuse(launch_order& order, std::string const& how);
    void tell_if_used_up(instant due);
    bool has_open() const;
    std::size_t number_of(launch_order const& order) const;

    clock& clock_;
    run_starter& starter_;
    rate_budget& budget_;
    std::vector<launch_order> orders_;
    listener listener_;
    std::unique_ptr<alarm> alarm_;
    std::size_t in_flight_ = 0;
    /// When the next attempt may be sent, as is taken out of the budget already.
    std::optional<instant> turn_;
    instant told_used_up_ = instant::min();
    bool stopped_ = false;
};

} // namespace runwatch::cli
