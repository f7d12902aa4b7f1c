#pragma once

#include "runwatch/time.hpp"

#include <cstdint>

namespace runwatch {

/// What an answer of the API says of its rate limit.
struct rate_limit_note {
    /// Requests allowed in the present window; above 0.
    std::uint64_t limit = 0;
    /// How many of them are left.
    std::uint64_t remaining = 0;
    /// How long until the next window begins; an hour at the most.
    duration reset{0};

    bool operator==(rate_limit_note const&) const = default;
};

} // namespace runwatch
