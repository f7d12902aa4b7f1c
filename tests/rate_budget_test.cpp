#include "runwatch/rate_budget.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

instant const start{1h};

duration after_start(instant at) { return std::chrono::round<duration>(at - start); }

/// Takes as many requests as there may be until a time, each answered at once.
std::vector<duration> spend(rate_budget& budget, instant from, instant until) {
    std::vector<duration> at;
    for (auto now = std::max(from, budget.next(from)); now < until; now = std::max(now, budget.next(now))) {
        budget.take(now);
        budget.give_back();
        at.push_back(after_start(now));
        if (at.size() > 100'000)
            break;
    }
    return at;
}

TEST(rate_budget, spaces_requests_evenly) {
    rate_budget budget(4);
    EXPECT_EQ(spend(budget, start, start + 1s), (std::vector<duration>{0ms, 250ms, 500ms, 750ms}));
}

TEST(rate_budget, saves_nothing_up_for_a_burst) {
    rate_budget budget(10);
    spend(budget, start, start + 1s);
    // As after a suspend.
    EXPECT_EQ(spend(budget, start + 1h, start + 1h + 1s).size(), 10U);
}

TEST(rate_budget, limits_nothing_without_a_ceiling) {
    rate_budget budget;
    for (int index = 0; index < 1'000; ++index) {
        EXPECT_LE(budget.next(start), start);
        budget.take(start);
    }
}

TEST(rate_budget, takes_up_another_ceiling_at_once) {
    rate_budget budget(1);
    budget.take(start);
    EXPECT_EQ(after_start(budget.next(start)), 1s);
    budget.set_ceiling(10);
    EXPECT_EQ(after_start(budget.next(start)), 100ms);
}

TEST(rate_budget, spreads_what_is_left_of_a_window_over_the_rest_of_it) {
    rate_budget budget(10);
    budget.take(start);
    budget.note({300, 10, 20s}, start);
    budget.give_back();
    EXPECT_EQ(after_start(budget.next(start)), 2s);
}

TEST(rate_budget, waits_for_the_next_window_when_nothing_is_left) {
    rate_budget budget(10);
    budget.take(start);
    budget.note({300, 0, 20s}, start);
    budget.give_back();
    EXPECT_EQ(after_start(budget.next(start)), 20s);
    // Others under way may not be in the API's count yet.
    rate_budget busy(10);
    for (int index = 0; index < 4; ++index)
        busy.take(start);
    busy.note({300, 3, 20s}, start);
    EXPECT_EQ(after_start(busy.next(start)), 20s);
}

TEST(rate_budget, is_not_raised_above_its_ceiling_by_what_the_api_allows) {
    rate_budget budget(10);
    budget.take(start);
    budget.note({1'000'000, 1'000'000, 1s}, start);
    EXPECT_EQ(after_start(budget.next(start)), 100ms);
}

TEST(rate_budget, keeps_to_the_known_limit_between_windows) {
    rate_budget budget(10);
    budget.take(start);
    budget.note({5, 4, 1s}, start);
    budget.give_back();
    auto const at = spend(budget, start + 10s, start + 20s);
    EXPECT_LE(at.size(), 50U);
    EXPECT_GE(at.size(), 45U);
}

TEST(rate_budget, pauses_for_as_long_as_is_asked_and_never_less) {
    rate_budget budget(10);
    budget.take(start);
    budget.pause(30s, start);
    EXPECT_EQ(after_start(budget.next(start)), 30s);
    budget.pause(5s, start + 1s);
    EXPECT_EQ(after_start(budget.next(start)), 30s);
}

TEST(rate_budget, pauses_longer_each_time_until_a_success) {
    rate_budget budget(0, {1s, 60s});
    budget.pause(std::nullopt, start);
    EXPECT_EQ(after_start(budget.paused_until()), 1s);
    budget.pause(std::nullopt, start + 1s);
    EXPECT_EQ(after_start(budget.paused_until()), 3s);
    // Of those that were sent together.
    budget.pause(std::nullopt, start + 2s);
    EXPECT_EQ(after_start(budget.paused_until()), 4s);
    budget.note_success();
    budget.pause(std::nullopt, start + 10s);
    EXPECT_EQ(after_start(budget.paused_until()), 11s);
}

TEST(rate_budget, forgets_a_window_that_was_told_wrong) {
    rate_budget budget(10);
    budget.take(start);
    budget.note({5, 4, 600s}, start);
    budget.give_back();
    auto now = start;
    for (int answer = 0; answer < 40; ++answer) {
        now = std::max(now, budget.next(now));
        budget.take(now);
        budget.note({5, 4, 1s}, now);
        budget.give_back();
    }
    EXPECT_LE(budget.next(now) - now, 1s);
}

TEST(rate_budget, forgets_what_was_said_of_another_key) {
    rate_budget budget(10);
    budget.take(start);
    budget.note({5, 0, 600s}, start);
    budget.pause(1h, start);
    budget.give_back();
    budget.forget();
    EXPECT_EQ(after_start(budget.next(start)), 100ms);
    EXPECT_LT(budget.paused_until(), start);
    EXPECT_LT(budget.used_up_until(), start);
}

TEST(rate_budget, halves_its_rate_where_the_api_does_not_say_how_much_it_allows_and_regains_it) {
    rate_budget budget(10, {1s, 60s});
    budget.take(start);
    budget.pause(std::nullopt, start);
    EXPECT_EQ(spend(budget, start + 1s, start + 11s).size(), 50U);
    for (int index = 0; index < 400; ++index)
        budget.note_success();
    EXPECT_EQ(spend(budget, start + 20s, start + 30s).size(), 100U);
}

/// An API that counts requests in windows and tells of it.
class windowed_api {
public:
    windowed_api(std::uint64_t limit, duration window) : limit_(limit), window_(window) {}

    /// Whether a request that comes then is answered, and what is said with it.
    std::pair<bool, rate_limit_note> ask(instant at) {
        if (at >= end_) {
            end_ = at + window_;
            used_ = 0;
        }
        auto const allowed = used_ < limit_;
        used_ += allowed ? 1U : 0U;
        auto const left = std::chrono::ceil<std::chrono::seconds>(end_ - at);
        return {allowed, {limit_, limit_ - used_, left}};
    }

private:
    std::uint64_t limit_;
    duration window_;
    instant end_ = instant::min();
    std::uint64_t used_ = 0;
};

TEST(rate_budget, is_never_refused_after_the_first_window_and_wastes_little) {
    struct {
        std::uint64_t limit;
        duration window;
        duration latency;
    } const rows[] = {{5, 1s, 5ms},     {5, 1s, 200ms},  {5, 1s, 900ms}, {300, 60s, 50ms}, {300, 60s, 2s},
                      {100, 10s, 50ms}, {20, 60s, 50ms}, {1, 1s, 50ms},  {7, 3s, 120ms},   {1'000, 3600s, 50ms}};

    for (auto const& row : rows) {
        SCOPED_TRACE(std::to_string(row.limit) + " in " + std::to_string(row.window.count()) + " ms, answered in " +
                     std::to_string(row.latency.count()));
        rate_budget budget(10);
        windowed_api api(row.limit, row.window);
        std::mt19937 random{3};

        struct answer {
            instant at;
            bool allowed;
            rate_limit_note said;
        };

        std::deque<answer> under_way;
        std::size_t refused_late = 0;
        std::size_t served = 0;
        auto const end = start + 20 * row.window + 60s;
        for (auto now = start; now < end;) {
            while (!under_way.empty() && under_way.front().at <= now) {
                auto const next = under_way.front();
                under_way.pop_front();
                budget.note(next.said, now);
                if (next.allowed)
                    budget.note_success();
                else
                    budget.pause(std::nullopt, now);
                budget.give_back();
            }
            auto const due = budget.next(now);
            if (due <= now && under_way.size() < 8) {
                budget.take(now);
                // It reaches the API after about half of the time.
                auto const on_its_way = row.latency / 2 + std::chrono::milliseconds{random() % 10};
                auto const [allowed, said] = api.ask(now + on_its_way);
                under_way.push_back({now + row.latency, allowed, said});
                served += allowed ? 1U : 0U;
                if (!allowed && now > start + row.window + 2s)
                    ++refused_late;
                continue;
            }
            auto next = due > now ? due : instant::max();
            if (!under_way.empty())
                next = std::min(next, under_way.front().at);
            now = next;
        }
        EXPECT_EQ(refused_late, 0U);
        auto const seconds = std::chrono::duration<double>(end - start).count();
        auto const by_window = static_cast<double>(row.limit) / std::chrono::duration<double>(row.window).count();
        EXPECT_GT(static_cast<double>(served), 0.5 * seconds * std::min(10.0, by_window));
    }
}

} // namespace
} // namespace runwatch
