#include "app/app.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using namespace std::chrono_literals;

/// So many steps at a time keep the loop free for others.
constexpr std::size_t steps_at_once = 100;

} // namespace

asio::awaitable<void> app::let_others_run() const { co_await asio::post(executor_, asio::use_awaitable); }

/// Takes up what the state says is watched, and lets go of the rest. A hundred thousand of them must not hold up what
/// else the loop does.
asio::awaitable<void> app::adopt_watches(adopted_config adopted, duration spread) {
    // What has ended but is not on the disk yet, the state still has among the watched.
    auto const pending = recorder_.pending_keys();
    std::size_t steps = 0;
    for (auto const& key : adopted.ended) {
        // Somebody may want it anew since the state said so.
        if (meanwhile_->wanted.contains(key))
            continue;
        log_.info("run is watched no more, as it left the config", {{"run", key.ref()}});
        events_.forget(key);
        poller_.remove(key);
        if (++steps % steps_at_once == 0)
            co_await let_others_run();
    }
    for (auto const& record : adopted.watched) {
        if (!pending.contains(record.key) && !meanwhile_->ended.contains(record.key))
            watch(record, spread);
        if (++steps % steps_at_once == 0)
            co_await let_others_run();
    }
    meanwhile_.reset();
}

/// Somebody wants a run: a config that is being put in force does not let go of it.
void app::want(run_key const& key) {
    if (meanwhile_)
        meanwhile_->wanted.insert(key);
}

/// Hands a watch of the state to the poller, unless it has it. It is as old as the state has it, whatever the clock did
/// meanwhile.
void app::watch(watch_record const& record, duration spread) {
    auto const age = std::clamp<duration>(clock_.utc() - record.first_seen_at, 0s, 20 * 366 * 24h);
    watched_run run{record.key, clock_.now() - age, record.first_seen_at};
    run.status_text = record.status_text;
    // A place of its own for each run, the same at every start.
    auto const place = static_cast<duration::rep>(std::hash<run_key>{}(record.key) % 1'000);
    poller_.add(std::move(run), spread * place / 1'000);
}

/// Takes up how long runs took.
void app::recall(std::map<std::string, std::vector<observed_duration>> learned) {
    for (auto& [test_id, taken] : learned)
        poller_.schedules().recall(test_id, std::move(taken));
}

void app::limit_is_used_up(duration wait) {
    events_.limit_is_used_up(wait);
    metrics_.limit_is_used_up();
    if (polls_)
        polls_->limit_is_used_up(wait, clock_.utc());
}

/// How long the API asks to wait from now on.
duration app::pause_left() const {
    // Where nothing pauses, it may be the earliest time that there is.
    return std::chrono::ceil<duration>(std::max(budget_.paused_until(), clock_.now()) - clock_.now());
}

void app::asked_for_list(std::optional<failure> const& failed) {
    if (polls_)
        polls_->asked(failed, pause_left(), clock_.utc());
}

void app::looked(step const& step, result<test_run> const& seen) {
    auto const now = clock_.utc();
    events_.looked(step, seen);
    metrics_.looked(step, seen, now);
    if (polls_)
        polls_->looked(step, seen, pause_left(), now);
    events_.clock_is_wrong(api_.clock_warning());
    if (step.taken)
        recorder_.add(learned_duration{step.next.key.test_id, *step.taken});
    if (step.status_changed) {
        status_change change;
        change.key = step.next.key;
        change.at = now;
        change.status_text = step.next.status_text;
        recorder_.add(std::move(change));
    }
    if (!step.ended)
        return;
    if (stopping_ && summary_.watching != 0)
        --summary_.watching;
    if (meanwhile_)
        meanwhile_->ended.insert(step.next.key);
    run_result result;
    result.ended = *step.ended;
    result.key = step.next.key;
    if (seen)
        result.run = *seen;
    result.first_seen_at = step.next.first_seen_at;
    result.detected_at = now;
    result.polls = step.next.polls;
    result.reason = step.reason;
    recorder_.add(std::move(result));
}

} // namespace runwatch
