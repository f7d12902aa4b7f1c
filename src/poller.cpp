#include "runwatch/poller.hpp"

#include "runwatch/backoff.hpp"
#include "runwatch/join.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// How often a source that refuses the key, or whose certificate is refused, is asked again.
constexpr duration between_probes{60'000};

} // namespace

poller::poller(clock& clock, run_source& source, watch_policy policy, limits requests, observer tell)
    : clock_(clock),
      source_(source),
      policy_(policy),
      limits_(requests),
      observer_(std::move(tell)),
      alarm_(clock.make_alarm()) {}

void poller::add(watched_run run, duration delay) {
    if (last_look_)
        return;
    waiting_.emplace(clock_.now() + delay, std::move(run));
    alarm_->ring();
}

void poller::remove(std::unordered_set<run_key> const& keys) {
    std::erase_if(waiting_, [&](auto const& entry) { return keys.contains(entry.second.key); });
    for (auto& each : in_flight_)
        each.let_go = each.let_go || keys.contains(each.key);
    alarm_->ring();
}

void poller::close() {
    closed_ = true;
    alarm_->ring();
}

void poller::stop() {
    waiting_.clear();
    last_look_ = true;
    close();
}

void poller::look_last() {
    auto const now = clock_.now();
    // Asked to wait, we wait: one more request could only prolong the pause.
    decltype(waiting_) due_now;
    for (auto& [due, run] : std::exchange(waiting_, {}))
        if (now >= paused_until_)
            due_now.emplace(now, std::move(run));
    waiting_ = std::move(due_now);
    last_look_ = true;
    close();
}

void poller::set_limits(limits requests) {
    limits_ = requests;
    alarm_->ring();
}

void poller::forget_refusal() {
    if (refused_until_)
        refused_until_ = clock_.now();
    alarm_->ring();
}

asio::awaitable<void> poller::run() {
    auto const executor = co_await asio::this_coro::executor;
    task_group looks{executor};
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(dispatch(looks));
    loops.push_back(looks.run());
    co_await join(std::move(loops));
}

/// Begins each look when it is due, until no run is left and none will come.
asio::awaitable<void> poller::dispatch(task_group& looks) {
    while (!closed_ || !waiting_.empty() || !in_flight_.empty()) {
        auto const due = next_look();
        if (due > clock_.now()) {
            co_await alarm_->wait_until(due);
            continue;
        }
        auto const first = waiting_.begin();
        auto run = std::move(first->second);
        waiting_.erase(first);
        auto const mine = in_flight_.emplace(in_flight_.end(), flight{run.key});
        if (limits_.per_second > 0)
            not_before_ = clock_.now() + std::chrono::nanoseconds{std::chrono::seconds{1}} / limits_.per_second;
        looks.spawn(look(std::move(run), mine));
    }
    looks.close();
}

/// When the next look may be taken, as things stand; instant::max() if something else has to happen first.
instant poller::next_look() const {
    auto const most = refused_until_ ? 1 : limits_.in_flight;
    if (waiting_.empty() || in_flight_.size() >= most)
        return instant::max();
    return std::max({waiting_.begin()->first, paused_until_, not_before_, refused_until_.value_or(instant::min())});
}

asio::awaitable<void> poller::look(watched_run run, flights::iterator mine) {
    auto const seen = co_await source_.fetch(run.key);
    auto const let_go = mine->let_go;
    in_flight_.erase(mine);
    if (!let_go)
        settle(advance(run, seen, clock_.now(), policy_), seen);
    alarm_->ring();
}

std::vector<run_key> poller::unanswered() const {
    std::vector<run_key> keys;
    for (auto const& each : in_flight_)
        if (!each.let_go)
            keys.push_back(each.key);
    if (last_look_)
        for (auto const& [due, run] : waiting_)
            keys.push_back(run.key);
    return keys;
}

std::size_t poller::size() const {
    auto const going_on = std::ranges::count(in_flight_, false, &flight::let_go);
    return waiting_.size() + static_cast<std::size_t>(going_on);
}

/// Acts on what advance() decided.
void poller::settle(step step, result<test_run> const& seen) {
    if (seen)
        throttled_ = 0;
    else if (seen.error().kind == failure_kind::throttled)
        heed_throttling(seen.error());
    heed_refusal(seen);
    observer_(step, seen);
    if (!step.ended && !last_look_)
        waiting_.emplace(clock_.now() + step.next_poll, std::move(step.next));
}

void poller::heed_throttling(failure const& throttled) {
    // Answers to requests that were under way together tell of one throttling.
    if (clock_.now() >= paused_until_)
        ++throttled_;
    auto const pause = throttled.retry_after.value_or(backoff(throttled_, 0.0, policy_.backoff));
    paused_until_ = std::max(paused_until_, clock_.now() + pause);
    if (last_look_)
        waiting_.clear();
}

void poller::heed_refusal(result<test_run> const& seen) {
    auto const kind = seen ? std::nullopt : std::optional{seen.error().kind};
    // What did not reach the API tells nothing of the key.
    auto const tells_nothing = kind == failure_kind::transient;
    if (kind == failure_kind::refused ? !policy_.refusals_end : tells_nothing && refused_until_)
        refused_until_ = clock_.now() + between_probes;
    else if (!tells_nothing)
        refused_until_.reset();
}

} // namespace runwatch
