#pragma once

#include "runwatch/time.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace runwatch {

/// One run of a test: how long it took, or, if it was given up, for how long at least it went on.
struct observed_duration {
    duration taken{0};
    bool ended = true;
    /// When it began, by our clock.
    timestamp began{};
};

/// How long the runs of a test take: log-normal, as far as their past tells.
///
/// It predicts the next run, so sigma holds both how much runs differ and how little a short past says.
struct duration_fit {
    /// The natural logarithm of milliseconds.
    double log_median = 0;
    /// The standard deviation of the logarithm.
    double sigma = 1;
    /// The ended runs that it rests on, by weight; 0 for the prior alone, 12 at most.
    double weight = 0;
};

/// How many past runs of a test say something: those before change a fit little.
constexpr std::size_t durations_worth_keeping = 64;

/// What is known of a test whose runs nobody has seen: tens of seconds to many minutes.
duration_fit default_prior();

/// A prior shared by all tests, from the fits of those known. With none it is the default prior.
duration_fit shared_prior(std::span<duration_fit const> known);

/// Fits the durations of a test's past runs, the newest first.
///
/// A run's weight halves every 8 runs (for sigma, which changes less and is harder to know, every 32). Few runs are
/// drawn towards the prior; a stray run (one that died at once, one that hung) counts as no stranger than three
/// deviations from the median. Runs that were given up push the fit towards longer durations and add no weight.
/// Durations of zero or less are ignored.
duration_fit fit_durations(std::span<observed_duration const> newest_first, duration_fit const& prior);

/// A span of durations, for people.
struct duration_range {
    duration low;
    duration high;
};

/// Within which eight of ten runs end. Nothing unless three runs or so are known.
std::optional<duration_range> usual_range(duration_fit const& fit);

} // namespace runwatch
