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

/// As many from the front as may go together, at least one.
std::vector<run_result> first_of(std::vector<run_result> const& all) {
    std::vector<run_result> some;
    std::size_t bytes = 0;
    for (auto const& result : all) {
        bytes += result.run ? result.run->raw.size() : 0;
        if (!some.empty() && (some.size() == most_together || bytes > most_bytes_together))
            break;
        some.push_back(result);
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
    changes_.push_back(std::move(change));
    alarm_->ring();
}

void recorder::add(run_result result) {
    results_.push_back(std::move(result));
    alarm_->ring();
}

void recorder::close() {
    closed_ = true;
    alarm_->ring();
}

asio::awaitable<void> recorder::run() {
    for (;;) {
        if (!changes_.empty() || !results_.empty()) {
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
    auto const changes = changes_;
    auto const results = first_of(results_);
    auto again = instant::min();
    try {
        if (!changes.empty())
            co_await store_.note(changes);
        remove_first(changes_, changes.size());
        std::vector<std::string> sinks;
        if (!results.empty())
            sinks = co_await store_.record(results, route_);
        remove_first(results_, results.size());
        failures_ = 0;
        if (!results.empty())
            listener_.recorded(sinks);
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
