#pragma once

#include "runwatch/time.hpp"

#include <cstddef>
#include <deque>
#include <string>

namespace runwatch {

/// How far the API's clock is from ours, as the dates on its answers tell.
///
/// An answer that says 12:00:04 was written between 12:00:04 and 12:00:05 by the API's clock, and between our request
/// and its coming by ours: that bounds the difference on both sides, narrowly for a quick answer and loosely for a slow
/// one. The last few dates are kept, and the range that the most of them allow is believed (Marzullo's algorithm, by
/// which NTP tells good clocks from bad ones): it becomes narrower with each date, while a date out of some cache, or
/// of one server among many with a wrong clock, is outvoted. Of ranges with as many votes the highest counts, as a copy
/// can only be late. A date that comes again is no vote of its own, so that a copy has one vote however often it is
/// served. Our times are those of the clock that never jumps: when somebody sets our time of day, what was learned
/// still holds. Not thread-safe.
class api_clock {
public:
    /// Takes the date of an answer to a request that was sent and whose answer had come at these times.
    void note(timestamp date, instant sent, instant received);

    /// How far the API's clock is ahead of ours, which shows `utc` at `now`. Zero while nothing is known, and where the
    /// dates allow that both clocks agree.
    duration skew(instant now, timestamp utc) const;

    /// Tells whether three dates agree: what one says alone may be an accident.
    bool is_sure() const;

private:
    /// What the API's clock showed, by its date, at the instant that ours counts from.
    struct range {
        timestamp date;
        timestamp low;
        timestamp high;
        std::size_t votes = 1;
    };

    range best() const;

    std::deque<range> dates_;
    /// The range that the most of them allow.
    range believed_;
};

/// What to tell people of such a skew; empty unless it is over a minute.
std::string skew_warning(duration skew);

} // namespace runwatch
