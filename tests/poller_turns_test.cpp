#include "support/poller_bench.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

using reading = task<result<run_page>>;

run_list const other{"other"};

/// A run as a list shows it.
listed_run shown(run_key const& key, std::string const& status, bool whole = true) {
    return {run_in(key, status), whole};
}

watched_run fresh(poller_bench const& bench, std::size_t index) {
    return {poller_bench::key(index), bench.clock.now(), bench.clock.utc()};
}

TEST(poller_turns, lets_others_read_lists_where_nothing_is_watched) {
    poller_bench bench(passing_at(0));
    bench.source.answer_lists([](run_list const&, std::size_t, std::size_t) { return page_of({}); });
    reading first{bench.io, bench.polling.list(other, 3)};
    bench.clock.settle();
    ASSERT_TRUE(first.done());
    EXPECT_TRUE(first.get());
    ASSERT_EQ(bench.source.readings().size(), 1U);
    EXPECT_EQ(bench.source.readings()[0].what, other);
    EXPECT_EQ(bench.source.readings()[0].page, 3U);
    bench.source.suites = std::vector<std::string>{"nightly"};
    task<result<std::vector<std::string>>> suites{bench.io, bench.polling.list_suites()};
    bench.clock.settle();
    EXPECT_EQ(*suites.get(), std::vector<std::string>{"nightly"});
}

TEST(poller_turns, takes_turns_with_looks_that_are_due) {
    poller_bench bench(passing_at(1'000), 8, poller_bench::fixed_policy(), 1);
    bench.source.answer_lists([](run_list const&, std::size_t, std::size_t) { return page_of({}); });
    // More than the budget allows for, of both.
    for (std::size_t index = 0; index != 30; ++index)
        bench.add(index);
    std::vector<std::unique_ptr<reading>> readings;
    for (auto times = 0; times != 30; ++times)
        readings.push_back(std::make_unique<reading>(bench.io, bench.polling.list(other, 1)));
    bench.clock.advance(19s);
    EXPECT_EQ(bench.source.requests(), 20U);
    EXPECT_EQ(bench.source.readings().size(), 10U);
    EXPECT_EQ(bench.source.looks().size(), 10U);
    for (auto const& each : readings)
        each->cancel();
    bench.clock.settle();
    bench.clock.advance(10s);
    EXPECT_EQ(bench.source.looks().size(), 20U) << "who does not wait any more takes no turn";
}

TEST(poller_turns, counts_the_requests_of_others_among_those_in_flight) {
    poller_bench bench(passing_at(0), 2);
    bench.source.answer_lists([](run_list const&, std::size_t, std::size_t) { return page_of({}); });
    bench.source.latency = 1s;
    std::vector<std::unique_ptr<reading>> readings;
    for (auto times = 0; times != 6; ++times)
        readings.push_back(std::make_unique<reading>(bench.io, bench.polling.list(other, 1)));
    bench.clock.advance(2500ms);
    EXPECT_EQ(bench.source.readings().size(), 6U);
    EXPECT_EQ(bench.source.most_in_flight(), 2U);
    readings[4]->cancel();
    readings.push_back(std::make_unique<reading>(bench.io, bench.polling.list(other, 1)));
    bench.clock.settle();
    EXPECT_EQ(bench.source.readings().size(), 7U) << "its place is free";
    bench.clock.advance(2s);
    for (auto const& each : readings)
        EXPECT_TRUE(each->done());
    EXPECT_TRUE(ends_cancelled(*readings[4]));
}

TEST(poller_turns, shares_the_pauses) {
    poller_bench bench(passing_at(1'000));
    auto answer = failure(failure_kind::throttled, "slow down", 30s);
    bench.source.answer_lists([&](run_list const&, std::size_t, std::size_t) -> result<run_page> { return answer; });
    bench.add(0, 1s);
    reading throttled{bench.io, bench.polling.list(other, 1)};
    bench.clock.advance(29s);
    EXPECT_EQ(throttled.get().error().kind, failure_kind::throttled);
    EXPECT_EQ(bench.looks(), "");
    bench.clock.advance(5s);
    EXPECT_EQ(bench.looks(), "run-0 at 30");
}

TEST(poller_turns, probes_a_refused_key_by_the_requests_of_others_too) {
    auto policy = poller_bench::fixed_policy();
    policy.refusals_end = false;
    poller_bench bench(passing_at(1'000), 8, policy);
    auto answer = result<run_page>{failure(failure_kind::refused, "no")};
    bench.source.answer_lists([&](run_list const&, std::size_t, std::size_t) { return answer; });
    reading refused{bench.io, bench.polling.list(other, 1)};
    bench.clock.settle();
    EXPECT_EQ(refused.get().error().kind, failure_kind::refused);
    answer = page_of({});
    reading second{bench.io, bench.polling.list(other, 1)};
    reading third{bench.io, bench.polling.list(other, 1)};
    bench.add(0, 1s);
    bench.clock.advance(59s);
    EXPECT_FALSE(second.done());
    EXPECT_EQ(bench.looks(), "");
    bench.clock.advance(2s);
    EXPECT_TRUE(second.get()) << "the probe";
    EXPECT_TRUE(third.get());
    EXPECT_EQ(bench.looks(), "run-0 at 60");
}

TEST(poller_turns, takes_a_refusal_for_that_of_a_list_where_the_key_works) {
    auto policy = poller_bench::fixed_policy();
    policy.refusals_end = false;
    poller_bench bench(passing_at(1'000), 8, policy);
    bench.source.answer_lists([](run_list const&, std::size_t, std::size_t) -> result<run_page> {
        return failure(failure_kind::refused, "not yours");
    });
    bench.add(0);
    bench.clock.settle();
    reading refused{bench.io, bench.polling.list(other, 1)};
    bench.clock.advance(10s);
    EXPECT_FALSE(refused.get());
    EXPECT_FALSE(bench.polling.is_refused());
    EXPECT_EQ(bench.looks(), "run-0 at 0, run-0 at 10");
}

TEST(poller_turns, pauses_once_at_most_for_a_list_that_stays_refused_where_looks_are_rare) {
    auto policy = poller_bench::fixed_policy();
    policy.refusals_end = false;
    policy.schedule.fixed_interval = 5min;
    poller_bench bench(passing_at(1'000), 8, policy);
    auto answer = result<run_page>{failure(failure_kind::refused, "not yours")};
    bench.source.answer_lists([&](run_list const&, std::size_t, std::size_t) { return answer; });
    auto const is_refused_after_reading = [&] {
        reading refused{bench.io, bench.polling.list(other, 1)};
        bench.clock.settle();
        return refused.done() && !refused.get() && bench.polling.is_refused();
    };
    EXPECT_TRUE(is_refused_after_reading()) << "the key, as far as is known";
    bench.add(0);
    bench.clock.advance(61s);
    EXPECT_EQ(bench.looks(), "run-0 at 60");
    for (auto times = 0; times != 3; ++times) {
        bench.clock.advance(70s);
        EXPECT_FALSE(is_refused_after_reading()) << "the key has worked since";
    }
    answer = page_of({});
    EXPECT_FALSE(is_refused_after_reading());
    answer = failure(failure_kind::refused, "not yours");
    bench.clock.advance(70s);
    EXPECT_TRUE(is_refused_after_reading()) << "it was not refused any more";
}

TEST(poller_turns, asks_nothing_more_once_stopped) {
    poller_bench bench(passing_at(0), 1, poller_bench::fixed_policy(), 1);
    bench.source.answer_lists([](run_list const&, std::size_t, std::size_t) { return page_of({}); });
    reading first{bench.io, bench.polling.list(other, 1)};
    reading second{bench.io, bench.polling.list(other, 2)};
    bench.clock.settle();
    bench.polling.stop();
    bench.clock.settle();
    EXPECT_TRUE(first.get());
    ASSERT_TRUE(second.done());
    EXPECT_FALSE(second.get());
    EXPECT_TRUE(bench.work.done());
    EXPECT_EQ(bench.source.requests(), 1U);
}

TEST(poller_turns, takes_what_a_list_shows_for_the_first_look) {
    poller_bench bench(passing_at(0));
    bench.polling.add(fresh(bench, 0), shown(poller_bench::key(0), "running"));
    bench.polling.add(fresh(bench, 1), shown(poller_bench::key(1), "failed"));
    bench.clock.settle();
    EXPECT_EQ(bench.looks(), "");
    ASSERT_EQ(bench.told.size(), 2U);
    EXPECT_EQ(bench.told[0].next.status_text, "running");
    EXPECT_EQ(bench.told[1].ended, outcome::failed);
    EXPECT_EQ(bench.polling.size(), 1U);
    bench.clock.advance(10s);
    EXPECT_EQ(bench.looks(), "run-0 at 10");
    EXPECT_EQ(bench.ends(), (std::vector{outcome::failed, outcome::passed}));
}

TEST(poller_turns, fetches_what_a_list_shows_in_part) {
    poller_bench bench(passing_at(0));
    bench.polling.add(fresh(bench, 0), shown(poller_bench::key(0), "passed", false));
    bench.clock.settle();
    EXPECT_EQ(bench.looks(), "run-0 at 0");
    EXPECT_EQ(bench.ends(), std::vector{outcome::passed});
}

TEST(poller_turns, leaves_a_run_that_is_watched_as_it_is) {
    poller_bench bench(passing_at(1));
    bench.add(0);
    bench.clock.settle();
    bench.polling.add(fresh(bench, 0), shown(poller_bench::key(0), "failed"));
    bench.clock.advance(10s);
    EXPECT_EQ(bench.ends(), std::vector{outcome::passed});
}

} // namespace
} // namespace runwatch
