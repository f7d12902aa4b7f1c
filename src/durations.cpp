#include "runwatch/durations.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace runwatch {
namespace {

/// A run's weight halves every so many runs.
constexpr double runs_to_half = 8;
/// How much the runs of one test usually differ, and how many runs that presumption counts for.
constexpr double usual_sigma = 0.5;
constexpr double usual_sigma_runs = 0.25;
/// How many tests the default prior counts for beside those known.
constexpr double default_prior_tests = 2;
/// Beyond so many deviations from the median a run is a stray.
constexpr double stray = 3;
/// Three runs weigh 2.76.
constexpr double enough_weight = 2.5;

// Durations between a tenth of a second and a month; beyond, a clock was wrong.
double const shortest = std::log(100.0);
double const longest = std::log(30 * 86'400'000.0);
constexpr double narrowest = 0.02;
constexpr double widest = 3;

struct sample {
    double log;
    double weight;
    bool ended;
};

double square(double x) { return x * x; }

bool is_usable(duration_fit const& fit) {
    return std::isfinite(fit.log_median) && std::isfinite(fit.sigma) && std::isfinite(fit.weight) && fit.sigma > 0;
}

duration_fit within_reason(duration_fit fit) {
    fit.log_median = std::clamp(fit.log_median, shortest, longest);
    fit.sigma = std::clamp(fit.sigma, narrowest, widest);
    return fit;
}

std::vector<sample> weighed(std::span<observed_duration const> newest_first) {
    std::vector<sample> samples;
    double weight = 1;
    for (auto const& seen : newest_first) {
        if (seen.taken <= duration{0})
            continue;
        auto const log = std::clamp(std::log(static_cast<double>(seen.taken.count())), shortest, longest);
        samples.push_back({log, weight, seen.ended});
        weight *= std::exp2(-1 / runs_to_half);
    }
    return samples;
}

/// The value that half of the weight lies below. Sorts what it is given.
double weighted_median(std::vector<sample>& samples) {
    std::sort(samples.begin(), samples.end(), [](auto const& a, auto const& b) { return a.log < b.log; });
    double total = 0;
    for (auto const& each : samples)
        total += each.weight;
    double below = 0;
    for (auto const& each : samples) {
        below += each.weight;
        if (below >= total / 2)
            return each.log;
    }
    return samples.back().log;
}

/// What is no stray: a centre and how far from it.
struct reach {
    double centre;
    double limit;

    double operator()(double log) const { return std::clamp(log, centre - limit, centre + limit); }
};

reach reach_of(std::vector<sample> samples, duration_fit const& prior, double spread) {
    std::erase_if(samples, [](auto const& each) { return !each.ended; });
    if (samples.empty())
        return {prior.log_median, stray * prior.sigma};
    auto const centre = weighted_median(samples);
    double weight = 0;
    for (auto& each : samples) {
        each.log = std::abs(each.log - centre);
        weight += each.weight;
    }
    // Of a normal distribution, the median deviation is 1 / 1.4826 of sigma. That of a few runs says little.
    auto const seen = 1.4826 * weighted_median(samples);
    constexpr double doubt = 3;
    return {centre, stray * std::sqrt((square(seen) * weight + square(spread) * doubt) / (weight + doubt))};
}

/// The mean of a normal distribution beyond z, in deviations.
double mean_beyond(double z) {
    if (z > 8)
        return z + 1 / z;
    auto const density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
    return density / (std::erfc(z / std::numbers::sqrt2) / 2);
}

/// One step of expectation and maximisation: runs given up stand where the last fit expects them to end.
duration_fit refit(std::vector<sample> const& samples, reach const& reached, duration_fit const& prior, double spread,
                   duration_fit const& last) {
    double weight = 0;
    double squares = 0;
    double ended = 0;
    double sum = 0;
    std::vector<double> values;
    values.reserve(samples.size());
    double unknown = 0;
    for (auto const& each : samples) {
        auto log = reached(each.log);
        if (each.ended) {
            ended += each.weight;
        } else {
            auto const z = (log - last.log_median) / last.sigma;
            auto const mean = mean_beyond(z);
            log = reached(last.log_median + last.sigma * mean);
            unknown += each.weight * square(last.sigma) * std::max(0.0, 1 + z * mean - square(mean));
        }
        values.push_back(log);
        weight += each.weight;
        squares += square(each.weight);
        sum += each.weight * log;
    }
    auto const mean = sum / weight;
    double deviations = unknown;
    for (std::size_t i = 0; i < samples.size(); ++i)
        deviations += samples[i].weight * square(values[i] - mean);

    // The prior's sigma is made of how tests differ and of how the runs of one test differ.
    auto const between = std::max(square(prior.sigma) - square(spread), 0.01);
    auto const prior_runs = square(spread) / between;
    auto const runs = square(weight) / squares;
    auto const variance =
        (usual_sigma_runs * square(spread) + deviations) / (usual_sigma_runs + weight - squares / weight);
    duration_fit fit;
    fit.log_median = (prior_runs * prior.log_median + runs * mean) / (prior_runs + runs);
    // The next run differs by the error of the median too, and a sigma of few runs tends to be more than it seems.
    fit.sigma = std::sqrt(variance * (1 + 1 / (prior_runs + runs)) * (1 + 1 / weight));
    fit.weight = ended;
    return within_reason(fit);
}

} // namespace

duration_fit default_prior() { return {std::log(120'000.0), 1.2, 0}; }

duration_fit shared_prior(std::span<duration_fit const> known) {
    auto const start = default_prior();
    double tests = default_prior_tests;
    double sum = tests * start.log_median;
    double within = tests * square(usual_sigma);
    // A test counts the more the more of its runs are known, but at most as one.
    auto const share = [](duration_fit const& fit) {
        return is_usable(fit) && fit.weight > 0 ? fit.weight / (fit.weight + 2) : 0;
    };
    for (auto const& each : known)
        if (auto const counts = share(each); counts > 0) {
            auto const fit = within_reason(each);
            tests += counts;
            sum += counts * fit.log_median;
            within += counts * square(fit.sigma);
        }
    auto const mean = sum / tests;
    double between = default_prior_tests * (square(start.sigma) - square(usual_sigma));
    for (auto const& each : known)
        if (auto const counts = share(each); counts > 0)
            between += counts * square(within_reason(each).log_median - mean);
    return within_reason({mean, std::sqrt((between + within) / tests), 0});
}

duration_fit fit_durations(std::span<observed_duration const> newest_first, duration_fit const& prior) {
    auto start = is_usable(prior) ? within_reason(prior) : default_prior();
    start.weight = 0;
    auto const samples = weighed(newest_first);
    if (samples.empty())
        return start;
    auto const spread = std::min(usual_sigma, start.sigma);
    auto const reached = reach_of(samples, start, spread);
    auto const given_up = std::any_of(samples.begin(), samples.end(), [](auto const& each) { return !each.ended; });
    auto fit = refit(samples, reached, start, spread, start);
    if (given_up)
        for (int step = 0; step < 8; ++step)
            fit = refit(samples, reached, start, spread, fit);
    return fit;
}

std::optional<duration_range> usual_range(duration_fit const& fit) {
    if (!is_usable(fit) || fit.weight < enough_weight)
        return std::nullopt;
    auto const sane = within_reason(fit);
    // Eight of ten lie within 1.2816 deviations.
    auto const at = [&](double z) {
        return duration{std::llround(std::exp(std::clamp(sane.log_median + z * sane.sigma, shortest, longest)))};
    };
    return duration_range{at(-1.2816), at(1.2816)};
}

} // namespace runwatch
