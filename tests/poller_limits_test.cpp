#include "support/poller_bench.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

/// A policy by which what the API refuses ends no watch.
watch_policy policy_of_a_daemon() {
    auto policy = poller_bench::fixed_policy();
    policy.refusals_end = false;
    return policy;
}

TEST(poller_limits, pauses_all_runs_for_as_long_as_the_source_asks) {
    poller_bench bench([](run_key const& key, std::size_t look) -> result<test_run> {
        if (key.run_id == "run-1" && look == 0)
            return failure(failure_kind::throttled, "HTTP 429", 30s);
        return run_in(key, "running");
    });
    bench.add(1, 1s);
    bench.add(2, 2s);
    bench.clock.advance(5s);
    bench.add(3, 0s);
    bench.clock.advance(25s);
    EXPECT_EQ(bench.looks(), "run-1 at 1");
    bench.clock.advance(1s);
    EXPECT_EQ(bench.looks(), "run-1 at 1, run-2 at 31, run-3 at 31, run-1 at 31");
    bench.clock.advance(10s);
    EXPECT_EQ(bench.source.looks().size(), 7U);
}

TEST(poller_limits, never_shortens_a_pause) {
    poller_bench bench([](run_key const& key, std::size_t) -> result<test_run> {
        return failure(failure_kind::throttled, "HTTP 429", key.run_id == "run-1" ? 60s : 5s);
    });
    bench.source.latency = 1s;
    bench.add(1);
    bench.add(2);
    bench.clock.advance(60s);
    EXPECT_EQ(bench.source.looks().size(), 2U);
    bench.clock.advance(1s);
    EXPECT_EQ(bench.source.looks().size(), 4U);
}

TEST(poller_limits, pauses_longer_each_time_the_source_throttles_without_saying_how_long) {
    poller_bench bench(always(failure(failure_kind::throttled, "HTTP 429")), 1);
    bench.add(1);
    bench.add(2);
    bench.clock.advance(16s);
    // Pauses of 1, 2, 4 and 8 seconds; the two take turns as their own backoff allows.
    std::vector<std::int64_t> at;
    for (auto const& look : bench.source.looks())
        at.push_back(std::chrono::duration_cast<std::chrono::seconds>(look.at - bench.start).count());
    EXPECT_EQ(at, (std::vector<std::int64_t>{0, 1, 3, 7, 15}));
}

TEST(poller_limits, counts_answers_to_requests_sent_together_as_one_throttling) {
    poller_bench bench([](run_key const& key, std::size_t look) -> result<test_run> {
        if (look == 0)
            return failure(failure_kind::throttled, "HTTP 429");
        return run_in(key, "running");
    });
    bench.source.latency = 100ms;
    for (std::size_t index = 0; index < 8; ++index)
        bench.add(index);
    bench.clock.advance(1s);
    EXPECT_EQ(bench.source.looks().size(), 8U);
    // A pause of one second, not of 2^7.
    bench.clock.advance(1s);
    EXPECT_EQ(bench.source.looks().size(), 16U);
}

TEST(poller_limits, forgets_how_often_it_was_throttled_after_a_success) {
    poller_bench bench([](run_key const& key, std::size_t look) -> result<test_run> {
        if (look % 2 == 0)
            return failure(failure_kind::throttled, "HTTP 429");
        return run_in(key, "running");
    });
    bench.add(1);
    bench.clock.advance(33s);
    // Between 0.75 and 1 second after each throttling by its own backoff, but never before the pause of 1 second ends.
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-1 at 1, run-1 at 11, run-1 at 12, run-1 at 22, run-1 at 23, run-1 at 33");
}

TEST(poller_limits, leaves_the_last_look_out_during_a_pause) {
    poller_bench bench(always(failure(failure_kind::throttled, "HTTP 429", 1min)), 1);
    for (std::size_t index = 1; index <= 3; ++index)
        bench.add(index);
    bench.clock.advance(10s);
    bench.polling.look_last();
    bench.clock.settle();
    EXPECT_EQ(bench.looks(), "run-1 at 0");
    EXPECT_TRUE(bench.work.done());
}

TEST(poller_limits, ends_the_last_looks_when_they_are_throttled) {
    poller_bench bench(
        [](run_key const& key, std::size_t look) -> result<test_run> {
            if (look == 1)
                return failure(failure_kind::throttled, "HTTP 429", 1min);
            return run_in(key, "running");
        },
        1);
    for (std::size_t index = 1; index <= 3; ++index)
        bench.add(index);
    bench.clock.advance(5s);
    bench.polling.look_last();
    bench.clock.settle();
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-2 at 0, run-3 at 0, run-1 at 5");
    EXPECT_TRUE(bench.work.done());
}

TEST(poller_limits, waits_for_the_next_window_of_the_api_and_says_so_once) {
    poller_bench bench(passing_at(100));
    bench.budget.note({10, 0, 40s}, bench.clock.now());
    bench.add(1);
    bench.add(2, 20s);
    bench.clock.advance(39s);
    EXPECT_EQ(bench.source.requests(), 0U);
    EXPECT_EQ(bench.used_up, std::vector<duration>{40s});
    bench.clock.advance(1s);
    EXPECT_EQ(bench.source.looks().size(), 1U);
}

TEST(poller_limits, spaces_requests_evenly_within_its_rate) {
    poller_bench bench(passing_at(0), 8, poller_bench::fixed_policy(), 4);
    for (std::size_t index = 0; index < 5; ++index)
        bench.add(index);
    bench.clock.advance(1s);
    EXPECT_EQ(bench.looks(), "run-0 at 0, run-1 at 0.250, run-2 at 0.500, run-3 at 0.750, run-4 at 1");
}

TEST(poller_limits, probes_a_key_that_is_refused_once_a_minute_for_all_runs) {
    bool valid = false;
    auto const answer = [&valid](run_key const& key, std::size_t) -> result<test_run> {
        if (!valid)
            return failure(failure_kind::refused, "HTTP 401");
        return run_in(key, "passed");
    };
    poller_bench bench(answer, 8, policy_of_a_daemon());
    bench.source.latency = 10ms;
    for (std::size_t index = 0; index < 3; ++index)
        bench.add(index, 1s);
    bench.clock.advance(5s);
    EXPECT_EQ(bench.source.looks().size(), 3U);
    bench.clock.advance(3min);
    EXPECT_EQ(bench.source.looks().size(), 6U);
    EXPECT_EQ(bench.ends().size(), 0U);
    valid = true;
    bench.clock.advance(1min);
    EXPECT_EQ(bench.ends().size(), 3U);
    EXPECT_EQ(bench.source.looks().size(), 9U);
}

TEST(poller_limits, looks_at_once_when_another_key_may_have_come) {
    bool valid = false;
    auto const answer = [&valid](run_key const& key, std::size_t) -> result<test_run> {
        if (!valid)
            return failure(failure_kind::refused, "HTTP 401");
        return run_in(key, "passed");
    };
    poller_bench bench(answer, 8, policy_of_a_daemon());
    bench.add(1);
    bench.clock.advance(10s);
    valid = true;
    bench.polling.forget_refusal();
    bench.clock.settle();
    EXPECT_EQ(bench.ends(), (std::vector{outcome::passed}));
}

TEST(poller_limits, learns_nothing_of_the_key_from_an_api_that_it_does_not_reach) {
    auto const answer = [](run_key const&, std::size_t look) -> result<test_run> {
        return failure(look == 0 ? failure_kind::refused : failure_kind::transient, "no");
    };
    poller_bench bench(answer, 8, policy_of_a_daemon());
    bench.add(1);
    bench.clock.advance(10min);
    EXPECT_EQ(bench.source.looks().size(), 11U);
}

} // namespace
} // namespace runwatch
