#include "app/app.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using namespace std::chrono_literals;

constexpr duration longest_drain = 10s;
constexpr duration between_idle_looks = 500ms;

} // namespace

void app::stop(std::string const& why) {
    log_.info("stopping", {{"reason", why}, {"deliveries", std::to_string(outlets_.in_flight())}});
    if (std::exchange(stopping_, true))
        return;
    tell_service_manager("STOPPING=1\nWATCHDOG=1\nSTATUS=" + why + "; what is under way has 10 s to end");
    summary_.why_ended = why;
    // The poller lets go even of those whose last look brings no end.
    summary_.watching = poller_.size();
    poller_.stop();
    follows_.close();
    outlets_.close();
    for (auto const& alarm :
         {house_alarm_.get(), edit_alarm_.get(), lag_alarm_.get(), reload_alarm_.get(), drain_alarm_.get(),
          looks_alarm_.get(), idle_alarm_.get(), service_alarm_.get(), watchdog_alarm_.get()})
        alarm->ring();
    reloaded_.ring();
}

/// Gives up on what does not end in time once the app was told to stop.
asio::awaitable<void> app::limit_drain() { return pass_after_stop(*drain_alarm_, longest_drain); }

asio::awaitable<void> app::pass_after_stop(alarm& alarm, duration time) {
    while (!stopping_)
        co_await alarm.wait_until(instant::max());
    auto const end = clock_.now() + time;
    while (clock_.now() < end)
        co_await alarm.wait_until(end);
}

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
