#pragma once

#include "runwatch/time.hpp"

#include <optional>

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

/// How long to wait from one look at a run to the next, for a run of this age.
///
/// Short at first, so that a run of seconds is known at once; growing with age to twice the target delay, which makes
/// the mean delay the target; and beyond ten minutes growing again, to a hundredth of the age.
duration poll_interval(duration age, schedule_policy const& policy);

} // namespace runwatch
