#include "runwatch/poller.hpp"

#include "runwatch/backoff.hpp"
#include "runwatch/join.hpp"

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {

poller::poller(clock& clock, run_source& source, watch_policy policy, std::size_t requests_in_flight, observer tell)
    : clock_(clock), source_(source), policy_(policy), observer_(std::move(tell)) {
    for (std::size_t index = 0; index < requests_in_flight; ++index)
        alarms_.push_back(clock.make_alarm());
}

void poller::add(watched_run run, duration delay) {
    waiting_.emplace(clock_.now() + delay, std::move(run));
    wake_all();
}

void poller::close() {
    closed_ = true;
    wake_all();
}

void poller::look_last() {
    closed_ = last_look_ = true;
    auto const now = clock_.now();
    // Asked to wait, we wait: one more request could only prolong the pause.
    decltype(waiting_) due_now;
    for (auto& [due, run] : std::exchange(waiting_, due_now))
        if (now >= paused_until_)
            due_now.emplace(now, std::move(run));
    waiting_ = std::move(due_now);
    wake_all();
}

asio::awaitable<void> poller::run() {
    std::vector<asio::awaitable<void>> workers;
    for (std::size_t index = 0; index < alarms_.size(); ++index)
        workers.push_back(work(index));
    co_await join(std::move(workers));
}

asio::awaitable<void> poller::work(std::size_t index) {
    auto& alarm = *alarms_[index];
    for (;;) {
        auto const due = co_await next_due(alarm);
        if (!due)
            co_return;
        auto const seen = co_await source_.fetch(due->key);
        std::erase(in_flight_, due->key);
        settle(advance(*due, seen, clock_.now(), policy_), seen);
    }
}

std::vector<run_key> poller::unanswered() const {
    auto keys = in_flight_;
    if (last_look_)
        for (auto const& [due, run] : waiting_)
            keys.push_back(run.key);
    return keys;
}

/// Takes the earliest run once it is due; nothing when no run is left and none will come.
asio::awaitable<std::optional<watched_run>> poller::next_due(alarm& alarm) {
    for (;;) {
        std::optional<watched_run> taken;
        if (closed_ && waiting_.empty() && in_flight_.empty())
            co_return taken;
        auto const first = waiting_.begin();
        auto const due = first == waiting_.end() ? instant::max() : std::max(first->first, paused_until_);
        if (due <= clock_.now()) {
            taken = std::move(first->second);
            waiting_.erase(first);
            in_flight_.push_back(taken->key);
            co_return taken;
        }
        co_await alarm.wait_until(due);
    }
}

/// Acts on what advance() decided.
void poller::settle(step step, result<test_run> const& seen) {
    if (seen)
        throttled_ = 0;
    else if (seen.error().kind == failure_kind::throttled) {
        // Answers to requests that were under way together tell of one throttling.
        if (clock_.now() >= paused_until_)
            ++throttled_;
        auto const pause = seen.error().retry_after.value_or(backoff(throttled_, 0.0, policy_.backoff));
        paused_until_ = std::max(paused_until_, clock_.now() + pause);
        if (last_look_)
            waiting_.clear();
    }
    observer_(step, seen);
    if (!step.ended && !last_look_)
        waiting_.emplace(clock_.now() + step.next_poll, std::move(step.next));
    wake_all();
}

void poller::wake_all() {
    for (auto const& alarm : alarms_)
        alarm->ring();
}

} // namespace runwatch
