#include "sim/run_life.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace runwatch::sim {
namespace {

using namespace std::chrono_literals;

life usual() { return {{{"pending", 1s}, {"starting", 0s}, {"running", 2s}}, verdict::passed}; }

TEST(sim_run_life, goes_through_its_phases_and_skips_empty_ones) {
    auto const whole = usual();
    EXPECT_EQ(look(whole, -5s).status, "pending");
    EXPECT_EQ(look(whole, 999ms).status, "pending");
    EXPECT_EQ(look(whole, 1s).status, "running");
    EXPECT_TRUE(look(whole, 1s).last_phase);
    EXPECT_EQ(look(whole, 2999ms).since, 1s);
    EXPECT_EQ(look(whole, 3s).status, "passed");
    EXPECT_TRUE(look(whole, 3s).ended);
    EXPECT_EQ(look(whole, 1h).since, 3s);
    EXPECT_EQ(terminal_age(whole), 3s);
}

TEST(sim_run_life, may_never_end) {
    auto whole = usual();
    whole.end = verdict::never;
    EXPECT_EQ(look(whole, 240h).status, "running");
    EXPECT_FALSE(look(whole, 240h).ended);
    EXPECT_EQ(terminal_age(whole), std::nullopt);
    EXPECT_EQ(look({{{"judging", 0s}}, verdict::never}, 1s).status, "judging");
    EXPECT_EQ(look({{}, verdict::never}, 1s).status, "pending");
}

TEST(sim_run_life, has_ended_from_the_start_without_phases) {
    EXPECT_EQ(look({{}, verdict::error}, 0s).status, "error");
    EXPECT_EQ(terminal_age({{}, verdict::error}), 0s);
}

TEST(sim_run_life, is_cut_or_stretched_to_its_length) {
    auto longer = usual();
    fit(longer, 10s);
    EXPECT_EQ(terminal_age(longer), 10s);
    EXPECT_EQ(look(longer, 9s).status, "running");
    auto shorter = usual();
    fit(shorter, 600ms);
    EXPECT_EQ(terminal_age(shorter), 600ms);
    EXPECT_EQ(look(shorter, 500ms).status, "pending");
}

TEST(sim_run_life, draws_lengths_from_their_distribution) {
    std::vector<duration> bell;
    duration sum{0};
    for (std::uint64_t seed = 0; seed != 2'001; ++seed) {
        bell.push_back(draw_length(lognormal{90s, 0.3}, seed));
        auto const gamma = draw_length(shifted_gamma{60s, 4, 10s}, seed);
        EXPECT_GE(gamma, 60s);
        sum += gamma;
    }
    std::ranges::sort(bell);
    EXPECT_NEAR(static_cast<double>(bell[1'000].count()), 90'000, 4'000);
    EXPECT_NEAR(static_cast<double>((sum / 2'001).count()), 100'000, 2'000);
    EXPECT_EQ(draw_length(lognormal{90s, 0.3}, 5), draw_length(lognormal{90s, 0.3}, 5));
    EXPECT_EQ(draw_length(5s, 1), 5s);
}

TEST(sim_run_life, draws_verdicts_by_weight) {
    std::vector<weighted_verdict> const choices{{verdict::passed, 8}, {verdict::failed, 2}, {verdict::error, 0}};
    int failed = 0;
    for (std::uint64_t seed = 0; seed != 2'000; ++seed) {
        auto const drawn = draw_verdict(choices, seed);
        EXPECT_NE(drawn, verdict::error);
        failed += drawn == verdict::failed ? 1 : 0;
    }
    EXPECT_NEAR(failed, 400, 80);
}

} // namespace
} // namespace runwatch::sim
