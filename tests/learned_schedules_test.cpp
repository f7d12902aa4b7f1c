#include "runwatch/learned_schedules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

observed_duration took(duration time, duration began = 0s) { return {time, true, timestamp{began}}; }

void teach(learned_schedules& schedules, std::string_view test_id, duration time, int runs = 10) {
    for (int run = 0; run < runs; ++run)
        schedules.learn(test_id, took(time + std::chrono::seconds{run % 5}));
    schedules.renew(test_id);
}

TEST(learned_schedules, know_nothing_at_first) {
    learned_schedules schedules{schedule_policy{}};
    EXPECT_EQ(schedules.known("T"), 0U);
    EXPECT_FALSE(schedules.usual("T"));
    auto const plan = plan_checks(default_prior(), schedule_policy{});
    EXPECT_EQ(schedules.plan_of("T").next(100s), plan.next(100s));
}

TEST(learned_schedules, look_where_runs_of_the_test_end) {
    learned_schedules schedules{schedule_policy{}};
    teach(schedules, "T", 300s);
    EXPECT_EQ(schedules.known("T"), 10U);
    EXPECT_GT(schedules.plan_of("T").next(100s), 30s);
    EXPECT_LT(schedules.plan_of("T").next(300s), 12s);
    auto const usual = schedules.usual("T");
    ASSERT_TRUE(usual);
    EXPECT_GT(usual->low, 200s);
    EXPECT_LT(usual->high, 400s);
}

TEST(learned_schedules, take_up_what_was_learned_only_when_another_run_begins) {
    learned_schedules schedules{schedule_policy{}};
    teach(schedules, "T", 300s);
    auto const before = schedules.plan_of("T").next(320s);
    // Of many that were started together the first have ended.
    for (int run = 0; run < 5; ++run)
        schedules.learn("T", took(100s));
    EXPECT_EQ(schedules.plan_of("T").next(320s), before);
    schedules.renew("T");
    EXPECT_NE(schedules.plan_of("T").next(320s), before);
}

TEST(learned_schedules, count_runs_in_the_order_in_which_they_began) {
    learned_schedules by_begin{schedule_policy{}};
    learned_schedules by_end{schedule_policy{}};
    std::vector<observed_duration> together;
    for (int run = 0; run < 40; ++run)
        together.push_back(took(std::chrono::seconds{60 + 7 * run % 40}, std::chrono::milliseconds{run}));
    for (auto const& each : together)
        by_begin.learn("T", each);
    std::ranges::sort(together, {}, &observed_duration::taken);
    for (auto const& each : together)
        by_end.learn("T", each);
    by_begin.renew("T");
    by_end.renew("T");
    for (auto const age : {0s, 50s, 80s, 90s, 200s})
        EXPECT_EQ(by_end.plan_of("T").next(age), by_begin.plan_of("T").next(age)) << age.count();
}

TEST(learned_schedules, take_ids_that_differ_in_case_for_one_test) {
    learned_schedules schedules{schedule_policy{}};
    schedules.learn("Test-A", took(90s));
    schedules.learn("test-a", took(90s));
    EXPECT_EQ(schedules.known("TEST-A"), 2U);
}

TEST(learned_schedules, keep_the_newest_alone) {
    learned_schedules schedules{schedule_policy{}};
    teach(schedules, "T", 3'000s, 200);
    EXPECT_EQ(schedules.known("T"), durations_worth_keeping);
    teach(schedules, "T", 30s, 100);
    EXPECT_LT(schedules.usual("T")->high, 100s);
}

TEST(learned_schedules, recall_what_was_learned_as_if_it_were_learned_now) {
    learned_schedules taught{schedule_policy{}};
    learned_schedules recalling{schedule_policy{}};
    std::vector<observed_duration> past;
    for (auto const time : {80s, 95s, 88s, 102s, 90s}) {
        taught.learn("T", took(time));
        past.push_back(took(time));
    }
    taught.renew("T");
    recalling.recall("t", past);
    for (auto const age : {0s, 50s, 80s, 90s, 200s})
        EXPECT_EQ(recalling.plan_of("T").next(age), taught.plan_of("T").next(age)) << age.count();
}

TEST(learned_schedules, expect_of_an_unknown_test_what_others_are_like) {
    learned_schedules schedules{schedule_policy{}};
    auto const before = schedules.plan_of("new").next(600s);
    for (int test = 0; test < 30; ++test)
        teach(schedules, "T" + std::to_string(test), 40s);
    // Hardly any test has runs that long.
    EXPECT_GT(schedules.plan_of("new").next(600s), before);
}

TEST(learned_schedules, take_up_another_policy_and_a_limit) {
    learned_schedules schedules{schedule_policy{}};
    teach(schedules, "T", 300s);
    schedule_policy fixed;
    fixed.fixed_interval = 7s;
    schedules.set_policy(fixed);
    EXPECT_EQ(schedules.plan_of("T").next(300s), 7s);
    EXPECT_EQ(schedules.plan_of("new").next(300s), 7s);
    schedules.set_policy(schedule_policy{});
    schedules.limit("other", 60s);
    EXPECT_FALSE(schedules.usual("other"));
    EXPECT_EQ(schedules.plan_of("other").next(24h), 60s);
}

} // namespace
} // namespace runwatch
