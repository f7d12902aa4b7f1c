#include "runwatch/poll_history.hpp"

#include "support/store_samples.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using support::noon;

step step_of(run_key key, duration next = 5s) {
    step taken;
    taken.next.key = std::move(key);
    taken.next_poll = next;
    return taken;
}

result<test_run> seen(std::string status) {
    test_run run;
    run.status_text = std::move(status);
    return run;
}

result<test_run> failed(failure_kind kind, std::string message = "HTTP 503") {
    return failure{kind, std::move(message)};
}

TEST(poll_history, keeps_what_each_look_at_a_run_brought) {
    poll_history history{noon()};
    history.looked(step_of({"T", "R"}), seen("running"), 0s, noon(1));
    history.looked(step_of({"T", "other"}), seen("running"), 0s, noon(2));
    history.looked(step_of({"t", "r"}), failed(failure_kind::transient), 0s, noon(3));
    auto last = step_of({"T", "R"});
    last.ended = outcome::passed;
    history.looked(last, seen("passed"), 0s, noon(4));
    auto const known = history.of({"T", "R"}, noon());
    EXPECT_EQ(known.since, noon());
    ASSERT_EQ(known.polls.size(), 3);
    EXPECT_EQ(known.polls[0].at, noon(1));
    EXPECT_EQ(known.polls[0].status_text, "running");
    EXPECT_EQ(known.polls[0].next_at, noon(6));
    EXPECT_EQ(known.polls[1].failed, failure_kind::transient);
    EXPECT_EQ(known.polls[1].error, "HTTP 503");
    EXPECT_EQ(known.polls[2].next_at, std::nullopt);
}

TEST(poll_history, forgets_the_oldest_and_says_where_it_begins) {
    poll_history history{noon(), 2};
    for (int index = 1; index != 4; ++index)
        history.looked(step_of({"T", "R" + std::to_string(index)}), seen("running"), 0s, noon(index));
    EXPECT_EQ(history.of({"T", "R1"}, noon()).polls.size(), 0);
    EXPECT_EQ(history.of({"T", "R1"}, noon()).since, noon(1));
    EXPECT_EQ(history.of({"T", "R2"}, noon()).polls.size(), 1);
}

TEST(poll_history, a_refusal_pauses_until_an_answer_that_is_none) {
    poll_history history{noon()};
    EXPECT_FALSE(history.pause_at(noon()));
    history.looked(step_of({"T", "R"}), failed(failure_kind::refused, "HTTP 401"), 0s, noon(1));
    history.looked(step_of({"T", "R"}), failed(failure_kind::transient), 0s, noon(30));
    history.looked(step_of({"T", "R"}), failed(failure_kind::refused, "HTTP 403"), 0s, noon(61));
    auto const now = history.pause_at(noon(62));
    ASSERT_TRUE(now);
    EXPECT_EQ(now->why, pause_kind::refused);
    EXPECT_EQ(now->from, noon(1));
    EXPECT_EQ(now->reason, "HTTP 403");
    history.looked(step_of({"T", "R"}), failed(failure_kind::not_found), 0s, noon(121));
    EXPECT_FALSE(history.pause_at(noon(122)));
    auto const known = history.of({"T", "R"}, noon(100));
    ASSERT_EQ(known.pauses.size(), 1);
    EXPECT_EQ(known.pauses[0].until, noon(121));
    EXPECT_EQ(history.of({"T", "R"}, noon(200)).pauses.size(), 0) << "it was over before the run was seen";
}

TEST(poll_history, pauses_that_the_api_asks_for_end_by_themselves) {
    poll_history history{noon()};
    history.looked(step_of({"T", "R"}), failed(failure_kind::throttled, "HTTP 429"), 10s, noon(1));
    history.looked(step_of({"T", "S"}), failed(failure_kind::throttled, "HTTP 429"), 20s, noon(2));
    EXPECT_EQ(history.pause_at(noon(3))->why, pause_kind::throttled);
    EXPECT_FALSE(history.pause_at(noon(22)));
    history.limit_is_used_up(30s, noon(40));
    EXPECT_EQ(history.pause_at(noon(41))->why, pause_kind::used_up);
    auto const known = history.of({"T", "R"}, noon());
    ASSERT_EQ(known.pauses.size(), 2) << "one that another of its kind follows is the same";
    EXPECT_EQ(known.pauses[0].from, noon(1));
    EXPECT_EQ(known.pauses[0].until, noon(22));
}

TEST(poll_history, requests_that_are_no_looks_pause_and_go_on_too) {
    poll_history history{noon()};
    failure const refusal{failure_kind::refused, "HTTP 401"};
    failure const hiccup{failure_kind::transient, "HTTP 503"};
    history.asked(refusal, 0s, noon(1));
    history.asked(hiccup, 0s, noon(2));
    auto const now = history.pause_at(noon(3));
    ASSERT_TRUE(now);
    EXPECT_EQ(now->why, pause_kind::refused);
    EXPECT_EQ(now->from, noon(1));
    history.asked(std::nullopt, 0s, noon(61));
    EXPECT_FALSE(history.pause_at(noon(62)));
    failure const throttling{failure_kind::throttled, "HTTP 429"};
    history.asked(throttling, 10s, noon(70));
    EXPECT_EQ(history.pause_at(noon(71))->why, pause_kind::throttled);
    EXPECT_EQ(history.of({"T", "R"}, noon()).pauses.size(), 2);
    EXPECT_TRUE(history.of({"T", "R"}, noon()).polls.empty());
}

TEST(poll_history, keeps_little_of_a_long_error) {
    poll_history history{noon()};
    history.looked(step_of({"T", "R"}), failed(failure_kind::transient, std::string(5'000, 'x') + "\x1b"), 0s, noon());
    EXPECT_LE(history.of({"T", "R"}, noon()).polls[0].error.size(), 210);
}

} // namespace
} // namespace runwatch
