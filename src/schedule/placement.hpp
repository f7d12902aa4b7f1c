#pragma once

#include "schedule/lifetime.hpp"

#include <vector>

namespace runwatch {

/// How far one look may be from the next, in milliseconds.
struct gap_limits {
    double least;
    double greatest;
    /// The first looks are at most this apart, and later ones at most `early_growth` of the age.
    double early;
    double early_growth;

    /// The greatest gap that may follow a look at an age.
    double at(double age) const;
};

/// Looks, or every so many of them: as many lie evenly before each of these ages.
struct placed_looks {
    std::vector<double> ages;
    unsigned looks_each = 1;
};

/// Places looks, up to an age, where they cost the fewest at a mean delay. What comes behind the last is left to the
/// caller.
placed_looks place_looks(lifetime const& life, double end, double target_delay, gap_limits const& limits);

} // namespace runwatch
