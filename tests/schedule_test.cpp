#include "runwatch/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

duration_fit const usual_90s{std::log(90'000.0), 0.3, 12};

/// The ages of looks until an age, the first at 0.
std::vector<duration> looks(check_plan const& plan, duration until) {
    std::vector<duration> ages{duration{0}};
    while (ages.back() < until)
        ages.push_back(ages.back() + plan.next(ages.back()));
    return ages;
}

TEST(check_plan, keeps_a_fixed_interval) {
    schedule_policy policy;
    policy.fixed_interval = 250ms;
    auto const plan = plan_checks(usual_90s, policy, 5min);
    for (auto const age : {0s, 1s, 90s, 86'400s})
        EXPECT_EQ(plan.next(age), 250ms);
}

TEST(check_plan, without_a_history_looks_often_at_first_and_seldom_late) {
    check_plan const plan;
    EXPECT_NEAR(static_cast<double>(plan.next(0s).count()), 1'000, 100);
    for (duration age{0}; age < 10min; age += 1s)
        EXPECT_LE(plan.next(age), std::max<duration>(2s, age / 5)) << age.count();
    EXPECT_NEAR(static_cast<double>(plan.next(2min).count()), 7'000, 4'000);
    EXPECT_GE(plan.next(1h), 12s);
    EXPECT_GE(plan.next(24h), 30s);
    EXPECT_NEAR(static_cast<double>(looks(plan, 2min).size()), 36, 6);
}

TEST(check_plan, of_a_known_test_looks_where_its_runs_end) {
    auto const ages = looks(plan_checks(usual_90s, schedule_policy{}), 180s);
    // Hardly a run ends within 40 s, and most do from 60 s to 130 s.
    EXPECT_GT(ages[1], 40s);
    auto const between = [&](duration low, duration high) {
        return std::count_if(ages.begin(), ages.end(), [&](auto age) { return low <= age && age < high; });
    };
    EXPECT_GE(between(80s, 120s), 7);
    EXPECT_LE(between(1s, 60s), 2);
}

TEST(check_plan, takes_an_early_look_for_the_one_it_nearly_was) {
    auto const plan = plan_checks(usual_90s, schedule_policy{});
    auto const ages = looks(plan, 200s);
    for (std::size_t i = 1; i + 1 < ages.size(); ++i) {
        auto const gap = ages[i] - ages[i - 1];
        // Shortly before a look, that one is left out; long before it, it is kept; after it, the next one follows.
        EXPECT_EQ(ages[i] - gap / 4 + plan.next(ages[i] - gap / 4), ages[i + 1]) << i;
        if (gap / 4 * 3 >= 1s) {
            EXPECT_EQ(ages[i] - gap / 4 * 3 + plan.next(ages[i] - gap / 4 * 3), ages[i]) << i;
        }
        EXPECT_EQ(ages[i] + 200ms + plan.next(ages[i] + 200ms), ages[i + 1]) << i;
    }
}

TEST(check_plan, leaves_a_run_that_outlives_all_to_the_greatest_interval) {
    auto const plan = plan_checks(usual_90s, schedule_policy{});
    EXPECT_EQ(looks(plan, 24h).back() - looks(plan, 24h).end()[-2], 60s);
    // Not at once: it may be but a little slower than those before.
    EXPECT_LT(plan.next(180s), 15s);
}

TEST(check_plan, expects_no_run_long_behind_the_limit_of_its_test) {
    duration_fit const unknown = default_prior();
    auto const limited = looks(plan_checks(unknown, schedule_policy{}, 2min), 2h);
    auto const unlimited = looks(plan_checks(unknown, schedule_policy{}), 2h);
    EXPECT_LT(limited.size(), unlimited.size() * 3 / 4);

    // A limit that the runs break is out of date.
    auto const broken = looks(plan_checks({std::log(3'600'000.0), 0.2, 12}, schedule_policy{}, 2min), 2h);
    auto const without = looks(plan_checks({std::log(3'600'000.0), 0.2, 12}, schedule_policy{}), 2h);
    EXPECT_EQ(broken, without);
    EXPECT_EQ(looks(plan_checks(unknown, schedule_policy{}, -1min), 2h), unlimited);
    EXPECT_EQ(looks(plan_checks(unknown, schedule_policy{}, duration::max()), 2h), unlimited);
}

TEST(check_plan, does_the_best_it_can_within_its_intervals) {
    schedule_policy policy;
    policy.min_interval = 20s;
    for (auto const age : looks(plan_checks(usual_90s, policy), 10min))
        EXPECT_GE(plan_checks(usual_90s, policy).next(age), 20s);
    policy.min_interval = 1s;
    policy.max_interval = 2s;
    EXPECT_EQ(plan_checks(usual_90s, policy).next(0s), 2s);
    EXPECT_LE(plan_checks(usual_90s, policy).next(90s), 2s);
}

} // namespace
} // namespace runwatch
