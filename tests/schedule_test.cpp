#include "runwatch/schedule.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

TEST(schedule, grows_with_the_age_of_a_run) {
    struct {
        duration age;
        duration interval;
    } const rows[] = {
        // A tenth of the age, but at least the least interval.
        {-5s, 1s},
        {0s, 1s},
        {9s, 1s},
        {10s, 1s},
        {15s, 1'500ms},
        {42s, 4'200ms},
        // Twice the target delay.
        {60s, 6s},
        {5min, 6s},
        {10min, 6s},
        // A hundredth of the age, but at most the greatest interval.
        {11min, 6'600ms},
        {30min, 18s},
        {1h, 36s},
        {100min, 60s},
        {24h, 60s},
    };

    for (auto const& row : rows)
        EXPECT_EQ(poll_interval(row.age, schedule_policy{}), row.interval) << row.age.count();
}

TEST(schedule, never_shrinks_as_a_run_ages) {
    schedule_policy const policy;
    duration last{0};
    for (duration age{0}; age < 3h; age += 777ms) {
        auto const interval = poll_interval(age, policy);
        ASSERT_GE(interval, last) << age.count();
        last = interval;
    }
}

TEST(schedule, follows_its_policy) {
    schedule_policy policy;
    policy.target_delay = 30s;
    policy.min_interval = 5s;
    policy.max_interval = 20s;
    EXPECT_EQ(poll_interval(0s, policy), 5s);
    EXPECT_EQ(poll_interval(100s, policy), 10s);
    EXPECT_EQ(poll_interval(10min, policy), 20s);
}

TEST(schedule, keeps_a_fixed_interval) {
    schedule_policy policy;
    policy.fixed_interval = 250ms;
    EXPECT_EQ(poll_interval(0s, policy), 250ms);
    EXPECT_EQ(poll_interval(24h, policy), 250ms);
}

} // namespace
} // namespace runwatch
