#include "runwatch/schedule.hpp"

#include <algorithm>

namespace runwatch {

duration poll_interval(duration age, schedule_policy const& policy) {
    if (policy.fixed_interval)
        return *policy.fixed_interval;
    auto const interval = std::max(std::min(age / 10, 2 * policy.target_delay), age / 100);
    return std::min(std::max(interval, policy.min_interval), policy.max_interval);
}

} // namespace runwatch
