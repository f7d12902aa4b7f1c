#include "runwatch/durations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

/// Ended runs of these durations, newest first.
std::vector<observed_duration> ended(std::vector<duration> const& durations) {
    std::vector<observed_duration> history;
    for (auto const each : durations)
        history.push_back({each, true});
    return history;
}

std::vector<observed_duration> always(duration taken, std::size_t count) {
    return ended(std::vector<duration>(count, taken));
}

duration median(duration_fit const& fit) { return duration{std::llround(std::exp(fit.log_median))}; }

TEST(durations, are_the_prior_s_where_none_are_known) {
    auto const prior = default_prior();
    EXPECT_EQ(median(prior), 2min);
    auto const fit = fit_durations({}, prior);
    EXPECT_EQ(fit.log_median, prior.log_median);
    EXPECT_EQ(fit.sigma, prior.sigma);
    EXPECT_EQ(fit.weight, 0);
}

TEST(durations, follow_the_runs_the_more_the_more_are_known) {
    auto const prior = default_prior();
    auto last_median = prior.log_median;
    auto last_sigma = prior.sigma;
    for (auto const count : {1U, 2U, 5U, 20U}) {
        auto const fit = fit_durations(always(20min, count), prior);
        EXPECT_GT(fit.log_median, last_median) << count;
        EXPECT_LT(fit.sigma, last_sigma) << count;
        last_median = fit.log_median;
        last_sigma = fit.sigma;
    }
    EXPECT_NEAR(std::exp(last_median), 1'200'000, 40'000);
    EXPECT_LT(last_sigma, 0.1);
}

TEST(durations, weigh_less_the_older_they_are) {
    EXPECT_NEAR(fit_durations(always(90s, 1), default_prior()).weight, 1, 1e-9);
    // The sum of a weight that halves every 8 runs.
    EXPECT_NEAR(fit_durations(always(90s, 64), default_prior()).weight, 12, 0.1);

    auto history = always(180s, 20);
    auto const old = always(90s, 44);
    history.insert(history.end(), old.begin(), old.end());
    EXPECT_NEAR(std::exp(fit_durations(history, default_prior()).log_median), 180'000, 20'000);
}

TEST(durations, know_how_much_runs_differ) {
    std::vector<duration> spread;
    for (int i = 0; i < 64; ++i)
        spread.emplace_back(i % 2 == 0 ? 60s : 120s);
    // Half of the logarithms lie ln(2)/2 above the middle, half as much below.
    EXPECT_NEAR(fit_durations(ended(spread), default_prior()).sigma, std::log(2) / 2, 0.06);
}

TEST(durations, are_not_bent_by_one_stray_run) {
    std::vector<duration> runs;
    for (int i = 0; i < 40; ++i)
        runs.emplace_back(80s + i % 5 * 5s);
    auto const usual = fit_durations(ended(runs), default_prior());
    for (auto const stray : {duration{1s}, duration{20h}}) {
        runs[3] = stray;
        auto const fit = fit_durations(ended(runs), default_prior());
        EXPECT_NEAR(fit.log_median, usual.log_median, 0.1);
        EXPECT_LT(fit.sigma, usual.sigma + 0.1);
    }
}

TEST(durations, are_pushed_by_runs_that_were_given_up_without_counting_them) {
    auto const history = always(90s, 10);
    auto const usual = fit_durations(history, default_prior());

    auto with_given_up = history;
    with_given_up.insert(with_given_up.begin(), observed_duration{24h, false});
    auto const pushed = fit_durations(with_given_up, default_prior());
    EXPECT_GT(pushed.log_median, usual.log_median);
    EXPECT_GT(pushed.sigma, usual.sigma);
    EXPECT_LT(pushed.weight, usual.weight);

    // That a run went on for a second says nothing.
    with_given_up.front().taken = 1s;
    auto const same = fit_durations(with_given_up, default_prior());
    EXPECT_NEAR(same.log_median, usual.log_median, 0.01);
    EXPECT_NEAR(same.sigma, usual.sigma, 0.03);

    std::vector<observed_duration> const none(5, observed_duration{1h, false});
    auto const unended = fit_durations(none, default_prior());
    EXPECT_EQ(unended.weight, 0);
    EXPECT_GT(unended.log_median, default_prior().log_median);
    EXPECT_FALSE(usual_range(unended));
}

TEST(durations, bear_absurd_histories) {
    auto const huge = duration::max();
    std::vector<std::vector<observed_duration>> const histories{
        ended({0s, -5s}),   ended({duration::min(), huge, 1ms, 0s}),   ended({huge, huge, huge}),    ended({1ms}),
        always(90s, 1'000), {{huge, false}, {duration::min(), false}}, {{1ms, false}, {huge, true}},
    };
    auto const infinity = std::numeric_limits<double>::infinity();
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<duration_fit> const priors{default_prior(), {nan, nan, nan}, {infinity, 1, 0},
                                           {5, 0, 0},       {5, -1, 0},      {-1e300, 1e300, 1e300}};
    for (auto const& history : histories)
        for (auto const& prior : priors) {
            auto const fit = fit_durations(history, prior);
            EXPECT_GE(fit.log_median, std::log(100.0) - 1e-9);
            EXPECT_LE(fit.log_median, std::log(31 * 86'400'000.0));
            EXPECT_GT(fit.sigma, 0);
            EXPECT_LE(fit.sigma, 3);
            EXPECT_GE(fit.weight, 0);
            EXPECT_LE(fit.weight, 12.1);
        }
    EXPECT_EQ(fit_durations(ended({0s, -5s}), default_prior()).weight, 0);
}

TEST(durations, of_other_tests_make_a_prior) {
    auto const nothing = shared_prior({});
    EXPECT_NEAR(nothing.log_median, default_prior().log_median, 1e-9);
    EXPECT_NEAR(nothing.sigma, default_prior().sigma, 1e-9);

    std::vector<duration_fit> known(30, duration_fit{std::log(1'200'000.0), 0.3, 10});
    auto const alike = shared_prior(known);
    EXPECT_NEAR(alike.log_median, std::log(1'200'000.0), 0.25);
    EXPECT_LT(alike.sigma, 0.8);
    EXPECT_EQ(alike.weight, 0);

    for (std::size_t i = 0; i < known.size(); i += 2)
        known[i].log_median = std::log(60'000.0);
    EXPECT_GT(shared_prior(known).sigma, 1.2);

    // Fits that rest on nothing, or are none, say nothing.
    std::vector<duration_fit> const empty{{1, 1, 0}, {std::nan(""), 1, 5}, {11, 0, 5}};
    EXPECT_NEAR(shared_prior(empty).log_median, default_prior().log_median, 1e-9);
}

TEST(durations, have_a_usual_range_once_three_runs_are_known) {
    EXPECT_FALSE(usual_range(default_prior()));
    EXPECT_FALSE(usual_range(fit_durations(always(90s, 2), default_prior())));
    EXPECT_TRUE(usual_range(fit_durations(always(90s, 3), default_prior())));
    EXPECT_FALSE(usual_range({std::nan(""), 1, 10}));

    auto const range = usual_range({std::log(90'000.0), 0.3, 10});
    ASSERT_TRUE(range);
    EXPECT_NEAR(static_cast<double>(range->low.count()), 61'300, 100);
    EXPECT_NEAR(static_cast<double>(range->high.count()), 132'200, 100);
}

} // namespace
} // namespace runwatch
