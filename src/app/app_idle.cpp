#include "app/app.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using namespace std::chrono_literals;

constexpr duration between_idle_looks = 500ms;

} // namespace

/// Ends the daemon once nothing is left to do, while the config in force says so.
asio::awaitable<void> app::end_when_idle() {
    while (!stopping_) {
        if (config_.exit != exit_rule::when_idle) {
            co_await idle_alarm_->wait_until(instant::max());
            continue;
        }
        if (seems_idle()) {
            auto const nothing_owed = co_await owes_nothing();
            // What came meanwhile has been taken in.
            if (nothing_owed && seems_idle() && !stopping_) {
                log_.info("nothing is left to do, and the config says exit: when_idle");
                stop("nothing was left to do");
                co_return;
            }
        }
        if (!stopping_)
            co_await idle_alarm_->wait_until(clock_.now() + between_idle_looks);
    }
}

/// As far as memory tells: what is owed is in the state.
bool app::seems_idle() const {
    auto const is_changing = meanwhile_.has_value() || reloads_done_ != reloads_asked_ || adding_ != 0;
    return !is_changing && config_.exit == exit_rule::when_idle && poller_.size() == 0 && follows_.is_idle() &&
           recorder_.pending() == 0 && outlets_.in_flight() == 0;
}

/// No sink of the config is still to get anything. One that is stopped gets nothing before somebody lifts that.
asio::awaitable<bool> app::owes_nothing() {
    try {
        auto const stopped = co_await store_.stopped_sinks();
        auto const counts = co_await store_.count_unsettled();
        auto const waits = [&stopped](delivery_count const& each) {
            return each.state == delivery_state::pending && each.count != 0 && !stopped.contains(each.sink);
        };
        co_return std::ranges::none_of(counts, waits);
    } catch (state_error const& error) {
        log_.debug("state could not be asked what is owed", {{"error", error.what()}});
    }
    co_return false;
}

asio::awaitable<void> app::sum_up() {
    summary_.reported = recorder_.recorded();
    try {
        summary_.unsettled = co_await store_.count_unsettled();
    } catch (state_error const& error) {
        log_.debug("state could not be asked what is owed", {{"error", error.what()}});
    }
}

} // namespace runwatch
