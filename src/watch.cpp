#include "runwatch/watch.hpp"

#include <algorithm>

namespace runwatch {
namespace {

/// A number from 0 to 1 that differs between runs, looks and processes, yet is a pure function of them.
double spread(watched_run const& run, watch_policy const& policy) {
    // The finaliser of splitmix64: every bit of its input moves every bit of its output.
    std::uint64_t bits = policy.seed ^ std::hash<run_key>{}(run.key) ^ (std::uint64_t{run.polls} << 48);
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    bits ^= bits >> 31;
    return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

/// Longer than any run lasts.
constexpr duration oldest_run = std::chrono::hours{24 * 30};

/// How far the API's times may be from what our looks allow: they say whole seconds at worst, and the clocks agree to
/// about one.
constexpr duration clock_tolerance{3'000};

duration since(instant start, instant now) { return std::chrono::duration_cast<duration>(now - start); }

outcome verdict_of(run_status status) {
    if (status == run_status::passed)
        return outcome::passed;
    return status == run_status::failed ? outcome::failed : outcome::error;
}

/// When a run that the API says was created then was born, by the clock that never jumps.
instant birth_of(watched_run const& run, timestamp created_at, instant now) {
    auto const ahead = std::clamp(created_at - run.first_seen_at, -oldest_run, oldest_run);
    return std::min(run.watched_since + ahead, now);
}

/// The same moment by the time of day.
timestamp begin_of(watched_run const& run) { return run.first_seen_at + since(run.watched_since, run.born); }

/// How long a run took that is seen to have ended.
///
/// By the API's own times, if our looks bear them out: it may say that a run was completed while it still goes on, or
/// nothing. Else halfway between the last look that showed it going on and the one that showed its end.
std::optional<observed_duration> measure(watched_run const& run, test_run const& seen, instant now) {
    observed_duration taken;
    taken.began = begin_of(run);
    auto const longest = since(run.born, now);
    auto const was_alive = run.last_alive != instant::min();
    auto const shortest = was_alive ? since(run.born, run.last_alive) : duration{0};
    if (seen.created_at && seen.completed_at) {
        taken.taken = *seen.completed_at - *seen.created_at;
        if (taken.taken > duration{0} && taken.taken >= shortest - clock_tolerance &&
            taken.taken <= longest + clock_tolerance)
            return taken;
    }
    if (!was_alive)
        return std::nullopt;
    taken.taken = shortest + (longest - shortest) / 2;
    return taken;
}

void after_success(step& step, test_run const& seen, instant now, check_plan const& plan) {
    auto& run = step.next;
    if (seen.created_at)
        run.born = birth_of(run, *seen.created_at, now);
    step.failure_changed = run.failures != 0;
    step.status_changed = run.status_text != seen.status_text;
    step.status_unknown = step.status_changed && seen.status == run_status::unknown;
    run.failures = run.refusals = 0;
    run.missing_since.reset();
    run.last_failure.clear();
    run.status_text = seen.status_text;
    if (is_terminal(seen.status)) {
        step.ended = verdict_of(seen.status);
        step.taken = measure(run, seen, now);
        return;
    }
    run.last_alive = now;
    step.next_poll = plan.next(since(run.born, now));
}

void after_failure(step& step, failure const& seen, instant now, watch_policy const& policy) {
    auto& run = step.next;
    step.failure_changed = run.last_failure != seen.message;
    run.last_failure = seen.message;
    ++run.failures;
    step.next_poll = backoff(run.failures, spread(run, policy), policy.backoff);
    if (seen.retry_after)
        step.next_poll = std::max(step.next_poll, *seen.retry_after);

    if (seen.kind == failure_kind::permanent)
        ++run.refusals;
    else
        run.refusals = 0;

    switch (seen.kind) {
    case failure_kind::transient:
    case failure_kind::throttled:
        break;
    case failure_kind::refused:
        if (policy.refusals_end)
            step.ended = outcome::unwatchable;
        break;
    case failure_kind::permanent:
    case failure_kind::gone:
        // Said once it may be a hiccup of something in between; a watch is too dear to end by that.
        if (policy.refusals_end && run.refusals >= 2)
            step.ended = outcome::unwatchable;
        break;
    case failure_kind::not_found: {
        if (!run.missing_since)
            run.missing_since = now;
        auto const left = policy.not_found_grace - since(*run.missing_since, now);
        if (left <= duration{0})
            step.ended = outcome::unwatchable;
        else
            step.next_poll = std::min(step.next_poll, left);
        break;
    }
    }
    if (step.ended)
        step.reason = seen.message;
}

} // namespace

std::string_view to_string(outcome value) {
    switch (value) {
    case outcome::passed:
        return "passed";
    case outcome::failed:
        return "failed";
    case outcome::error:
        return "error";
    case outcome::unwatchable:
        return "unwatchable";
    case outcome::timed_out:
        return "timed_out";
    case outcome::unfinished:
        return "unfinished";
    }
    return "?";
}

step advance(watched_run const& run, result<test_run> const& seen, instant now, watch_policy const& policy,
             check_plan const& plan) {
    step step;
    step.next = run;
    ++step.next.polls;
    if (seen)
        after_success(step, *seen, now, plan);
    else
        after_failure(step, seen.error(), now, policy);
    // A daemon that was cut off for long learns first what has become of the run.
    auto const may_give_up = seen.has_value() || policy.refusals_end;
    if (!step.ended && may_give_up && since(run.watched_since, now) >= policy.give_up_after) {
        step.ended = outcome::timed_out;
        step.reason = "still not ended when given up";
        observed_duration taken;
        taken.taken = since(run.born, now);
        taken.ended = false;
        taken.began = begin_of(step.next);
        step.taken = taken;
    }
    return step;
}

} // namespace runwatch
