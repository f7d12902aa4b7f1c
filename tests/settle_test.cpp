#include "runwatch/settle.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

result<void> failed(failure_kind kind, std::optional<duration> retry_after = std::nullopt) {
    return failure{kind, "it broke", retry_after};
}

TEST(settle, what_was_taken_is_done) {
    auto const settled = settle(1, {}, webhook_retries(), 0);
    EXPECT_EQ(settled.state, delivery_state::delivered);
    EXPECT_TRUE(settled.error.empty());
    EXPECT_FALSE(settled.sink_fails);
}

TEST(settle, retries_by_the_schedule_of_standard_webhooks_and_then_gives_up) {
    std::vector<duration> const waits{5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h};
    for (unsigned attempts = 1; attempts <= waits.size(); ++attempts) {
        auto const settled = settle(attempts, failed(failure_kind::transient), webhook_retries(), 0);
        EXPECT_EQ(settled.state, delivery_state::pending);
        EXPECT_EQ(settled.wait, waits[attempts - 1]) << attempts;
        EXPECT_TRUE(settled.sink_fails);
    }
    EXPECT_EQ(settle(10, failed(failure_kind::transient), webhook_retries(), 0).state, delivery_state::dead);
}

TEST(settle, never_gives_up_what_is_on_this_machine) {
    auto const settled = settle(100'000, failed(failure_kind::transient), local_retries(), 0);
    EXPECT_EQ(settled.state, delivery_state::pending);
    EXPECT_EQ(settled.wait, 30s);
}

TEST(settle, gives_up_at_once_what_will_never_be_taken) {
    auto const settled = settle(1, failed(failure_kind::permanent), webhook_retries(), 0);
    EXPECT_EQ(settled.state, delivery_state::dead);
    EXPECT_EQ(settled.error, "it broke");
    EXPECT_FALSE(settled.sink_fails) << "it tells of the delivery, not of the sink";
}

TEST(settle, stops_a_sink_that_is_gone_and_still_owes_it) {
    auto const settled = settle(1, failed(failure_kind::gone), webhook_retries(), 0);
    EXPECT_EQ(settled.state, delivery_state::pending);
    EXPECT_TRUE(settled.stop_sink);
}

TEST(settle, waits_as_long_as_the_sink_asks) {
    auto const longer = settle(1, failed(failure_kind::throttled, 1h), webhook_retries(), 0);
    EXPECT_EQ(longer.wait, 1h);
    EXPECT_EQ(longer.pause, 1h);
    auto const shorter = settle(2, failed(failure_kind::throttled, 1s), webhook_retries(), 0);
    EXPECT_EQ(shorter.wait, 5min);
}

TEST(settle, jitter_adds_a_tenth_at_the_most) {
    EXPECT_EQ(retry_wait(1, webhook_retries(), 1), 5'500ms);
    EXPECT_EQ(retry_wait(9, webhook_retries(), 0.5), 24h + 72min);
    EXPECT_EQ(retry_wait(0, webhook_retries(), 0), 5s);
    EXPECT_EQ(retry_wait(99, webhook_retries(), 0), 24h);
}

} // namespace
} // namespace runwatch
