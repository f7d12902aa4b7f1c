#include "support/poller_bench.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

constexpr std::size_t many = 100'000;

run_key key_of(std::size_t index, std::size_t tests) {
    return {"182bd5e5-6e1a-4fe4-a799-" + std::to_string(index % tests),
            "84cc1d9e-5f21-4ae8-8b9c-" + std::to_string(index)};
}

/// Adds the runs as the daemon does: so many at a time that the loop stays free.
boost::asio::awaitable<void> add_all(poller_bench& bench, std::size_t tests, boost::asio::io_context& io) {
    constexpr std::size_t at_once = 100;
    for (std::size_t index = 0; index < many; ++index) {
        bench.add(key_of(index, tests), std::chrono::milliseconds{index % 6'000});
        if (index % at_once == 0)
            co_await boost::asio::post(io, boost::asio::use_awaitable);
    }
}

/// No more than this, or what else the loop has to do waits. What is not optimised is slower by an order, and with
/// sanitizers by more.
#if defined(__SANITIZE_ADDRESS__)
constexpr auto longest_handler = 300ms;
#elif !defined(__OPTIMIZE__)
constexpr auto longest_handler = 120ms;
#else
constexpr auto longest_handler = 20ms;
#endif

TEST(poller_scale, holds_up_the_loop_with_nothing_at_a_hundred_thousand_runs) {
    for (std::size_t const tests : {std::size_t{1}, std::size_t{500}, many}) {
        SCOPED_TRACE(tests);
        handler_watch const watch;
        auto const answer = [](run_key const& key, std::size_t look) -> result<test_run> {
            return run_in(key, look < 1 ? "running" : "passed");
        };
        poller_bench bench(answer, 8, watch_policy{}, 1'000);
        bench.source.latency = 5ms;
        // To grow it would take long itself.
        bench.told.reserve(3 * many);
        std::size_t pages = 0;
        bench.source.answer_lists([&](run_list const& what, std::size_t page, std::size_t) -> result<run_page> {
            ++pages;
            run_page shown;
            shown.total_results = many / tests;
            shown.total_pages = (shown.total_results + runs_per_page - 1) / runs_per_page;
            auto const end = std::min(page * runs_per_page, shown.total_results);
            auto const test = std::stoul(what.test_id.substr(24));
            for (auto place = (page - 1) * runs_per_page; place < end; ++place) {
                auto run = run_in(key_of(place * tests + test, tests), pages % 3 == 0 ? "passed" : "running");
                shown.runs.emplace_back(std::move(run), true);
            }
            return shown;
        });
        task<void> adding(bench.io, add_all(bench, tests, bench.io));
        bench.clock.settle();
        EXPECT_EQ(bench.polling.size(), many);
        bench.clock.advance(10s);
        EXPECT_GT(bench.source.requests(), 100U);
        EXPECT_LT(bench.polling.size(), many);
        boost::asio::post(bench.io, [&] { bench.polling.stop(); });
        bench.clock.advance(1s);
        EXPECT_TRUE(bench.work.done());
        EXPECT_LT(watch.longest(), longest_handler);
        RecordProperty("longest_us_" + std::to_string(tests), static_cast<int>(watch.longest() / 1us));
    }
}

} // namespace
} // namespace runwatch
