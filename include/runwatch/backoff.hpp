#pragma once

#include "runwatch/time.hpp"

namespace runwatch {

/// How waits grow while something keeps failing.
struct backoff_policy {
    /// The wait after the first failure.
    duration first{500};
    /// The longest wait.
    duration cap{30'000};
};

/// How long to wait after so many failures in a row (1 is the first): twice as long each time up to the cap, less up to
/// a quarter by `jitter`, a number from 0 to 1, so that many that fail together do not come back together.
duration backoff(unsigned failures, double jitter, backoff_policy const& policy = {});

} // namespace runwatch
