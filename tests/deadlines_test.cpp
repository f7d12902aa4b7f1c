#include "net/deadlines.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

deadline::time from_now(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

TEST(deadlines, act_in_order_once_each_has_passed) {
    boost::asio::io_context loop;
    deadlines all{loop.get_executor()};
    std::string acted;
    deadline late{all, [&] { acted += "late "; }};
    deadline early{all, [&] { acted += "early "; }};
    deadline never{all, [&] { acted += "never "; }};
    late.set(from_now(20ms));
    early.set(from_now(5ms));
    never.set(from_now(1h));
    while (!late.has_passed())
        loop.run_one();
    EXPECT_EQ(acted, "early late ");
    EXPECT_TRUE(early.has_passed());
    EXPECT_FALSE(never.has_passed());
    never.lift();
    loop.run();
}

TEST(deadlines, leave_nothing_in_the_loop_once_all_are_lifted) {
    boost::asio::io_context loop;
    deadlines all{loop.get_executor()};
    deadline one{all, [] { FAIL(); }};
    {
        deadline other{all, [] { FAIL(); }};
        one.set(from_now(1h));
        other.set(from_now(2h));
        one.lift();
    }
    // Returns at once, or the test would take two hours.
    loop.run();
    EXPECT_FALSE(one.has_passed());
}

TEST(deadlines, ring_for_one_that_was_set_later_than_the_one_before) {
    boost::asio::io_context loop;
    deadlines all{loop.get_executor()};
    int acted = 0;
    deadline one{all, [&] { ++acted; }};
    deadline other{all, [] {}};
    other.set(from_now(1h));
    one.set(from_now(1ms));
    one.set(from_now(10ms));
    while (!one.has_passed())
        loop.run_one();
    EXPECT_EQ(acted, 1);
    // What passed is in force again once it is set.
    one.set(from_now(1ms));
    EXPECT_FALSE(one.has_passed());
    while (!one.has_passed())
        loop.run_one();
    EXPECT_EQ(acted, 2);
    other.lift();
    loop.run();
}

TEST(deadlines, may_go_before_their_timer_has_noticed) {
    boost::asio::io_context loop;
    std::optional<deadlines> all{loop.get_executor()};
    {
        deadline one{*all, [] { FAIL(); }};
        one.set(from_now(0ms));
    }
    all.reset();
    loop.run();
}

} // namespace
} // namespace runwatch
