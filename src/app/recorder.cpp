#include "app/recorder.hpp"

#include "runwatch/backoff.hpp"

#include <cstddef>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// These bound how long one transaction takes, and what is copied for it.
constexpr std::size_t most_together = 1'000;
constexpr std::size_t most_bytes_together = std::size_t{32} * 1024 * 1024;

/// As many of the results as may go together, at least one, with all else that there is.
findings first_of(findings const& all) {
    findings some;
    some.changes = all.changes;
    some.durations = all.durations;
    std::size_t bytes = 0;
    for (auto const& result : all.results) {
        bytes += result.run ? result.run->raw.size() : 0;
        if (!some.results.empty() && (some.results.size() == most_together || bytes > most_bytes_together))
            break;
        some.results.push_back(result);
    }
    return some;
}

template <class T>
void remove_first(std::vector<T>& all, std::size_t count) {
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
}

} // namespace

recorder::recorder(clock& clock, store& store, store::router route, listener tell)
    : clock_(clock), store_(store), route_(std::move(route)), listener_(std::move(tell)), alarm_(clock.make_alarm()) {}

void recorder::add(status_change change) {
    found_.changes.push_back(std::move(change));
    alarm_->ring();
}

void recorder::add(learned_duration taken) {
    found_.durations.push_back(std::move(taken));
    alarm_->ring();
}

void recorder::add(run_result result) {
    found_.results.push_back(std::move(result));
    alarm_->ring();
}

std::unordered_set<run_key> recorder::pending_keys() const {
    std::unordered_set<run_key> keys;
    for (auto const& result : found_.results)
        keys.insert(result.key);
    return keys;
}

bool recorder::has_something() const {
    return !found_.changes.empty() || !found_.durations.empty() || !found_.results.empty();
}

void recorder::close() {
    closed_ = true;
    alarm_->ring();
}

asio::awaitable<void> recorder::run() {
    for (;;) {
        if (has_something()) {
            co_await write();
            continue;
        }
        if (closed_)
            co_return;
        co_await alarm_->wait_until(instant::max());
    }
}

/// Writes the first of what waits. What cannot be written stays, and is tried again after a backoff.
asio::awaitable<void> recorder::write() {
    auto const some = first_of(found_);
    auto again = instant::min();
    try {
        auto first_owed = co_await store_.record(some, route_);
        remove_first(found_.changes, some.changes.size());
        remove_first(found_.durations, some.durations.size());
        remove_first(found_.results, some.results.size());
        failures_ = 0;
        for (auto const& result : some.results)
            ++recorded_[result.ended];
        if (!some.results.empty())
            listener_.recorded(std::move(first_owed));
    } catch (state_error const& error) {
        auto const wait = backoff(++failures_, 0.0);
        again = clock_.now() + wait;
        listener_.failed(error.what(), wait);
    }
    // What is added meanwhile rings, but does not mend the disk.
    while (again > clock_.now())
        co_await alarm_->wait_until(again);
}

} // namespace runwatch
