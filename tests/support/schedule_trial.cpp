#include "support/schedule_trial.hpp"

#include <algorithm>
#include <cmath>

namespace runwatch {

duration_generator log_normal_durations(duration median, double sigma) {
    return [=](std::mt19937_64& random) {
        std::lognormal_distribution<double> logs(std::log(static_cast<double>(median.count())), sigma);
        return duration{std::llround(logs(random))};
    };
}

duration_generator gamma_durations(duration shift, double shape, duration scale) {
    return [=](std::mt19937_64& random) {
        std::gamma_distribution<double> work(shape, static_cast<double>(scale.count()));
        return shift + duration{std::llround(work(random))};
    };
}

std::vector<duration> draw(duration_generator const& generate, std::size_t count, std::mt19937_64& random) {
    std::vector<duration> drawn;
    drawn.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        drawn.push_back(generate(random));
    return drawn;
}

std::vector<observed_duration> draw_history(duration_generator const& generate, std::size_t count,
                                            std::mt19937_64& random) {
    std::vector<observed_duration> history;
    history.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        history.push_back({generate(random), true});
    return history;
}

trial try_plan(check_plan const& plan, std::span<duration const> runs) {
    // The looks are the same for every run, as far as it goes.
    auto const longest = *std::max_element(runs.begin(), runs.end());
    std::vector<duration> looks{duration{0}};
    while (looks.back() < longest)
        looks.push_back(looks.back() + plan.next(looks.back()));
    trial outcome;
    for (auto const run : runs) {
        auto const seen = std::lower_bound(looks.begin(), looks.end(), run);
        outcome.requests += static_cast<double>(seen - looks.begin() + 1);
        outcome.mean_delay_ms += static_cast<double>((*seen - run).count());
        outcome.worst_delay = std::max(outcome.worst_delay, *seen - run);
    }
    outcome.requests /= static_cast<double>(runs.size());
    outcome.mean_delay_ms /= static_cast<double>(runs.size());
    return outcome;
}

double requests_at_fixed_interval(double mean_delay_ms, std::span<duration const> runs) {
    double sum = 0;
    for (auto const run : runs)
        sum += static_cast<double>(run.count());
    // Whatever the duration, as many looks as intervals come before the end, on average, and one behind it.
    return sum / static_cast<double>(runs.size()) / (2 * mean_delay_ms) + 1;
}

learned_trial try_learned(duration_generator const& generate, schedule_policy const& policy, std::size_t history,
                          std::size_t tests, std::size_t runs_each, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    learned_trial outcome;
    outcome.least_mean_delay_ms = HUGE_VAL;
    std::vector<duration> all;
    for (std::size_t i = 0; i < tests; ++i) {
        auto const fit = fit_durations(draw_history(generate, history, random), default_prior());
        auto const runs = draw(generate, runs_each, random);
        auto const seen = try_plan(plan_checks(fit, policy), runs);
        outcome.requests += seen.requests / static_cast<double>(tests);
        outcome.mean_delay_ms += seen.mean_delay_ms / static_cast<double>(tests);
        outcome.least_mean_delay_ms = std::min(outcome.least_mean_delay_ms, seen.mean_delay_ms);
        outcome.greatest_mean_delay_ms = std::max(outcome.greatest_mean_delay_ms, seen.mean_delay_ms);
        all.insert(all.end(), runs.begin(), runs.end());
    }
    outcome.requests_at_fixed_interval = requests_at_fixed_interval(outcome.mean_delay_ms, all);
    return outcome;
}

} // namespace runwatch
