#include "runwatch/delivery.hpp"

#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_sink.hpp"
#include "support/store_samples.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;
using texts = std::vector<std::string>;

result<void> down() { return failure{failure_kind::transient, "HTTP 503"}; }

/// A store in memory, and loops that deliver from it on a clock that stands still.
class delivery_loop : public testing::Test {
protected:
    delivery_loop() {
        std::vector<sink_identity> sinks;
        for (auto const* name : {"ops", "slow", "quick"})
            sinks.push_back({name, "scripted"});
        run(io_, store_.set_sinks(sinks, clock_.utc()));
    }

    ~delivery_loop() override {
        for (auto& loop : loops_)
            loop->running->cancel();
        for (auto& loop : loops_)
            EXPECT_TRUE(loop->running->done() || ends_cancelled(*loop->running));
    }

    struct one_loop {
        one_loop(delivery_loop& test, sink& to, delivery::options options)
            : name(options.sink),
              deliveries(test.clock_, test.store_, to, std::move(options),
                         [this](delivery_event const& event) { events.push_back(event); }) {}

        std::string name;
        std::vector<delivery_event> events;
        delivery deliveries;
        std::unique_ptr<task<void>> running;
    };

    /// A sink that outlives the loops.
    scripted_sink& make_sink() { return sinks_.emplace_back(clock_); }

    one_loop& start(sink& to, std::size_t concurrency = 1, std::string name = "ops",
                    retry_policy retries = webhook_retries()) {
        delivery::options options;
        options.sink = std::move(name);
        options.retries = std::move(retries);
        options.concurrency = concurrency;
        auto& loop = *loops_.emplace_back(std::make_unique<one_loop>(*this, to, options));
        loop.running = std::make_unique<task<void>>(io_, loop.deliveries.run());
        settle();
        return loop;
    }

    void owe(int count, texts const& sinks = {"ops"}) {
        offer(record(count, sinks));
        settle();
    }

    std::vector<owed_delivery> record(int count, texts const& sinks = {"ops"}) {
        std::vector<run_result> results;
        for (int index = 0; index < count; ++index)
            results.push_back(sample_result({"T", "R" + std::to_string(next_run_++)}));
        for (auto& result : results)
            result.detected_at = clock_.utc();
        return run(io_, store_.record(found(results), to_sinks(sinks)));
    }

    void offer(std::vector<owed_delivery> const& recorded) {
        for (auto const& owed : recorded)
            for (auto& loop : loops_)
                if (loop->name == owed.sink)
                    loop->deliveries.offer(owed);
    }

    /// Lets everything happen that needs no time: the store has a thread of its own, so an idle loop proves nothing.
    /// What it is asked it does in order; a loop asks at most a few things in a row before it waits for the clock.
    void settle() {
        for (int round = 0; round < 8; ++round) {
            run(io_, store_.stopped_sinks());
            clock_.settle();
        }
    }

    void advance(duration by) {
        auto const end = clock_.now() + by;
        while (clock_.next_due() <= end) {
            clock_.advance(std::chrono::ceil<duration>(std::max(clock_.next_due() - clock_.now(), 0ns)));
            settle();
        }
        clock_.advance(std::chrono::duration_cast<duration>(end - clock_.now()));
    }

    std::size_t count(delivery_state state) {
        delivery_filter filter;
        filter.states = {state};
        return run(io_, store_.deliveries(filter)).size();
    }

    boost::asio::io_context io_;
    manual_clock clock_{io_};
    store store_{io_.get_executor(), store::options{":memory:"}};
    std::list<scripted_sink> sinks_;
    std::vector<std::unique_ptr<one_loop>> loops_;
    int next_run_ = 1;
};

TEST_F(delivery_loop, delivers_what_is_owed_in_the_order_of_detection) {
    auto& sink = make_sink();
    auto& loop = start(sink);
    owe(3);
    settle();
    settle();
    EXPECT_EQ(sink.taken, (texts{"R1", "R2", "R3"}));
    EXPECT_EQ(count(delivery_state::delivered), 3U);
    EXPECT_EQ(loop.events.size(), 3U);
    EXPECT_EQ(loop.events.front().what, delivery_event::kind::delivered);
    advance(48h);
    EXPECT_EQ(sink.attempts.size(), 3U) << "what was taken is never sent again";
}

TEST_F(delivery_loop, sends_what_is_offered_without_asking_the_store) {
    auto& sink = make_sink();
    start(sink, 2);
    auto const recorded = record(2);
    held_call held;
    task busy{io_, store_.record(found({sample_result({"T", "other"})}), held.router({}))};
    offer(recorded);
    clock_.settle();
    EXPECT_EQ(sink.taken, texts{"R1"});
    held.let_go();
    busy.get();
    settle();
    settle();
    EXPECT_EQ(sink.taken, (texts{"R1", "R2"}));
    advance(48h);
    EXPECT_EQ(sink.attempts.size(), 2U);
    EXPECT_EQ(count(delivery_state::delivered), 2U);
}

TEST_F(delivery_loop, what_is_offered_does_not_overtake_what_was_recorded_before) {
    auto& sink = make_sink();
    auto& loop = start(sink);
    record(1);
    loop.deliveries.wake();
    offer(record(1));
    owe(1);
    settle();
    settle();
    EXPECT_EQ(sink.taken, (texts{"R1", "R2", "R3"}));
}

TEST_F(delivery_loop, what_is_offered_waits_while_the_sink_asks_for_a_pause) {
    auto& sink = make_sink();
    sink.answer = [](std::string const&) -> result<void> {
        return failure{failure_kind::throttled, "HTTP 429", duration{10min}};
    };
    start(sink, 2);
    owe(1);
    sink.answer = [](std::string const&) { return result<void>(); };
    advance(1min);
    owe(1);
    owe(1);
    // It is dropped before it can be sent.
    delivery_filter last;
    last.ids = {3};
    EXPECT_EQ(run(io_, store_.drop(last)), 1U);
    advance(8min);
    EXPECT_EQ(sink.attempts.size(), 1U);
    advance(20min);
    EXPECT_EQ(std::set<std::string>(sink.taken.begin(), sink.taken.end()), (std::set<std::string>{"R1", "R2"}));
    EXPECT_EQ(sink.attempts.size(), 3U);
}

TEST_F(delivery_loop, sends_each_of_many_offers_once) {
    auto& sink = make_sink();
    sink.takes = 10ms;
    start(sink, 3);
    for (int round = 0; round < 20; ++round) {
        offer(record(2));
        offer(record(1));
        advance(round % 4 * 3ms);
    }
    advance(1h);
    EXPECT_EQ(sink.attempts.size(), 60U);
    EXPECT_EQ(count(delivery_state::delivered), 60U);
    EXPECT_EQ(sink.most_under_way, 3U);
}

TEST_F(delivery_loop, does_not_send_what_the_sink_has_already) {
    auto& sink = make_sink();
    owe(2);
    sink.known = {result_id({"T", "R1"}, outcome::passed)};
    start(sink);
    settle();
    EXPECT_EQ(sink.taken, texts{"R2"});
    EXPECT_EQ(count(delivery_state::delivered), 2U);
}

TEST_F(delivery_loop, probes_a_dead_sink_by_the_schedule_to_the_letter) {
    auto& sink = make_sink();
    sink.answer = [](std::string const&) { return down(); };
    start(sink);
    owe(1);
    auto const began = clock_.utc();
    advance(72h);
    std::vector<duration> at;
    for (auto const& attempt : sink.attempts)
        at.push_back(attempt.at - began);
    std::vector<duration> const schedule{0s, 5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h};
    std::vector<duration> expected;
    duration sum{0};
    for (auto const wait : schedule)
        expected.push_back(sum += wait);
    EXPECT_EQ(at, expected);

    sink.answer = [](std::string const&) { return result<void>(); };
    advance(24h);
    EXPECT_EQ(sink.taken, texts{"R1"});
}

TEST_F(delivery_loop, gives_up_after_the_last_retry_and_keeps_what_it_gave_up) {
    auto& sink = make_sink();
    sink.answer = [](std::string const&) { return down(); };
    auto& loop = start(sink);
    owe(1);
    advance(24h * 14);
    EXPECT_EQ(sink.attempts.size(), 10U);
    EXPECT_EQ(count(delivery_state::dead), 1U);
    EXPECT_EQ(loop.events.back().what, delivery_event::kind::given_up);
}

TEST_F(delivery_loop, sends_one_probe_at_a_time_and_drains_when_the_sink_returns) {
    auto& sink = make_sink();
    sink.takes = 100ms;
    sink.answer = [](std::string const&) { return down(); };
    start(sink, 4);
    owe(1'000);
    advance(1h);
    auto const probes = sink.attempts.size();
    EXPECT_EQ(probes, 7U) << "four at first, then 5 s, 5 min and 30 min later";
    sink.most_under_way = 0;
    advance(2h);
    EXPECT_LE(sink.most_under_way, 1U);
    sink.answer = [](std::string const&) { return result<void>(); };
    advance(5h);
    run_until(io_, [&] { return sink.under_way == 0; });
    EXPECT_EQ(sink.taken.size(), 1'000U);
    EXPECT_EQ(sink.most_under_way, 4U);
    EXPECT_EQ(count(delivery_state::delivered), 1'000U);
}

TEST_F(delivery_loop, one_bad_delivery_does_not_hold_up_the_others) {
    auto& sink = make_sink();
    sink.answer = [](std::string const& run) { return run == "R1" ? down() : result<void>(); };
    start(sink);
    owe(5);
    advance(1min);
    EXPECT_EQ(sink.taken, (texts{"R2", "R3", "R4", "R5"}));
    auto const tries = std::count_if(sink.attempts.begin(), sink.attempts.end(),
                                     [](auto const& attempt) { return attempt.run_id == "R1"; });
    EXPECT_LE(tries, 2) << "it keeps to its own schedule";
}

TEST_F(delivery_loop, two_bad_deliveries_hold_up_the_others_for_one_probe_alone) {
    auto& sink = make_sink();
    sink.answer = [](std::string const& run) { return run == "R1" || run == "R2" ? down() : result<void>(); };
    start(sink);
    owe(2);
    advance(20s);
    owe(1);
    EXPECT_TRUE(sink.taken.empty()) << "two failures in a row: the sink seems to be down";
    advance(5min);
    EXPECT_EQ(sink.taken, texts{"R3"});
    owe(2);
    EXPECT_EQ(sink.taken, (texts{"R3", "R4", "R5"}));
    auto const before = sink.attempts.size();
    for (int round = 0; round < 20; ++round) {
        owe(1);
        advance(1min);
    }
    EXPECT_EQ(sink.taken.size(), 23U);
    EXPECT_LE(sink.attempts.size() - before, 20U + 6U) << "the bad ones keep to their own schedule";
}

TEST_F(delivery_loop, a_pause_outlasts_what_a_sibling_achieves) {
    auto& sink = make_sink();
    sink.takes = 1s;
    sink.answer = [](std::string const& run) -> result<void> {
        if (run == "R1")
            return failure{failure_kind::throttled, "HTTP 429", duration{10min}};
        return {};
    };
    start(sink, 2);
    owe(6);
    advance(9min);
    EXPECT_EQ(sink.attempts.size(), 2U);
    EXPECT_EQ(sink.taken, texts{"R2"});
}

TEST_F(delivery_loop, of_an_outage_before_the_start_the_first_success_makes_everything_due) {
    auto& sink = make_sink();
    owe(3);
    run(io_, store_.hurry("ops", clock_.utc()));
    auto const rows = run(io_, store_.due("ops", clock_.utc(), 10, {}));
    std::vector<settled_delivery> failed;
    for (auto const& row : rows) {
        settled_delivery one;
        one.id = row.id;
        one.at = clock_.utc();
        one.due = clock_.utc() + 20h;
        one.error = "HTTP 503";
        failed.push_back(one);
    }
    run(io_, store_.settle(failed));
    start(sink);
    advance(1min);
    EXPECT_TRUE(sink.taken.empty());
    owe(1);
    settle();
    EXPECT_EQ(sink.taken.size(), 4U);
}

TEST_F(delivery_loop, can_be_told_to_probe_a_sink_that_was_mended) {
    auto& sink = make_sink();
    sink.answer = [](std::string const&) { return down(); };
    auto& loop = start(sink);
    owe(2);
    advance(10h);
    sink.answer = [](std::string const&) { return result<void>(); };
    run(io_, store_.hurry("ops", clock_.utc()));
    loop.deliveries.probe();
    settle();
    settle();
    EXPECT_EQ(sink.taken.size(), 2U);
}

TEST_F(delivery_loop, gives_up_a_permanent_refusal_and_goes_on) {
    auto& sink = make_sink();
    sink.answer = [](std::string const& run) -> result<void> {
        if (run == "R1")
            return failure{failure_kind::permanent, "HTTP 400"};
        return {};
    };
    start(sink);
    owe(2);
    settle();
    EXPECT_EQ(sink.taken, texts{"R2"});
    EXPECT_EQ(count(delivery_state::dead), 1U);
}

TEST_F(delivery_loop, a_pause_holds_for_everything) {
    auto& sink = make_sink();
    sink.answer = [](std::string const&) -> result<void> {
        return failure{failure_kind::throttled, "HTTP 429", duration{10min}};
    };
    start(sink);
    owe(3);
    advance(9min);
    EXPECT_EQ(sink.attempts.size(), 1U);
    sink.answer = [](std::string const&) { return result<void>(); };
    advance(20min);
    EXPECT_EQ(sink.taken.size(), 3U);
}

TEST_F(delivery_loop, a_stopped_sink_is_left_alone_until_somebody_says_so) {
    auto& sink = make_sink();
    sink.answer = [](std::string const&) -> result<void> { return failure{failure_kind::gone, "HTTP 410"}; };
    auto& loop = start(sink);
    owe(2);
    advance(24h * 30);
    EXPECT_EQ(sink.attempts.size(), 1U);
    EXPECT_EQ(run(io_, store_.stopped_sinks()).count("ops"), 1U);
    EXPECT_EQ(loop.events.back().what, delivery_event::kind::stopped);
    EXPECT_EQ(count(delivery_state::pending), 2U);

    sink.answer = [](std::string const&) { return result<void>(); };
    run(io_, store_.enable_sink("ops", clock_.utc()));
    loop.deliveries.resume();
    settle();
    settle();
    EXPECT_EQ(sink.taken.size(), 2U);
}

TEST_F(delivery_loop, a_slow_sink_delays_no_other) {
    auto& slow = make_sink();
    auto& quick = make_sink();
    slow.takes = 20s;
    start(slow, 1, "slow");
    start(quick, 1, "quick");
    owe(3, {"slow", "quick"});
    settle();
    settle();
    EXPECT_EQ(quick.taken.size(), 3U);
    EXPECT_TRUE(slow.taken.empty());
    advance(61s);
    EXPECT_EQ(slow.taken.size(), 3U);
}

TEST_F(delivery_loop, closed_ends_when_what_is_under_way_is_settled) {
    auto& sink = make_sink();
    sink.takes = 10s;
    auto& loop = start(sink, 2);
    owe(3);
    settle();
    EXPECT_EQ(sink.under_way, 2U);
    loop.deliveries.close();
    settle();
    EXPECT_FALSE(loop.running->done());
    advance(10s);
    settle();
    ASSERT_TRUE(loop.running->done());
    loop.running->get();
    EXPECT_EQ(sink.taken.size(), 2U);
    EXPECT_EQ(count(delivery_state::delivered), 2U);
    EXPECT_EQ(count(delivery_state::pending), 1U);
}

TEST_F(delivery_loop, closed_does_not_wait_for_a_sink_that_fails) {
    auto& sink = make_sink();
    sink.answer = [](std::string const&) { return down(); };
    auto& loop = start(sink);
    owe(2);
    loop.deliveries.close();
    settle();
    EXPECT_TRUE(loop.running->done());
    EXPECT_EQ(count(delivery_state::pending), 2U);
}

TEST_F(delivery_loop, a_clock_that_was_set_back_delays_nothing_for_long) {
    auto& sink = make_sink();
    owe(1);
    // Written down by a clock that was a year ahead.
    run(io_, store_.hurry("ops", clock_.utc() + 24h * 365));
    start(sink);
    settle();
    settle();
    EXPECT_EQ(sink.taken, texts{"R1"});
}

} // namespace
} // namespace runwatch
