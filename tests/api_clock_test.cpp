#include "runwatch/api_clock.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

auto const noon = *parse_timestamp("2026-11-23T12:00:00Z");
instant const start{1h};

/// Our clock shows noon at the start.
timestamp our_time(instant now) { return noon + std::chrono::duration_cast<duration>(now - start); }

/// The API's clock, ahead of ours by `skew`, as answers to requests of this test tell of it.
struct answers {
    api_clock clock;
    duration skew{0};

    /// An answer that was written in the middle of an exchange that began at `sent`.
    void at(instant sent, duration exchange = 20ms, duration staleness = 0ms) {
        auto const written = our_time(sent) + exchange / 2 + skew - staleness;
        clock.note(std::chrono::floor<std::chrono::seconds>(written), sent, sent + exchange);
    }

    duration seen(instant now = start + 1h) const { return clock.skew(now, our_time(now)); }
};

TEST(api_clock, knows_nothing_without_a_date) {
    api_clock const clock;
    EXPECT_EQ(clock.skew(start, noon), 0ms);
    EXPECT_FALSE(clock.is_sure());
}

TEST(api_clock, takes_clocks_that_may_agree_as_agreeing) {
    for (auto const skew : {0ms, 5ms, -5ms})
        for (auto phase = 0ms; phase < 1s; phase += 100ms) {
            answers from{{}, skew};
            for (int count = 0; count < 20; ++count) {
                from.at(start + phase + count * 700ms);
                // So small a skew shows in a single date only where a second begins just then.
                EXPECT_LE(std::chrono::abs(from.seen()), 5ms);
            }
        }
}

TEST(api_clock, knows_a_skew_from_one_date_on_and_better_from_more) {
    for (auto const skew : {5s, -5s, 90s, -3600s, 86'400'000s})
        for (auto phase = 0ms; phase < 1s; phase += 100ms) {
            answers from{{}, skew};
            from.at(start + phase);
            EXPECT_LE(std::chrono::abs(from.seen() - skew), 510ms) << skew.count();
            EXPECT_FALSE(from.clock.is_sure());
            for (int count = 1; count < 9; ++count)
                from.at(start + phase + count * 1100ms);
            EXPECT_LE(std::chrono::abs(from.seen() - skew), 110ms) << skew.count() << ' ' << phase.count();
            EXPECT_TRUE(from.clock.is_sure());
        }
}

TEST(api_clock, lets_slow_answers_say_little) {
    answers from{{}, 90s};
    from.at(start, 20ms);
    from.at(start + 3s, 25s);
    from.at(start + 40s, 20s);
    EXPECT_LE(std::chrono::abs(from.seen() - 90s), 510ms);
    answers slow{{}, 5s};
    slow.at(start, 20s);
    EXPECT_EQ(slow.seen(), 0ms) << "the answer may have been written at its end";
}

TEST(api_clock, lets_the_many_outvote_the_few) {
    answers from{{}, 90s};
    for (int count = 0; count < 5; ++count)
        from.at(start + count * 1300ms);
    auto const before = from.seen();
    from.at(start + 10s, 20ms, 1h);
    from.at(start + 11s, 20ms, 30s);
    from.at(start + 12s, 20ms, -1h);
    EXPECT_EQ(from.seen(), before);
    EXPECT_TRUE(from.clock.is_sure());
}

TEST(api_clock, believes_that_a_date_is_late_rather_than_early) {
    answers from;
    from.at(start, 20ms, 10min);
    from.at(start + 5s);
    EXPECT_EQ(from.seen(), 0ms);
    EXPECT_FALSE(from.clock.is_sure());
}

TEST(api_clock, gives_a_copy_one_vote_however_often_it_is_served) {
    answers from;
    auto const date = noon - 5min;
    for (int count = 0; count < 100; ++count)
        from.clock.note(date, start + count * 1s, start + count * 1s + 20ms);
    EXPECT_FALSE(from.clock.is_sure());
    EXPECT_LE(std::chrono::abs(from.seen() + 5min), 510ms) << "when it first came it was five minutes old";
    from.at(start + 200s);
    from.clock.note(date, start + 201s, start + 201s + 20ms);
    EXPECT_EQ(from.seen(), 0ms);
}

TEST(api_clock, learns_from_a_date_that_comes_again_within_its_second) {
    answers from{{}, 90s};
    from.at(start);
    auto const once = from.seen();
    from.at(start + 900ms);
    EXPECT_LE(std::chrono::abs(from.seen() - 90s), 60ms);
    EXPECT_GT(std::chrono::abs(once - 90s), 400ms);
}

TEST(api_clock, follows_our_clock_at_once_when_it_is_set) {
    answers from{{}, 0s};
    for (int count = 0; count < 9; ++count)
        from.at(start + count * 1s);
    auto const now = start + 1min;
    EXPECT_EQ(from.clock.skew(now, our_time(now)), 0ms);
    EXPECT_EQ(std::chrono::round<std::chrono::seconds>(from.clock.skew(now, our_time(now) - 1h)), 1h);
}

TEST(api_clock, follows_the_apis_clock_when_that_is_set) {
    answers from{{}, 3600s};
    for (int count = 0; count < 9; ++count)
        from.at(start + count * 1s);
    from.skew = 0s;
    for (int count = 0; count < 4; ++count) {
        from.at(start + 1min + count * 1s);
        EXPECT_GT(from.seen(), 59min);
    }
    from.at(start + 2min);
    EXPECT_EQ(from.seen(), 0ms);
}

TEST(api_clock, is_worth_a_warning_past_a_minute) {
    for (auto const small : {0ms, 60'000ms, -60'000ms})
        EXPECT_EQ(skew_warning(small), "");
    EXPECT_EQ(skew_warning(299'700ms), "the API's clock is 5 m ahead of this machine's: check the time here (NTP)");
    EXPECT_EQ(skew_warning(-61'000ms), "the API's clock is 1 m 1 s behind this machine's: check the time here (NTP)");
}

} // namespace
} // namespace runwatch
