#include "runwatch/durations.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace runwatch {
namespace {

/// A run's weight for the median halves every so many runs.
constexpr double runs_to_half = 8;
/// How much runs differ changes less than how long they take, and needs more runs to be known: that weight halves every
/// so many. It is taken within blocks of so many, lest a median that moved seem a difference.
constexpr double spread_runs_to_half = 32;
constexpr std::size_t block_runs = 8;
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
    double spread_weight;
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
    double runs = 0;
    for (auto const& seen : newest_first) {
        if (seen.taken <= duration{0})
            continue;
        auto const log = std::clamp(std::log(static_cast<double>(seen.taken.count())), shortest, longest);
        samples.push_back({log, std::exp2(-runs / runs_to_half), std::exp2(-runs / spread_runs_to_half), seen.ended});
        ++runs;
    }
    return samples;
}

struct weighed_value {
    double value;
    double weight;
};

/// The value that half of the weight lies below. There must be one.
double weighted_median(std::vector<weighed_value> values) {
    std::sort(values.begin(), values.end(), [](auto const& a, auto const& b) { return a.value < b.value; });
    double total = 0;
    for (auto const& each : values)
        total += each.weight;
    double below = 0;
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
        below += values[i].weight;
        // Between two values that share the middle, lest half of the runs seem strays of the other half.
        if (below == total / 2)
            return (values[i].value + values[i + 1].value) / 2;
        if (below > total / 2)
            return values[i].value;
    }
    return values.back().value;
}

/// What is no stray: a centre and how far from it.
struct reach {
    double centre;
    double limit;

    double operator()(double log) const { return std::clamp(log, centre - limit, centre + limit); }
};

/// How much runs differ: the sum of squared deviations, and by how many runs' weight it is known.
struct deviations {
    double squares = 0;
    double freedom = 0;
};

/// What the ended runs of a past say.
struct seen_runs {
    reach reached;
    deviations differ;
};

seen_runs look_through(std::vector<sample> const& samples, duration_fit const& prior, double spread) {
    std::vector<weighed_value> ended;
    std::vector<double> spread_weights;
    for (auto const& each : samples)
        if (each.ended) {
            ended.push_back({each.log, each.weight});
            spread_weights.push_back(each.spread_weight);
        }
    if (ended.empty())
        return {{prior.log_median, stray * prior.sigma}, {}};

    std::vector<double> medians;
    std::vector<weighed_value> distances;
    double weight = 0;
    for (std::size_t first = 0; first < ended.size(); first += block_runs) {
        auto const last = std::min(first + block_runs, ended.size());
        std::vector<weighed_value> block;
        for (auto i = first; i < last; ++i)
            block.push_back({ended[i].value, 1});
        medians.push_back(weighted_median(std::move(block)));
        for (auto i = first; i < last; ++i) {
            distances.push_back({std::abs(ended[i].value - medians.back()), spread_weights[i]});
            weight += spread_weights[i];
        }
    }
    // Of a normal distribution, the median distance is 1 / 1.4826 of sigma. That of a few runs says little.
    auto const typical = 1.4826 * weighted_median(std::move(distances));
    constexpr double doubt = 3;
    auto const limit = stray * std::sqrt((square(typical) * weight + square(spread) * doubt) / (weight + doubt));

    deviations differ;
    for (std::size_t first = 0; first < ended.size(); first += block_runs) {
        auto const last = std::min(first + block_runs, ended.size());
        auto const count = static_cast<double>(last - first);
        reach const reached{medians[first / block_runs], limit};
        double sum = 0;
        double squares = 0;
        for (auto i = first; i < last; ++i) {
            auto const off = reached(ended[i].value) - reached.centre;
            sum += off;
            squares += square(off);
        }
        differ.squares += spread_weights[first] * (squares - square(sum) / count);
        differ.freedom += spread_weights[first] * (count - 1);
    }
    return {{weighted_median(std::move(ended)), limit}, differ};
}

/// The mean of a normal distribution beyond z, in deviations.
double mean_beyond(double z) {
    if (z > 8)
        return z + 1 / z;
    auto const density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
    return density / (std::erfc(z / std::numbers::sqrt2) / 2);
}

/// One step of expectation and maximisation: runs given up stand where the last fit expects them to end.
duration_fit refit(std::vector<sample> const& samples, seen_runs const& seen, duration_fit const& prior, double spread,
                   duration_fit const& last) {
    double weight = 0;
    double squares = 0;
    double sum = 0;
    auto differ = seen.differ;
    double ended = 0;
    for (auto const& each : samples) {
        auto log = seen.reached(each.log);
        if (each.ended) {
            ended += each.weight;
        } else {
            auto const z = (log - last.log_median) / last.sigma;
            auto const beyond = mean_beyond(z);
            log = seen.reached(last.log_median + last.sigma * beyond);
            auto const unknown = square(last.sigma) * std::max(0.0, 1 + z * beyond - square(beyond));
            differ.squares += each.spread_weight * (square(log - last.log_median) + unknown);
            differ.freedom += each.spread_weight;
        }
        weight += each.weight;
        squares += square(each.weight);
        sum += each.weight * log;
    }

    // The prior's sigma is made of how tests differ and of how the runs of one test differ.
    auto const between = std::max(square(prior.sigma) - square(spread), 0.01);
    auto const prior_runs = square(spread) / between;
    auto const runs = square(weight) / squares;
    auto const variance = (usual_sigma_runs * square(spread) + differ.squares) / (usual_sigma_runs + differ.freedom);
    duration_fit fit;
    fit.log_median = (prior_runs * prior.log_median + runs * sum / weight) / (prior_runs + runs);
    // The next run differs by the error of the median too, and a sigma of few runs tends to be more than it seems.
    fit.sigma = std::sqrt(variance * (1 + 1 / (prior_runs + runs)) * (1 + 1 / (1 + differ.freedom)));
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
    auto const seen = look_through(samples, start, spread);
    auto const given_up = std::any_of(samples.begin(), samples.end(), [](auto const& each) { return !each.ended; });
    auto fit = refit(samples, seen, start, spread, start);
    if (given_up)
        for (int step = 0; step < 8; ++step)
            fit = refit(samples, seen, start, spread, fit);
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
