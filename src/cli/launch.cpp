#include "cli/launch.hpp"

#include "runwatch/backoff.hpp"
#include "runwatch/join.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace asio = boost::asio;

namespace runwatch::cli {
namespace {

/// As often an order may be answered without the name of a run: the API replays its answer, but one that does not know
/// the idempotency key would start another run each time.
constexpr unsigned most_unnamed = 3;

/// A wait for the API's limit is worth a word if it lasts longer.
constexpr duration worth_telling{10'000};

/// A number from 0 to 1 that differs between orders and attempts; the keys are random.
double spread(launch_order const& order) {
    auto const bits = std::hash<std::string>{}(order.what.idempotency_key + std::to_string(order.failures));
    return static_cast<double>(bits % 1024) / 1023;
}

} // namespace

launch::launch(clock& clock, run_starter& starter, rate_budget& budget, std::vector<run_order> orders, listener tell)
    : clock_(clock), starter_(starter), budget_(budget), listener_(std::move(tell)), alarm_(clock.make_alarm()) {
    orders_.reserve(orders.size());
    for (auto& each : orders)
        orders_.emplace_back(std::move(each));
}

void launch::begin_no_more() {
    stopped_ = true;
    alarm_->ring();
}

void launch::blame(std::string const& why, bool in_flight) {
    for (auto& each : orders_)
        if (each.now == launch_order::state::open && each.in_flight == in_flight && each.last_failure.empty())
            each.last_failure = why;
}

asio::awaitable<void> launch::run() {
    auto const executor = co_await asio::this_coro::executor;
    task_group attempts{executor};
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(dispatch(attempts));
    loops.push_back(attempts.run());
    co_await join(std::move(loops));
}

/// Begins each attempt when it is due, until none is to come.
asio::awaitable<void> launch::dispatch(task_group& attempts) {
    while (in_flight_ != 0 || (!stopped_ && has_open())) {
        auto* const next = next_order();
        auto const due = next == nullptr ? instant::max() : take_turn(next->due);
        if (due <= clock_.now()) {
            turn_.reset();
            ++in_flight_;
            next->in_flight = true;
            attempts.spawn(attempt(*next));
            continue;
        }
        tell_if_used_up(due);
        co_await alarm_->wait_until(due);
    }
    if (turn_)
        budget_.give_back();
    attempts.close();
}

/// When an attempt that is due then may be sent. Once it waits for nothing but its turn, that is taken out of the
/// budget ahead: else the looks, of which one may be due at any time, could take each.
instant launch::take_turn(instant due) {
    auto const now = clock_.now();
    if (!turn_) {
        auto const turn = std::max(budget_.next(now), now);
        if (due > now || turn - now >= worth_telling)
            return std::max(due, turn);
        budget_.take(turn);
        turn_ = turn;
    }
    return std::max(*turn_, budget_.paused_until());
}

/// The order whose attempt is due first; null where none may be made now.
launch_order* launch::next_order() {
    if (stopped_ || in_flight_ >= requests_in_flight)
        return nullptr;
    launch_order* next = nullptr;
    for (auto& each : orders_)
        if (each.now == launch_order::state::open && !each.in_flight && (next == nullptr || each.due < next->due))
            next = &each;
    return next;
}

asio::awaitable<void> launch::attempt(launch_order& order) {
    auto const seen = co_await starter_.start(order.what);
    order.in_flight = false;
    settle(order, seen);
    --in_flight_;
    budget_.give_back();
    listener_.answered();
    alarm_->ring();
}

void launch::settle(launch_order& order, result<started_runs> const& seen) {
    if (seen) {
        budget_.note_success();
        take(order, *seen);
    } else {
        heed(order, seen.error());
    }
}

void launch::take(launch_order& order, started_runs const& started) {
    if (!started.runs.empty())
        listener_.started(number_of(order), started.runs);
    if (!started.runs.empty() && started.flaw.empty()) {
        order.now = launch_order::state::started;
        order.uncertain = false;
        order.last_failure.clear();
        return;
    }
    order.uncertain = !started.flaw.empty();
    if (!started.runs.empty())
        refuse(order, "was started, but not every run of it can be watched: " + started.flaw);
    else if (started.flaw.empty())
        refuse(order, "was not started: there is no test in it");
    else if (++order.unnamed == most_unnamed)
        refuse(order, "may have been started, but cannot be watched: " + started.flaw);
    else
        put_off(order, started.flaw, duration{0});
}

void launch::heed(launch_order& order, failure const& seen) {
    if (seen.kind == failure_kind::throttled)
        budget_.pause(seen.retry_after, clock_.now());
    if (seen.kind == failure_kind::transient)
        order.uncertain = true;
    if (seen.kind == failure_kind::transient || seen.kind == failure_kind::throttled)
        put_off(order, seen.message, seen.retry_after.value_or(duration{0}));
    else if (order.uncertain)
        refuse(order,
               "may have been started by an attempt that brought no answer; the next one was refused: " + seen.message);
    else
        refuse(order, "was not started: " + seen.message);
}

void launch::put_off(launch_order& order, std::string const& why, duration least) {
    ++order.failures;
    order.last_failure = why;
    auto const wait = std::max(backoff(order.failures, spread(order)), least);
    order.due = clock_.now() + wait;
    listener_.failed(number_of(order), why, wait);
}

void launch::refuse(launch_order& order, std::string const& how) {
    order.now = launch_order::state::refused;
    order.last_failure = how;
    listener_.refused(number_of(order), how);
}

/// Tells of a wait that the API asks for, unless it is short or known already.
void launch::tell_if_used_up(instant due) {
    auto const until = budget_.used_up_until();
    if (due != until || until < clock_.now() + worth_telling || until < told_used_up_ + worth_telling)
        return;
    told_used_up_ = until;
    listener_.used_up(std::chrono::ceil<std::chrono::seconds>(until - clock_.now()));
}

bool launch::has_open() const {
    return std::ranges::any_of(orders_, [](auto const& each) { return each.now == launch_order::state::open; });
}

std::size_t launch::number_of(launch_order const& order) const {
    return static_cast<std::size_t>(&order - orders_.data());
}

} // namespace runwatch::cli
