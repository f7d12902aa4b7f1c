#include "support/poller_bench.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

TEST(poller, looks_at_each_run_until_its_end_and_never_again) {
    poller_bench bench(passing_at(2));
    bench.add(1);
    bench.add(2, 3s);
    bench.polling.close();
    bench.clock.advance(1h);
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-2 at 3, run-1 at 10, run-2 at 13, run-1 at 20, run-2 at 23");
    EXPECT_EQ(bench.ends(), (std::vector{outcome::passed, outcome::passed}));
    EXPECT_NO_THROW(bench.work.get());
}

TEST(poller, keeps_nothing_of_runs_that_have_ended) {
    poller_bench bench(passing_at(1));
    for (std::size_t round = 0; round < 3; ++round) {
        bench.add(1);
        bench.clock.advance(1min);
        EXPECT_EQ(bench.polling.size(), 0U);
        EXPECT_EQ(bench.polling.tests(), 0U);
    }
}

TEST(poller, takes_what_is_due_first_whenever_it_was_added) {
    poller_bench bench(passing_at(0), 1);
    bench.add(1, 9s);
    bench.add(2, 5s);
    bench.clock.advance(1s);
    bench.add(3, 1s);
    bench.clock.advance(10s);
    EXPECT_EQ(bench.looks(), "run-3 at 2, run-2 at 5, run-1 at 9");
}

TEST(poller, tells_of_every_look) {
    poller_bench bench(passing_at(1));
    std::vector<std::string> seen;
    bench.on_look = [&](step const& step, result<test_run> const& run) {
        seen.push_back(step.next.key.run_id + ' ' + run->status_text + ' ' + std::to_string(step.next.polls));
    };
    bench.add(1);
    bench.clock.advance(1min);
    EXPECT_EQ(seen, (std::vector<std::string>{"run-1 running 1", "run-1 passed 2"}));
}

TEST(poller, keeps_to_its_number_of_requests_in_flight) {
    poller_bench bench(passing_at(3), 4);
    bench.source.latency = 700ms;
    for (std::size_t index = 0; index < 40; ++index)
        bench.add(index);
    bench.polling.close();
    bench.clock.advance(10min);
    EXPECT_EQ(bench.source.most_in_flight(), 4U);
    EXPECT_EQ(bench.source.looks().size(), 160U);
    EXPECT_NO_THROW(bench.work.get());
}

TEST(poller, looks_again_at_what_failed) {
    poller_bench bench([](run_key const& key, std::size_t look) -> result<test_run> {
        if (look < 3)
            return failure(failure_kind::transient, "HTTP 503");
        return run_in(key, "passed");
    });
    bench.add(1);
    bench.add(2);
    bench.polling.close();
    bench.clock.advance(1min);
    EXPECT_EQ(bench.source.looks_at(poller_bench::key(1)), 4U);
    EXPECT_EQ(bench.ends(), (std::vector{outcome::passed, outcome::passed}));
}

TEST(poller, takes_one_last_look_at_every_run) {
    poller_bench bench([](run_key const& key, std::size_t look) -> result<test_run> {
        return run_in(key, key.run_id == "run-2" && look == 1 ? "passed" : "running");
    });
    for (std::size_t index = 1; index <= 3; ++index)
        bench.add(index);
    bench.clock.advance(4s);
    EXPECT_EQ(bench.source.looks().size(), 3U);
    bench.polling.look_last();
    bench.clock.settle();
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-2 at 0, run-3 at 0, run-1 at 4, run-2 at 4, run-3 at 4");
    EXPECT_EQ(bench.ends(), std::vector{outcome::passed});
    EXPECT_TRUE(bench.work.done());
    EXPECT_NO_THROW(bench.work.get());
}

TEST(poller, lets_the_looks_under_way_be_the_last) {
    poller_bench bench(passing_at(100));
    bench.source.latency = 2s;
    bench.add(1);
    bench.add(2, 1h);
    bench.clock.advance(1s);
    bench.polling.look_last();
    bench.clock.advance(10s);
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-2 at 1");
    EXPECT_EQ(bench.told.size(), 2U);
    EXPECT_TRUE(bench.work.done());
}

TEST(poller, returns_once_closed_and_without_runs) {
    poller_bench empty(passing_at(0));
    empty.clock.settle();
    EXPECT_FALSE(empty.work.done());
    empty.polling.close();
    empty.clock.settle();
    EXPECT_TRUE(empty.work.done());

    poller_bench finished(passing_at(0));
    finished.add(1);
    finished.clock.advance(1h);
    EXPECT_EQ(finished.ends().size(), 1U);
    EXPECT_FALSE(finished.work.done());
    finished.polling.close();
    finished.clock.settle();
    EXPECT_TRUE(finished.work.done());
}

TEST(poller, may_be_told_from_within_an_observer) {
    poller_bench bench(passing_at(1));
    bench.on_look = [&](step const& step, result<test_run> const&) {
        if (step.next.key == poller_bench::key(1) && step.next.polls == 1)
            bench.add(2, 3s);
        if (step.next.key == poller_bench::key(2))
            bench.polling.look_last();
    };
    bench.add(1);
    bench.clock.advance(4s);
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-2 at 3, run-1 at 3");
    EXPECT_TRUE(bench.work.done());
}

TEST(poller, ends_when_cancelled_at_any_point) {
    struct {
        char const* where;
        duration latency;
        scripted_source::script answer;
    } const rows[] = {
        {"waiting for a run", 0s, passing_at(0)},
        {"waiting for the next look", 0s, passing_at(100)},
        {"in the middle of a look", 1h, passing_at(100)},
        {"in a pause", 0s, always(failure(failure_kind::throttled, "HTTP 429", 1h))},
    };

    for (auto const& row : rows) {
        SCOPED_TRACE(row.where);
        poller_bench bench(row.answer, 3);
        bench.source.latency = row.latency;
        for (std::size_t index = 0; index < 5; ++index)
            bench.add(index);
        bench.clock.advance(5s);
        ASSERT_FALSE(bench.work.done());
        bench.work.cancel();
        bench.clock.settle();
        ASSERT_TRUE(bench.work.done());
        EXPECT_TRUE(ends_cancelled(bench.work));
    }
}

TEST(poller, ends_when_cancelled_before_it_has_begun) {
    poller_bench bench(passing_at(100));
    bench.add(1);
    bench.work.cancel();
    bench.clock.settle();
    EXPECT_TRUE(bench.work.done());
}

TEST(poller, takes_up_another_number_of_requests_and_a_new_policy_while_it_runs) {
    poller_bench bench(passing_at(100), 1);
    bench.source.latency = 2s;
    bench.add(1);
    bench.add(2);
    bench.clock.advance(1s);
    EXPECT_EQ(bench.source.most_in_flight(), 1U);
    bench.polling.set_in_flight(2);
    bench.clock.settle();
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-2 at 1");
    auto policy = poller_bench::fixed_policy();
    policy.schedule.fixed_interval = 1s;
    bench.polling.set_policy(policy);
    bench.clock.advance(3s);
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-2 at 1, run-1 at 3, run-2 at 4");
}

TEST(poller, lets_go_of_runs_and_tells_nobody_of_the_look_under_way) {
    poller_bench bench(passing_at(100));
    bench.source.latency = 1s;
    bench.add(1);
    bench.add(2, 5s);
    bench.add(3);
    bench.clock.advance(500ms);
    bench.polling.remove(poller_bench::key(1));
    bench.polling.remove(poller_bench::key(2));
    EXPECT_EQ(bench.polling.size(), 1U);
    bench.clock.advance(30s);
    EXPECT_EQ(bench.source.looks_at(poller_bench::key(1)), 1U);
    EXPECT_EQ(bench.source.looks_at(poller_bench::key(2)), 0U);
    for (auto const& step : bench.told)
        EXPECT_EQ(step.next.key, poller_bench::key(3));
}

TEST(poller, knows_a_run_that_comes_back_from_the_one_that_was_let_go) {
    poller_bench bench(passing_at(2));
    bench.source.latency = 8s;
    bench.add(1);
    bench.clock.advance(1s);
    bench.polling.remove(poller_bench::key(1));
    bench.source.latency = 30s;
    bench.add(1);
    bench.clock.settle();
    // The first look ends while the second is under way.
    bench.clock.advance(10s);
    EXPECT_EQ(bench.polling.size(), 1U);
    bench.polling.remove(poller_bench::key(1));
    EXPECT_EQ(bench.polling.size(), 0U);
    bench.source.latency = 1s;
    bench.add(1);
    bench.clock.advance(60s);
    EXPECT_EQ(bench.polling.size(), 0U);
    EXPECT_EQ(bench.ends(), (std::vector{outcome::passed}));
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-1 at 1, run-1 at 11");
}

TEST(poller, stops_once_the_looks_under_way_have_ended) {
    poller_bench bench(passing_at(0));
    bench.source.latency = 2s;
    bench.add(1);
    bench.add(2, 5s);
    bench.clock.advance(1s);
    bench.polling.stop();
    bench.clock.settle();
    EXPECT_FALSE(bench.work.done());
    bench.clock.advance(1s);
    EXPECT_TRUE(bench.work.done());
    EXPECT_EQ(bench.ends(), (std::vector{outcome::passed}));
    EXPECT_EQ(bench.looks(), "run-1 at 0");
}

TEST(poller, polls_for_an_hour_without_taking_one) {
    poller_bench bench(passing_at(1'000));
    for (std::size_t index = 0; index < 20; ++index)
        bench.add(index);
    bench.clock.advance(1h);
    EXPECT_EQ(bench.source.looks().size(), 20U * 361U);
}

} // namespace
} // namespace runwatch
