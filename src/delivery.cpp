#include "runwatch/delivery.hpp"

#include "runwatch/backoff.hpp"
#include "runwatch/join.hpp"

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// The longest that a sink may make us wait by Retry-After.
constexpr duration longest_pause = std::chrono::hours{24};

} // namespace

delivery::delivery(clock& clock, store& store, sink& sink, options settings, observer teller)
    : clock_(clock), store_(store), sink_(sink), options_(std::move(settings)), observer_(std::move(teller)) {
    for (std::size_t index = 0; index < std::max<std::size_t>(options_.concurrency, 1); ++index)
        alarms_.push_back(clock.make_alarm());
}

void delivery::wake() {
    ++wakes_;
    for (auto const& alarm : alarms_)
        alarm->ring();
}

void delivery::offer(owed_delivery recorded) {
    if (knows_nothing_is_due() && failures_ == 0)
        found_.push_back(std::move(recorded));
    wake();
}

void delivery::resume() {
    options_.stopped = false;
    failures_ = 0;
    not_before_ = paused_until_ = instant::min();
    wake();
}

void delivery::probe() {
    // What the sink has not taken since we started may be put off because of a failure before.
    hurried_ = failures_ > 0 || successes_ == 0;
    not_before_ = instant::min();
    wake();
}

void delivery::close() {
    closed_ = true;
    wake();
}

asio::awaitable<void> delivery::run() {
    co_await recover();
    std::vector<asio::awaitable<void>> workers;
    for (std::size_t index = 0; index < alarms_.size(); ++index)
        workers.push_back(work(index));
    co_await join(std::move(workers));
}

/// Asks the sink, before anything is sent, which of the results that it is owed it has already.
asio::awaitable<void> delivery::recover() {
    auto& alarm = *alarms_.front();
    for (unsigned failures = 1; !closed_; ++failures) {
        auto again = instant::max();
        try {
            auto const owed = co_await store_.owed(options_.sink);
            if (owed.empty())
                co_return;
            auto const known = co_await sink_.find_delivered(owed);
            if (known) {
                co_await store_.mark_delivered(options_.sink, *known, clock_.utc());
                co_return;
            }
            settlement failed;
            failed.error = known.error().message;
            failed.wait = retry_wait(failures, options_.retries, jitter());
            again = clock_.now() + failed.wait;
            tell(delivery_event::kind::failed, owed_delivery(), failed);
        } catch (state_error const& error) {
            again = state_trouble(error.what());
        }
        co_await alarm.wait_until(again);
    }
}

asio::awaitable<void> delivery::work(std::size_t index) {
    auto& alarm = *alarms_[index];
    for (;;) {
        auto const owed = co_await next(alarm);
        if (!owed)
            co_return;
        auto const failures_before = failures_;
        auto const outcome = co_await sink_.deliver(owed->result);
        auto const settled = settle(owed->attempts + 1, outcome, options_.retries, jitter());
        note(*owed, settled, failures_before);
        co_await write_down(alarm, *owed, settled);
        std::erase(in_flight_, owed->id);
        wake();
    }
}

/// Waits until something may and must be sent, and takes it. Nothing once closed.
asio::awaitable<std::optional<owed_delivery>> delivery::next(alarm& alarm) {
    std::optional<owed_delivery> taken;
    while (!closed_) {
        auto const wakes = wakes_;
        auto again = instant::max();
        if (may_start()) {
            if (found_.empty() && !knows_nothing_is_due())
                co_await look();
            // Meanwhile another may have learned that nothing is to be sent.
            if (!found_.empty() && !closed_ && !is_paused()) {
                taken = std::move(found_.front());
                found_.clear();
                in_flight_.push_back(taken->id);
                // There may be work for the others as well.
                wake();
                co_return taken;
            }
            again = found_.empty() ? next_look_ : std::max(not_before_, paused_until_);
            found_.clear();
        } else if (!looking_) {
            // What was offered meanwhile, a later look brings again.
            found_.clear();
            if (!options_.stopped && in_flight_.empty())
                again = std::max(not_before_, paused_until_);
        }
        if (wakes == wakes_)
            co_await alarm.wait_until(again);
    }
    co_return taken;
}

/// While the sink fails, one delivery at a time probes it.
bool delivery::may_start() const {
    auto const limit = failures_ > 0 ? 1 : alarms_.size();
    return !looking_ && in_flight_.size() < limit && !is_paused();
}

/// Tells whether a look would bring nothing.
bool delivery::knows_nothing_is_due() const {
    return !looking_ && nothing_due_since_ == wakes_ && clock_.now() < next_look_;
}

bool delivery::is_paused() const {
    return options_.stopped || clock_.now() < not_before_ || clock_.now() < paused_until_;
}

/// Asks the store for what is due, or for when something will be.
asio::awaitable<void> delivery::look() {
    looking_ = true;
    next_look_ = instant::max();
    nothing_due_since_.reset();
    auto const wakes = wakes_;
    try {
        auto const now = clock_.utc();
        if (hurried_)
            co_await store_.hurry(options_.sink, now);
        hurried_ = false;
        // A sink that fails is probed with what may be less to blame for it.
        auto const order = failures_ > 0 ? due_order::fewest_attempts : due_order::earliest;
        found_ = co_await store_.due(options_.sink, now, 1, in_flight_, order);
        if (found_.empty()) {
            auto const due = co_await store_.next_due(options_.sink, in_flight_);
            auto const retry = options_.retries.longest() * 11 / 10;
            auto const longest = options_.retries.for_ever ? retry : std::max(retry, longest_pause);
            if (due && *due - now > longest) {
                // No wait is that long: the clock was set back since.
                co_await store_.hurry(options_.sink, now);
                next_look_ = clock_.now();
            } else if (due) {
                next_look_ = clock_.now() + (*due - now);
            }
            nothing_due_since_ = wakes;
        }
        state_failures_ = 0;
    } catch (state_error const& error) {
        next_look_ = state_trouble(error.what());
    }
    looking_ = false;
}

/// Draws the conclusions for the sink as a whole.
void delivery::note(owed_delivery const& attempted, settlement const& settled, unsigned failures_before) {
    auto const now = clock_.now();
    if (settled.stop_sink)
        options_.stopped = true;
    if (settled.pause)
        paused_until_ = std::max(paused_until_, now + std::min(*settled.pause, longest_pause));
    if (settled.state == delivery_state::delivered)
        ++successes_;
    auto const blames_sink = settled.sink_fails && !is_its_own_fault(attempted);
    if (settled.state != delivery_state::pending)
        failed_at_.erase(attempted.id);
    if (!blames_sink)
        return;
    // What was under way together tells of one failure.
    if (failures_ == failures_before)
        ++failures_;
    not_before_ = std::max(not_before_, now + retry_wait(failures_, options_.retries, 0.0));
}

/// Tells whether the sink has taken others since this delivery failed before: then it keeps to its own schedule, and
/// neither holds up the others nor is hurried with them.
bool delivery::is_its_own_fault(owed_delivery const& attempted) {
    auto const [before, is_first] = failed_at_.try_emplace(attempted.id, successes_);
    auto const others_went = !is_first && before->second < successes_;
    before->second = successes_;
    return others_went;
}

/// Commits what came of an attempt, however often the store has to be asked: what was delivered must not be sent again
/// for want of a note.
asio::awaitable<void> delivery::write_down(alarm& alarm, owed_delivery attempted, settlement settled) {
    settled_delivery row;
    row.id = attempted.id;
    row.state = settled.state;
    row.at = clock_.utc();
    row.due = row.at + settled.wait;
    row.error = settled.error;
    std::vector<settled_delivery> const rows(1, row);
    auto const delivered = settled.state == delivery_state::delivered;
    // One bad delivery among good ones keeps its own schedule; a sink that was down makes up for lost time, also if it
    // was down before we started.
    auto const works_again = delivered && (failures_ > 1 || successes_ == 1);
    for (auto written = false; !written;) {
        auto again = instant::max();
        try {
            co_await store_.settle(rows);
            if (settled.stop_sink)
                co_await store_.stop_sink(options_.sink, settled.error);
            if (works_again)
                co_await store_.hurry(options_.sink, clock_.utc());
            state_failures_ = 0;
            written = true;
        } catch (state_error const& error) {
            again = state_trouble(error.what());
        }
        if (!written)
            co_await alarm.wait_until(again);
    }
    if (delivered) {
        failures_ = 0;
        not_before_ = instant::min();
    }
    attempted.attempts += 1;
    // Not before the sink itself is tried again.
    auto const now = clock_.now();
    auto const left = std::max({now, not_before_, paused_until_}) - now;
    if (settled.state == delivery_state::pending)
        settled.wait = std::max(settled.wait, std::chrono::duration_cast<duration>(left));
    auto const what = settled.stop_sink                       ? delivery_event::kind::stopped
                      : delivered                             ? delivery_event::kind::delivered
                      : settled.state == delivery_state::dead ? delivery_event::kind::given_up
                                                              : delivery_event::kind::failed;
    tell(what, attempted, settled);
}

/// Reports that the store failed, and says when to ask it again.
instant delivery::state_trouble(std::string const& error) {
    // What failed together counts once.
    if (clock_.now() >= state_retry_)
        ++state_failures_;
    settlement failed;
    failed.error = error;
    failed.wait = backoff(std::max(state_failures_, 1U), jitter());
    state_retry_ = clock_.now() + failed.wait;
    tell(delivery_event::kind::state_failed, owed_delivery(), failed);
    return state_retry_;
}

void delivery::tell(delivery_event::kind what, owed_delivery const& about, settlement const& settled) const {
    delivery_event event;
    event.what = what;
    event.sink = options_.sink;
    event.key = about.result.key;
    event.attempt = about.attempts;
    event.wait = settled.wait;
    event.error = settled.error;
    observer_(event);
}

double delivery::jitter() {
    if (options_.seed == 0)
        return 0;
    // splitmix64, as a stream: source prng.di.unimi.it.
    auto bits = options_.seed + ++drawn_ * 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    bits ^= bits >> 31;
    return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

} // namespace runwatch
