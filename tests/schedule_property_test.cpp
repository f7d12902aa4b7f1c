#include "support/schedule_trial.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

double uniform(std::mt19937_64& random, double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
}

/// From milliseconds to days, all magnitudes alike.
duration any_duration(std::mt19937_64& random) { return duration{std::llround(std::exp(uniform(random, 0, 20)))}; }

/// Finite, within the intervals, and never earlier for an older run.
void expect_sound(check_plan const& plan, schedule_policy const& policy, std::mt19937_64& random) {
    std::vector<duration> ages{duration::min() / 2, -1s, 0s, 1ms, 24h, 24h * 365, duration::max() / 2};
    for (int i = 0; i < 100; ++i)
        ages.push_back(any_duration(random));
    std::sort(ages.begin(), ages.end());
    auto latest = duration::min();
    for (auto const age : ages) {
        auto const wait = plan.next(age);
        ASSERT_GE(wait, policy.min_interval) << age.count();
        ASSERT_LE(wait, policy.max_interval) << age.count();
        ASSERT_GE(age + wait, latest) << age.count();
        latest = age + wait;
    }
}

TEST(schedule_property, a_plan_of_any_history_and_options_is_sound) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 60; ++i) {
        schedule_policy policy;
        policy.target_delay = any_duration(random);
        policy.min_interval = duration{1} + any_duration(random) / 10;
        policy.max_interval = policy.min_interval + any_duration(random);
        std::vector<observed_duration> history;
        auto const typical = any_duration(random);
        auto const count = random() % 64;
        for (std::size_t run = 0; run < count; ++run) {
            auto const taken = random() % 4 == 0 ? any_duration(random) : typical + duration{random() % 1'000};
            history.push_back({random() % 8 == 0 ? -taken : taken, random() % 8 != 0});
        }
        auto const limit = random() % 2 == 0 ? std::optional(any_duration(random)) : std::nullopt;
        SCOPED_TRACE(i);
        expect_sound(plan_checks(fit_durations(history, default_prior()), policy, limit), policy, random);
    }
}

TEST(schedule_property, a_plan_of_nonsense_is_sound) {
    std::mt19937_64 random(2);
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    auto const infinity = std::numeric_limits<double>::infinity();
    std::vector<duration_fit> const fits{{nan, nan, nan},   {infinity, 1, 12}, {-infinity, 1, 12}, {11, 0, 12},
                                         {11, infinity, 3}, {11, 1e-300, 12},  {11, 0.3, -5},      {11, 0.3, 1e300},
                                         {1e300, 1e300, 0}, {0, 0.02, 12},     {11, 0.3, nan}};
    for (auto const& fit : fits) {
        schedule_policy const policy;
        expect_sound(plan_checks(fit, policy), policy, random);
    }

    // Options that no config lets through: nothing is promised but an answer.
    schedule_policy policy;
    policy.min_interval = -1s;
    policy.max_interval = -2s;
    policy.target_delay = 0s;
    EXPECT_GT(plan_checks(fits[0], policy).next(5s), 0s);
    policy.min_interval = policy.max_interval = policy.target_delay = duration::max();
    EXPECT_GT(plan_checks(fits[9], policy).next(5s), 0s);
    policy = schedule_policy{};
    policy.fixed_interval = 0s;
    EXPECT_GT(plan_checks(fits[0], policy).next(5s), 0s);
}

TEST(schedule_property, a_learned_plan_keeps_the_target_delay) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 10; ++i) {
        auto const median = duration{std::llround(std::exp(uniform(random, std::log(40e3), std::log(900e3))))};
        auto const sigma = uniform(random, 0.12, 0.8);
        schedule_policy policy;
        policy.target_delay = duration{std::llround(static_cast<double>(median.count()) * uniform(random, 0.01, 0.06))};
        policy.min_interval = policy.target_delay / 10;
        policy.max_interval = median;
        auto const history = 30 + random() % 35;
        auto const seen = try_learned(log_normal_durations(median, sigma), policy, history, 10, 400, random());
        auto const target = static_cast<double>(policy.target_delay.count());
        EXPECT_NEAR(seen.mean_delay_ms / target, 1, 0.15)
            << "median " << median.count() << " sigma " << sigma << " target " << target << " history " << history;
    }
}

TEST(schedule_property, a_learned_plan_costs_fewer_requests_than_a_fixed_interval) {
    struct {
        char const* name;
        duration_generator generate;
        duration target_delay;
        double goal;
    } const rows[] = {
        {"log-normal, sigma 0.3", log_normal_durations(90s, 0.3), 3s, 0.55},
        {"log-normal, sigma 0.6", log_normal_durations(90s, 0.6), 3s, 0.85},
        // At 3 s, the look at age 0 and the one that max_interval demands before any run ends are two of seven.
        {"gamma", gamma_durations(60s, 4, 10s), 1'500ms, 0.40},
    };

    for (auto const& row : rows) {
        schedule_policy policy;
        policy.target_delay = row.target_delay;
        auto const seen = try_learned(row.generate, policy, durations_worth_keeping, 40, 400, 4);
        EXPECT_LE(seen.ratio(), row.goal) << row.name << " delay " << seen.mean_delay_ms;
    }
}

TEST(schedule_property, a_plan_recovers_from_a_wrong_history_within_20_runs) {
    std::mt19937_64 random(5);
    schedule_policy const policy;
    auto const before = log_normal_durations(90s, 0.3);
    for (auto const median : {45s, 180s}) {
        auto const now = log_normal_durations(median, 0.3);
        double delay_ms = 0;
        constexpr int tests = 12;
        for (int i = 0; i < tests; ++i) {
            auto history = draw_history(before, 44, random);
            auto const runs = draw(now, 200, random);
            auto const surprised = try_plan(plan_checks(fit_durations(history, default_prior()), policy), runs);
            EXPECT_LE(surprised.worst_delay, policy.max_interval);

            auto learned = draw_history(now, 20, random);
            learned.insert(learned.end(), history.begin(), history.end());
            delay_ms += try_plan(plan_checks(fit_durations(learned, default_prior()), policy), runs).mean_delay_ms;
        }
        // What is left of the old runs widens the fit: the delay is less than it may be rather than more.
        EXPECT_GT(delay_ms / tests, 2'100) << median.count();
        EXPECT_LT(delay_ms / tests, 3'750) << median.count();
    }
}

} // namespace
} // namespace runwatch
