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

duration since(instant start, instant now) { return std::chrono::duration_cast<duration>(now - start); }

outcome verdict_of(run_status status) {
    if (status == run_status::passed)
        return outcome::passed;
    return status == run_status::failed ? outcome::failed : outcome::error;
}

void after_success(step& step, test_run const& seen, instant now, watch_policy const& policy) {
    auto& run = step.next;
    step.failure_changed = run.failures != 0;
    step.status_changed = run.status_text != seen.status_text;
    step.status_unknown = step.status_changed && seen.status == run_status::unknown;
    run.failures = run.refusals = 0;
    run.missing_since.reset();
    run.last_failure.clear();
    run.status_text = seen.status_text;
    if (is_terminal(seen.status)) {
        step.ended = verdict_of(seen.status);
        return;
    }
    step.next_poll = poll_interval(since(run.watched_since, now), policy.schedule);
    // A tenth either way keeps runs that were started together from being looked at together for ever.
    if (!policy.schedule.fixed_interval)
        step.next_poll = std::chrono::duration_cast<duration>(step.next_poll * (0.9 + 0.2 * spread(run, policy)));
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

step advance(watched_run const& run, result<test_run> const& seen, instant now, watch_policy const& policy) {
    step step;
    step.next = run;
    ++step.next.polls;
    if (seen)
        after_success(step, *seen, now, policy);
    else
        after_failure(step, seen.error(), now, policy);
    // A daemon that was cut off for long learns first what has become of the run.
    auto const may_give_up = seen.has_value() || policy.refusals_end;
    if (!step.ended && may_give_up && since(run.watched_since, now) >= policy.give_up_after) {
        step.ended = outcome::timed_out;
        step.reason = "still not ended when given up";
    }
    return step;
}

} // namespace runwatch
