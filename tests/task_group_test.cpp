#include "runwatch/task_group.hpp"

#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace runwatch {
namespace {

namespace asio = boost::asio;

using namespace std::chrono_literals;
using namespace support;

class task_group_test : public testing::Test {
protected:
    ~task_group_test() override { EXPECT_TRUE(runs_empty(io_)); }

    /// Takes so long, and counts itself in and out.
    asio::awaitable<void> take(duration time) {
        ++begun_;
        auto const alarm = clock_.make_alarm();
        co_await alarm->wait_until(clock_.now() + time);
        ++ended_;
    }

    asio::awaitable<void> fail_after(duration time) {
        co_await take(time);
        throw std::runtime_error{"broken"};
    }

    /// Takes a while to end though it was cancelled.
    asio::awaitable<void> end_slowly() {
        co_await asio::this_coro::throw_if_cancelled(false);
        auto const alarm = clock_.make_alarm();
        try {
            co_await alarm->wait_until(instant::max());
        } catch (boost::system::system_error const&) {
            ++cancelled_;
        }
        co_await asio::this_coro::reset_cancellation_state();
        co_await take(5s);
    }

    asio::io_context io_;
    manual_clock clock_{io_};
    task_group group_{io_.get_executor()};
    int begun_ = 0;
    int ended_ = 0;
    int cancelled_ = 0;
};

TEST_F(task_group_test, runs_tasks_that_come_while_others_run) {
    task<void> running(io_, group_.run());
    group_.spawn(take(10s));
    clock_.advance(5s);
    group_.spawn(take(10s));
    clock_.advance(6s);
    EXPECT_EQ(begun_, 2);
    EXPECT_EQ(ended_, 1);
    EXPECT_EQ(group_.size(), 1U);
    clock_.advance(5s);
    EXPECT_EQ(group_.size(), 0U);
    EXPECT_FALSE(running.done());
    group_.close();
    clock_.settle();
    EXPECT_TRUE(running.done());
}

TEST_F(task_group_test, returns_once_closed_and_every_task_has_ended) {
    task<void> running(io_, group_.run());
    group_.spawn(take(10s));
    group_.close();
    clock_.advance(9s);
    EXPECT_FALSE(running.done());
    clock_.advance(1s);
    ASSERT_TRUE(running.done());
    running.get();
}

TEST_F(task_group_test, passes_on_what_a_task_throws_once_the_others_have_ended) {
    task<void> running(io_, group_.run());
    group_.spawn(end_slowly());
    group_.spawn(fail_after(1s));
    clock_.advance(2s);
    EXPECT_EQ(cancelled_, 1);
    EXPECT_FALSE(running.done());
    clock_.advance(5s);
    ASSERT_TRUE(running.done());
    EXPECT_THROW(running.get(), std::runtime_error);
}

TEST_F(task_group_test, cancelled_cancels_its_tasks_and_waits_for_them) {
    task<void> running(io_, group_.run());
    group_.spawn(take(1h));
    group_.spawn(end_slowly());
    clock_.settle();
    running.cancel();
    clock_.advance(1s);
    EXPECT_EQ(cancelled_, 1);
    EXPECT_FALSE(running.done());
    clock_.advance(5s);
    EXPECT_TRUE(ends_cancelled(running));
    EXPECT_EQ(group_.size(), 0U);
}

TEST_F(task_group_test, holds_what_was_thrown_before_it_ran) {
    group_.spawn(fail_after(0s));
    clock_.settle();
    task<void> running(io_, group_.run());
    clock_.settle();
    ASSERT_TRUE(running.done());
    EXPECT_THROW(running.get(), std::runtime_error);
}

} // namespace
} // namespace runwatch
