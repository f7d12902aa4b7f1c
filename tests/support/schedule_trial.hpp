#pragma once

#include "runwatch/schedule.hpp"

#include <cstddef>
#include <functional>
#include <random>
#include <span>
#include <vector>

namespace runwatch {

/// Draws how long the next run takes.
using duration_generator = std::function<duration(std::mt19937_64&)>;

duration_generator log_normal_durations(duration median, double sigma);

/// A wait that is always the same and a gamma-distributed work: `shift` + gamma(shape, scale).
duration_generator gamma_durations(duration shift, double shape, duration scale);

std::vector<duration> draw(duration_generator const& generate, std::size_t count, std::mt19937_64& random);

/// A history of ended runs, newest first.
std::vector<observed_duration> draw_history(duration_generator const& generate, std::size_t count,
                                            std::mt19937_64& random);

/// What watching runs from their start cost and gave, a run on average.
struct trial {
    /// The first look at age 0 and the one that saw the end included.
    double requests = 0;
    double mean_delay_ms = 0;
    duration worst_delay{0};
};

/// Watches runs of these durations by a plan.
trial try_plan(check_plan const& plan, std::span<duration const> runs);

/// The requests a run that a fixed interval costs with that mean delay: its phase is random, so its first look comes
/// within the first interval, and the mean delay is half of it.
double requests_at_fixed_interval(double mean_delay_ms, std::span<duration const> runs);

/// Many tests learned and watched: each has a history of its own.
struct learned_trial {
    /// Over all histories.
    double requests = 0;
    double mean_delay_ms = 0;
    double requests_at_fixed_interval = 0;
    /// The mean delay of the history that gave the least, and of that which gave the greatest.
    double least_mean_delay_ms = 0;
    double greatest_mean_delay_ms = 0;

    double ratio() const { return requests / requests_at_fixed_interval; }
};

learned_trial try_learned(duration_generator const& generate, schedule_policy const& policy, std::size_t history,
                          std::size_t tests, std::size_t runs_each, std::uint64_t seed);

} // namespace runwatch
