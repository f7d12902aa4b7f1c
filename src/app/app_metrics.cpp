#include "app/app.hpp"

#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using namespace std::chrono_literals;

constexpr duration between_lag_looks = 1s;

} // namespace

void app::delivered(delivery_event const& event) {
    events_.delivered(event);
    metrics_.delivered(event);
}

void app::state_failed(std::string const& error, duration wait) {
    events_.state_failed(error, wait);
    metrics_.state_failed();
}

asio::awaitable<std::string> app::metrics_text() {
    metrics_moment moment;
    // Just when the state fails, the rest is worth knowing.
    try {
        moment.deliveries = co_await store_.count_unsettled();
    } catch (state_error const& error) {
        log_.debug("state could not be asked what is owed", {{"error", error.what()}});
    }
    moment.now = clock_.utc();
    moment.watched = poller_.count_by_status();
    moment.lateness = poller_.lateness();
    moment.requests_per_second = budget_.per_second(clock_.now());
    if (auto const pause = polls_ ? polls_->pause_at(moment.now) : std::nullopt)
        moment.pause = to_string(pause->why);
    moment.results_to_record = recorder_.pending();
    for (auto const& sink : config_.sinks)
        moment.sinks.push_back(sink.name);
    co_return metrics_.text(moment);
}

/// Finds out how late the loop comes to what is due.
asio::awaitable<void> app::watch_lag() {
    while (!stopping_) {
        auto const due = clock_.now() + between_lag_looks;
        co_await lag_alarm_->wait_until(due);
        if (!stopping_)
            metrics_.loop_lagged(clock_.now() - due);
    }
}

} // namespace runwatch
