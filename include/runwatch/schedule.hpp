#pragma once

#include "runwatch/durations.hpp"
#include "runwatch/time.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace runwatch {

/// What decides how often a run is looked at.
struct schedule_policy {
    /// The same interval always, instead of the schedule.
    std::optional<duration> fixed_interval;
    /// The mean time that may pass from a run's end to its detection.
    duration target_delay{3'000};
    duration min_interval{1'000};
    duration max_interval{60'000};
};

/// Looks at even distances: from where the stretch before ends, so many up to its own end.
struct look_stretch {
    /// The age of its last look, in milliseconds.
    std::uint32_t end;
    std::uint32_t looks;
};

/// When to look at a run, by its age: a pure function of the fit and the options.
///
/// A few hundred bytes; to be shared by all runs of a test, and by all tests without a history.
class check_plan {
public:
    /// Of the default prior and the default policy. It is computed once.
    check_plan();

    /// How long to wait, for a run of this age that was just looked at, until the next look.
    ///
    /// It is the way to the first planned look that is more than half of its gap away: one that came early counts for
    /// the look that it nearly was, one that came late goes on to the next. Always within the policy's least and
    /// greatest interval, and never earlier for an older run: age + next(age) does not decrease.
    duration next(duration age) const;

private:
    friend check_plan plan_checks(duration_fit const&, schedule_policy const&, std::optional<duration>);
    check_plan(std::vector<look_stretch> stretches, duration min_interval, duration max_interval);

    // Behind the last stretch a look follows every max_interval_.
    std::vector<look_stretch> stretches_;
    duration min_interval_;
    duration max_interval_;
};

/// Places the looks at the runs of a test so that they cost the fewest requests at a mean delay, from a run's end to
/// its detection, of the policy's target. Takes at most a millisecond or so.
///
/// Where the least or the greatest interval doesn't allow that delay, it comes as near as they do. Without a history
/// the first looks are at most a tenth of the age apart, as anything may happen. `max_duration` is the test's own
/// limit: hardly a run is expected to last longer than that and some time for queueing and judging. A run that outlives
/// what is expected is looked at ever less often, in the end every `max_interval`. With a fixed interval that is all
/// there is.
check_plan plan_checks(duration_fit const& fit, schedule_policy const& policy,
                       std::optional<duration> max_duration = std::nullopt);

} // namespace runwatch
