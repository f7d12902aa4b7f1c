#pragma once

#include "runwatch/backoff.hpp"
#include "runwatch/durations.hpp"
#include "runwatch/result.hpp"
#include "runwatch/run.hpp"
#include "runwatch/schedule.hpp"
#include "runwatch/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace runwatch {

/// How the watch of a run ended, or that it has not.
enum class outcome {
    passed,
    failed,
    error,
    /// The API refuses to show this run, or says that it does not exist.
    unwatchable,
    /// Watched for longer than watch_policy::give_up_after.
    timed_out,
    /// Still going on when nobody looked any longer.
    unfinished,
};

/// Spells an outcome as in a result's type: `passed`, `timed_out`, …
std::string_view to_string(outcome value);

/// How runs are watched.
struct watch_policy {
    schedule_policy schedule;
    backoff_policy backoff;
    /// How long the API may say that a run does not exist before it is believed: a fresh run may not be there yet.
    duration not_found_grace{60'000};
    duration give_up_after = std::chrono::hours{24};
    /// A refused key or certificate, or a request that the API will not answer, ends the watch: for who waits once. If
    /// not, these are troubles of whoever watches, not of the run, and the watch goes on; and it is given up for its
    /// age only by a look that succeeded.
    bool refusals_end = true;
    /// Makes the jitter of this process unlike that of others.
    std::uint64_t seed = 0;
};

/// What is known of the watch of a run between two looks.
struct watch_progress {
    /// Where the age of the watch is counted from.
    instant watched_since;
    /// The same moment for people.
    timestamp first_seen_at;
    /// Where the age of the run itself is counted from: when it was created, as far as that is known.
    instant born;
    /// The last look that showed it not ended; instant::min() before the first.
    instant last_alive = instant::min();
    /// Looks taken so far, whatever they brought.
    unsigned polls = 0;
    /// Looks in a row that failed.
    unsigned failures = 0;
    /// Of these, those in which the API refused the request for good.
    unsigned refusals = 0;
    /// Since when the API has said, without a success in between, that there is no such run.
    std::optional<instant> missing_since;
    /// The API's last word for its status; empty before the first success.
    std::string status_text;
    /// The failure of the last look; empty after a success.
    std::string last_failure;

    watch_progress() = default;

    watch_progress(instant since, timestamp first_seen)
        : watched_since(since), first_seen_at(first_seen), born(since) {}
};

/// A run that is watched.
struct watched_run : watch_progress {
    run_key key;

    watched_run() = default;

    watched_run(run_key key_, instant since, timestamp first_seen)
        : watch_progress(since, first_seen), key(std::move(key_)) {}

    watched_run(run_key key_, watch_progress known) : watch_progress(std::move(known)), key(std::move(key_)) {}
};

/// What follows from one look at a run.
struct step {
    /// What is now known of the run.
    watched_run next;
    /// How long to wait before the next look; meaningless once the watch has ended.
    duration next_poll{0};
    /// Set once the watch has ended.
    std::optional<outcome> ended;
    /// Why it ended, where no verdict says so.
    std::string reason;
    /// How long the run took, or for how long at least it went on, once that is known: for the schedule of its test.
    std::optional<observed_duration> taken;
    /// The status is another than at the last success.
    bool status_changed = false;
    /// The status is one that the API's description does not list, and was not seen a look ago.
    bool status_unknown = false;
    /// The failure's text is another than a look ago; also true for the first success after failures.
    bool failure_changed = false;
};

/// What follows from one look at a run: its next state, when to look again, and how it ended once it has.
/// Pure: `now` is the only time it knows. `plan` is the schedule of the run's test.
step advance(watched_run const& run, result<test_run> const& seen, instant now, watch_policy const& policy,
             check_plan const& plan);

} // namespace runwatch
