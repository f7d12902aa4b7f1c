#include "runwatch/backoff.hpp"

#include <algorithm>

namespace runwatch {

duration backoff(unsigned failures, double jitter, backoff_policy const& policy) {
    auto wait = policy.first;
    for (unsigned doubled = 1; doubled < failures && wait < policy.cap; ++doubled)
        wait *= 2;
    wait = std::min(wait, policy.cap);
    return wait - std::chrono::duration_cast<duration>(wait * (0.25 * std::clamp(jitter, 0.0, 1.0)));
}

} // namespace runwatch
