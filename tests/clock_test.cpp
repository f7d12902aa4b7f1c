#include "runwatch/clock.hpp"

#include "support/run_coroutine.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

TEST(system_clock, tells_the_time) {
    boost::asio::io_context io;
    system_clock const clock(io.get_executor());
    auto const before = clock.now();
    EXPECT_LE(before, clock.now());
    EXPECT_GT(before.time_since_epoch(), 0s);
    auto const skew = clock.utc() - std::chrono::system_clock::now();
    EXPECT_LT(std::chrono::abs(skew), 1s);
}

TEST(system_clock, alarm_goes_off_when_due) {
    boost::asio::io_context io;
    system_clock clock(io.get_executor());
    auto const alarm = clock.make_alarm();
    auto const due = clock.now() + 50ms;
    run(io, alarm->wait_until(due));
    EXPECT_GE(clock.now(), due);
    EXPECT_LT(clock.now(), due + 1s);
    EXPECT_TRUE(runs_empty(io));
}

TEST(system_clock, alarm_goes_off_at_once_when_overdue) {
    boost::asio::io_context io;
    system_clock clock(io.get_executor());
    auto const alarm = clock.make_alarm();
    for (auto const due : {clock.now(), clock.now() - 1h, instant{}, instant::min()}) {
        auto const start = clock.now();
        run(io, alarm->wait_until(due));
        EXPECT_LT(clock.now() - start, 1s);
    }
}

TEST(system_clock, alarm_ends_its_wait_when_rung) {
    boost::asio::io_context io;
    system_clock clock(io.get_executor());
    auto const alarm = clock.make_alarm();
    for (auto const due : {clock.now() + 1h, instant::max()}) {
        task waiting(io, alarm->wait_until(due));
        run_ready(io);
        ASSERT_FALSE(waiting.done());
        alarm->ring();
        EXPECT_NO_THROW(waiting.get());
    }
    EXPECT_TRUE(runs_empty(io));
}

TEST(system_clock, alarm_forgets_a_ring_that_nobody_waits_for) {
    boost::asio::io_context io;
    system_clock clock(io.get_executor());
    auto const alarm = clock.make_alarm();
    alarm->ring();
    task waiting(io, alarm->wait_until(clock.now() + 1h));
    run_ready(io);
    EXPECT_FALSE(waiting.done());
    waiting.cancel();
    EXPECT_TRUE(ends_cancelled(waiting));
}

TEST(system_clock, alarm_throws_when_cancelled) {
    boost::asio::io_context io;
    system_clock clock(io.get_executor());
    auto const alarm = clock.make_alarm();
    for (auto const due : {clock.now() + 1h, instant::max()}) {
        task waiting(io, alarm->wait_until(due));
        run_ready(io);
        waiting.cancel();
        EXPECT_TRUE(ends_cancelled(waiting));
    }
    EXPECT_TRUE(runs_empty(io));
}

TEST(system_clock, alarm_that_is_cancelled_and_rung_at_once_throws) {
    boost::asio::io_context io;
    system_clock clock(io.get_executor());
    auto const alarm = clock.make_alarm();
    task waiting(io, alarm->wait_until(instant::max()));
    run_ready(io);
    waiting.cancel();
    alarm->ring();
    EXPECT_TRUE(ends_cancelled(waiting));
}

TEST(system_clock, alarm_can_be_used_again_and_again) {
    boost::asio::io_context io;
    system_clock clock(io.get_executor());
    auto const alarm = clock.make_alarm();
    for (int count = 0; count < 1'000; ++count) {
        task waiting(io, alarm->wait_until(instant::max()));
        run_ready(io);
        alarm->ring();
        waiting.get();
    }
    run(io, alarm->wait_until(clock.now() + 1ms));
}

} // namespace
} // namespace runwatch
