// Polls many runs through a source that answers after a moment without any network, and prints as JSON how late looks
// began: `bench_lateness RUNS INTERVAL_MS ANSWER_MS SECONDS`.
#include "support.hpp"

#include "runwatch/clock.hpp"
#include "runwatch/poller.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>
#include <vector>

namespace asio = boost::asio;

using namespace runwatch;

namespace {

/// What is known of the looks at one run.
struct record {
    instant due;
    std::size_t looks = 0;
};

/// Says of every run that it is running, and notes how late it was asked.
class null_source : public run_source {
public:
    null_source(asio::any_io_executor executor, runwatch::clock const& clock, duration answers_after)
        : executor_(std::move(executor)), clock_(clock), answers_after_(answers_after) {}

    asio::awaitable<result<test_run>> fetch(run_key key) override {
        auto& run = records[key.run_id];
        ++run.looks;
        lateness.push_back(clock_.now() - run.due);
        if (answers_after_ > duration{0}) {
            asio::steady_timer answer(executor_, answers_after_);
            co_await answer.async_wait(asio::use_awaitable);
        }
        test_run seen;
        seen.key = std::move(key);
        seen.status = run_status::running;
        seen.status_text = "running";
        co_return seen;
    }

    asio::awaitable<result<run_page>> list(run_list, std::size_t) override {
        co_return failure(failure_kind::permanent, "no lists");
    }

    asio::awaitable<result<std::vector<std::string>>> list_suites() override {
        co_return failure(failure_kind::permanent, "no suites");
    }

    asio::awaitable<result<test_description>> describe(std::string) override {
        co_return failure(failure_kind::permanent, "no tests");
    }

    std::unordered_map<std::string, record> records;
    std::vector<std::chrono::nanoseconds> lateness;

private:
    asio::any_io_executor executor_;
    runwatch::clock const& clock_;
    duration answers_after_;
};

double in_ms(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>{time}.count(); }

} // namespace

int main(int count, char** arguments) {
    if (count != 5) {
        std::fprintf(stderr, "usage: %s RUNS INTERVAL_MS ANSWER_MS SECONDS\n", arguments[0]);
        return 64;
    }
    auto const runs = std::strtoul(arguments[1], nullptr, 10);
    duration const interval{std::strtol(arguments[2], nullptr, 10)};
    std::chrono::seconds const length{std::strtol(arguments[4], nullptr, 10)};
    asio::io_context loop{1};
    system_clock clock{loop.get_executor()};
    null_source source{loop.get_executor(), clock, duration{std::strtol(arguments[3], nullptr, 10)}};
    source.lateness.reserve(2 * runs * static_cast<std::size_t>(length / interval + 1));
    watch_policy policy;
    policy.schedule.fixed_interval = interval;
    constexpr std::size_t in_flight = 100;
    rate_budget budget;
    poller::listener tell;
    tell.looked = [&](step const& step, result<test_run> const&) {
        source.records[step.next.key.run_id].due = clock.now() + step.next_poll;
    };
    poller poller{clock, source, budget, policy, in_flight, tell};
    for (std::size_t run = 0; run < runs; ++run) {
        // The first is due once all are there.
        auto const delay = std::chrono::seconds{1} + interval * static_cast<long>(run) / static_cast<long>(runs);
        auto const id = "84cc1d9e-5f21-4ae8-8b9c-" + std::to_string(run);
        source.records[id].due = clock.now() + delay;
        poller.add({{"test-" + std::to_string(run), id}, clock.now(), clock.utc()}, delay);
    }
    asio::steady_timer end{loop, length};
    end.async_wait([&](auto const&) { poller.stop(); });
    auto const began = bench::cpu_time();
    bench::run(loop, poller.run());
    auto const used = std::chrono::duration<double>{bench::cpu_time() - began}.count();

    auto& late = source.lateness;
    std::ranges::sort(late);
    auto const least =
        std::ranges::min_element(source.records, {}, [](auto const& each) { return each.second.looks; })->second.looks;
    std::printf("{\"looks\": %zu, \"least_looks\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, "
                "\"load\": %.3f}\n",
                late.size(), least, in_ms(late[late.size() / 2]), in_ms(late[late.size() * 99 / 100]),
                in_ms(late.back()), used / static_cast<double>(length.count()));
    return 0;
}
