#include "runwatch/poller.hpp"

#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_source.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

/// A poller at work on a clock that the test moves. When it goes it proves that nothing is left on the loop.
class bench {
public:
    explicit bench(scripted_source::script answer, std::size_t workers = 8)
        : bench(std::move(answer), poller::limits{workers, 0}, policy()) {}

    bench(scripted_source::script answer, poller::limits requests, watch_policy const& policy)
        : source(clock, std::move(answer)),
          polling(clock, source, policy, requests, [this](step const& step, result<test_run> const& seen) {
              told.push_back(step);
              if (on_look)
                  on_look(step, seen);
          }) {}

    ~bench() {
        if (!work.done()) {
            work.cancel();
            clock.settle();
        }
        EXPECT_TRUE(work.done());
        EXPECT_TRUE(runs_empty(io));
    }

    bench(bench const&) = delete;
    bench& operator=(bench const&) = delete;

    static watch_policy policy() {
        watch_policy policy;
        policy.schedule.fixed_interval = 10s;
        policy.backoff = {1s, 60s};
        return policy;
    }

    static run_key key(std::size_t index) { return {"test", "run-" + std::to_string(index)}; }

    void add(std::size_t index, duration delay = 0s) {
        polling.add(watched_run{key(index), clock.now(), clock.utc()}, delay);
    }

    /// The looks begun so far as `run at second`.
    std::string looks() const {
        std::string text;
        for (auto const& look : source.looks()) {
            auto const at = std::chrono::duration_cast<duration>(look.at - start);
            text += (text.empty() ? "" : ", ") + look.key.run_id + " at " + std::to_string(at.count() / 1000);
            if (at.count() % 1000 != 0)
                text += '.' + std::to_string(at.count() % 1000);
        }
        return text;
    }

    std::vector<outcome> ends() const {
        std::vector<outcome> all;
        for (auto const& step : told)
            if (step.ended)
                all.push_back(*step.ended);
        return all;
    }

    boost::asio::io_context io;
    manual_clock clock{io};
    instant start = clock.now();
    scripted_source source;
    std::vector<step> told;
    poller::observer on_look;
    poller polling;
    task<void> work{io, polling.run()};
};

/// Runs for so many looks, then passes.
scripted_source::script passing_at(std::size_t last) {
    return [last](run_key const& key, std::size_t look) -> result<test_run> {
        return run_in(key, look < last ? "running" : "passed");
    };
}

scripted_source::script always(failure const& failed) {
    return [failed](run_key const&, std::size_t) -> result<test_run> { return failed; };
}

TEST(poller, looks_at_each_run_until_its_end_and_never_again) {
    bench bench(passing_at(2));
    bench.add(1);
    bench.add(2, 3s);
    bench.polling.close();
    bench.clock.advance(1h);
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-2 at 3, run-1 at 10, run-2 at 13, run-1 at 20, run-2 at 23");
    EXPECT_EQ(bench.ends(), (std::vector{outcome::passed, outcome::passed}));
    EXPECT_NO_THROW(bench.work.get());
}

TEST(poller, takes_what_is_due_first_whenever_it_was_added) {
    bench bench(passing_at(0), 1);
    bench.add(1, 9s);
    bench.add(2, 5s);
    bench.clock.advance(1s);
    bench.add(3, 1s);
    bench.clock.advance(10s);
    EXPECT_EQ(bench.looks(), "run-3 at 2, run-2 at 5, run-1 at 9");
}

TEST(poller, tells_of_every_look) {
    bench bench(passing_at(1));
    std::vector<std::string> seen;
    bench.on_look = [&](step const& step, result<test_run> const& run) {
        seen.push_back(step.next.key.run_id + ' ' + run->status_text + ' ' + std::to_string(step.next.polls));
    };
    bench.add(1);
    bench.clock.advance(1min);
    EXPECT_EQ(seen, (std::vector<std::string>{"run-1 running 1", "run-1 passed 2"}));
}

TEST(poller, keeps_to_its_number_of_requests_in_flight) {
    bench bench(passing_at(3), 4);
    bench.source.latency = 700ms;
    for (std::size_t index = 0; index < 40; ++index)
        bench.add(index);
    bench.polling.close();
    bench.clock.advance(10min);
    EXPECT_EQ(bench.source.most_in_flight(), 4U);
    EXPECT_EQ(bench.source.looks().size(), 160U);
    EXPECT_NO_THROW(bench.work.get());
}

TEST(poller, spreads_runs_that_began_together) {
    boost::asio::io_context io;
    manual_clock clock(io);
    scripted_source source(clock,
                           [](run_key const& key, std::size_t) -> result<test_run> { return run_in(key, "running"); });
    poller polling(clock, source, watch_policy{}, poller::limits(), [](step const&, result<test_run> const&) {});
    for (std::size_t index = 0; index < 100; ++index)
        polling.add(watched_run{bench::key(index), clock.now(), clock.utc()}, 0s);
    task<void> work(io, polling.run());
    clock.advance(5min);
    auto const warm = source.looks().size();
    clock.advance(1min);
    std::map<instant, int> at_once;
    int most = 0;
    for (auto index = warm; index < source.looks().size(); ++index)
        most = std::max(most, ++at_once[source.looks()[index].at]);
    // A thousand looks within a minute: at random, hardly ever more than a few fall on the same millisecond.
    EXPECT_GT(at_once.size(), 500U);
    EXPECT_LT(most, 6);
    work.cancel();
    EXPECT_TRUE(ends_cancelled(work));
}

TEST(poller, looks_again_at_what_failed) {
    bench bench([](run_key const& key, std::size_t look) -> result<test_run> {
        if (look < 3)
            return failure(failure_kind::transient, "HTTP 503");
        return run_in(key, "passed");
    });
    bench.add(1);
    bench.add(2);
    bench.polling.close();
    bench.clock.advance(1min);
    EXPECT_EQ(bench.source.looks_at(bench::key(1)), 4U);
    EXPECT_EQ(bench.ends(), (std::vector{outcome::passed, outcome::passed}));
}

TEST(poller, pauses_all_runs_for_as_long_as_the_source_asks) {
    bench bench([](run_key const& key, std::size_t look) -> result<test_run> {
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

TEST(poller, never_shortens_a_pause) {
    bench bench([](run_key const& key, std::size_t) -> result<test_run> {
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

TEST(poller, pauses_longer_each_time_the_source_throttles_without_saying_how_long) {
    bench bench(always(failure(failure_kind::throttled, "HTTP 429")), 1);
    bench.add(1);
    bench.add(2);
    bench.clock.advance(16s);
    // Pauses of 1, 2, 4 and 8 seconds; the two take turns as their own backoff allows.
    std::vector<std::int64_t> at;
    for (auto const& look : bench.source.looks())
        at.push_back(std::chrono::duration_cast<std::chrono::seconds>(look.at - bench.start).count());
    EXPECT_EQ(at, (std::vector<std::int64_t>{0, 1, 3, 7, 15}));
}

TEST(poller, counts_answers_to_requests_sent_together_as_one_throttling) {
    bench bench([](run_key const& key, std::size_t look) -> result<test_run> {
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

TEST(poller, forgets_how_often_it_was_throttled_after_a_success) {
    bench bench([](run_key const& key, std::size_t look) -> result<test_run> {
        if (look % 2 == 0)
            return failure(failure_kind::throttled, "HTTP 429");
        return run_in(key, "running");
    });
    bench.add(1);
    bench.clock.advance(33s);
    // Between 0.75 and 1 second after each throttling by its own backoff, but never before the pause of 1 second ends.
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-1 at 1, run-1 at 11, run-1 at 12, run-1 at 22, run-1 at 23, run-1 at 33");
}

TEST(poller, takes_one_last_look_at_every_run) {
    bench bench([](run_key const& key, std::size_t look) -> result<test_run> {
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
    bench bench(passing_at(100));
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

TEST(poller, leaves_the_last_look_out_during_a_pause) {
    bench bench(always(failure(failure_kind::throttled, "HTTP 429", 1min)), 1);
    for (std::size_t index = 1; index <= 3; ++index)
        bench.add(index);
    bench.clock.advance(10s);
    bench.polling.look_last();
    bench.clock.settle();
    EXPECT_EQ(bench.looks(), "run-1 at 0");
    EXPECT_TRUE(bench.work.done());
}

TEST(poller, ends_the_last_looks_when_they_are_throttled) {
    bench bench(
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

TEST(poller, returns_once_closed_and_without_runs) {
    bench empty(passing_at(0));
    empty.clock.settle();
    EXPECT_FALSE(empty.work.done());
    empty.polling.close();
    empty.clock.settle();
    EXPECT_TRUE(empty.work.done());

    bench finished(passing_at(0));
    finished.add(1);
    finished.clock.advance(1h);
    EXPECT_EQ(finished.ends().size(), 1U);
    EXPECT_FALSE(finished.work.done());
    finished.polling.close();
    finished.clock.settle();
    EXPECT_TRUE(finished.work.done());
}

TEST(poller, may_be_told_from_within_an_observer) {
    bench bench(passing_at(1));
    bench.on_look = [&](step const& step, result<test_run> const&) {
        if (step.next.key == bench::key(1) && step.next.polls == 1)
            bench.add(2, 3s);
        if (step.next.key == bench::key(2))
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
        bench bench(row.answer, 3);
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
    bench bench(passing_at(100));
    bench.add(1);
    bench.work.cancel();
    bench.clock.settle();
    EXPECT_TRUE(bench.work.done());
}

/// A policy by which what the API refuses ends no watch.
watch_policy policy_of_a_daemon() {
    auto policy = bench::policy();
    policy.refusals_end = false;
    return policy;
}

TEST(poller, spaces_requests_evenly_within_its_rate) {
    bench bench(passing_at(0), poller::limits{8, 4}, bench::policy());
    for (std::size_t index = 0; index < 5; ++index)
        bench.add(index);
    bench.clock.advance(1s);
    EXPECT_EQ(bench.looks(), "run-0 at 0, run-1 at 0.250, run-2 at 0.500, run-3 at 0.750, run-4 at 1");
}

TEST(poller, takes_up_new_limits_and_a_new_policy_while_it_runs) {
    bench bench(passing_at(100), 1);
    bench.source.latency = 2s;
    bench.add(1);
    bench.add(2);
    bench.clock.advance(1s);
    EXPECT_EQ(bench.source.most_in_flight(), 1U);
    bench.polling.set_limits(poller::limits{2, 0});
    bench.clock.settle();
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-2 at 1");
    auto policy = bench::policy();
    policy.schedule.fixed_interval = 1s;
    bench.polling.set_policy(policy);
    bench.clock.advance(3s);
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-2 at 1, run-1 at 3, run-2 at 4");
}

TEST(poller, lets_go_of_runs_and_tells_nobody_of_the_look_under_way) {
    bench bench(passing_at(100));
    bench.source.latency = 1s;
    bench.add(1);
    bench.add(2, 5s);
    bench.add(3);
    bench.clock.advance(500ms);
    bench.polling.remove({bench::key(1), bench::key(2)});
    EXPECT_EQ(bench.polling.size(), 1U);
    bench.clock.advance(30s);
    EXPECT_EQ(bench.source.looks_at(bench::key(1)), 1U);
    EXPECT_EQ(bench.source.looks_at(bench::key(2)), 0U);
    for (auto const& step : bench.told)
        EXPECT_EQ(step.next.key, bench::key(3));
}

TEST(poller, knows_a_run_that_comes_back_from_the_one_that_was_let_go) {
    bench bench(passing_at(2));
    bench.source.latency = 8s;
    bench.add(1);
    bench.clock.advance(1s);
    bench.polling.remove({bench::key(1)});
    bench.source.latency = 30s;
    bench.add(1);
    bench.clock.settle();
    // The first look ends while the second is under way.
    bench.clock.advance(10s);
    EXPECT_EQ(bench.polling.size(), 1U);
    bench.polling.remove({bench::key(1)});
    EXPECT_EQ(bench.polling.size(), 0U);
    bench.source.latency = 1s;
    bench.add(1);
    bench.clock.advance(60s);
    EXPECT_EQ(bench.polling.size(), 0U);
    EXPECT_EQ(bench.ends(), (std::vector{outcome::passed}));
    EXPECT_EQ(bench.looks(), "run-1 at 0, run-1 at 1, run-1 at 11");
}

TEST(poller, stops_once_the_looks_under_way_have_ended) {
    bench bench(passing_at(0));
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

TEST(poller, probes_a_key_that_is_refused_once_a_minute_for_all_runs) {
    bool valid = false;
    auto const answer = [&valid](run_key const& key, std::size_t) -> result<test_run> {
        if (!valid)
            return failure(failure_kind::refused, "HTTP 401");
        return run_in(key, "passed");
    };
    bench bench(answer, poller::limits{8, 0}, policy_of_a_daemon());
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

TEST(poller, looks_at_once_when_another_key_may_have_come) {
    bool valid = false;
    auto const answer = [&valid](run_key const& key, std::size_t) -> result<test_run> {
        if (!valid)
            return failure(failure_kind::refused, "HTTP 401");
        return run_in(key, "passed");
    };
    bench bench(answer, poller::limits{8, 0}, policy_of_a_daemon());
    bench.add(1);
    bench.clock.advance(10s);
    valid = true;
    bench.polling.forget_refusal();
    bench.clock.settle();
    EXPECT_EQ(bench.ends(), (std::vector{outcome::passed}));
}

TEST(poller, learns_nothing_of_the_key_from_an_api_that_it_does_not_reach) {
    auto const answer = [](run_key const&, std::size_t look) -> result<test_run> {
        return failure(look == 0 ? failure_kind::refused : failure_kind::transient, "no");
    };
    bench bench(answer, poller::limits{8, 0}, policy_of_a_daemon());
    bench.add(1);
    bench.clock.advance(10min);
    EXPECT_EQ(bench.source.looks().size(), 11U);
}

TEST(poller, polls_for_an_hour_without_taking_one) {
    bench bench(passing_at(1'000));
    for (std::size_t index = 0; index < 20; ++index)
        bench.add(index);
    bench.clock.advance(1h);
    EXPECT_EQ(bench.source.looks().size(), 20U * 361U);
}

} // namespace
} // namespace runwatch
