// What it takes to record a result and to take what its sink is owed, one after the other: `bench_record FILE COUNT`.
// Prints the median of both in milliseconds as JSON.
#include "support.hpp"

#include "runwatch/store.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace asio = boost::asio;

using namespace runwatch;

namespace {

using steady = std::chrono::steady_clock;

run_result sample_result(std::size_t number, timestamp now) {
    run_result ended;
    ended.ended = outcome::passed;
    ended.key = {"182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e", "run-" + std::to_string(number)};
    ended.run.emplace();
    ended.run->key = ended.key;
    ended.run->status = run_status::passed;
    ended.run->status_text = "passed";
    ended.run->raw = R"({"run_id": "run", "status": "passed", "logs": ")" + std::string(1400, 'x') + R"("})";
    ended.first_seen_at = now;
    ended.detected_at = now;
    return ended;
}

double median_ms(std::vector<steady::duration> times) {
    std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
    return std::chrono::duration<double, std::milli>{times[times.size() / 2]}.count();
}

asio::awaitable<void> record(store& state, std::size_t count) {
    auto const now = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
    std::vector<sink_identity> sinks;
    sinks.push_back({"hook", "webhook"});
    co_await state.set_sinks(std::move(sinks), now);
    std::vector<watch_record> watches(count);
    for (std::size_t run = 0; run < count; ++run) {
        watches[run].key = sample_result(run, now).key;
        watches[run].first_seen_at = now;
    }
    co_await state.watch(std::move(watches));
    store::router const route = [](auto const&, auto const&) { return std::vector<std::string>{"hook"}; };
    std::vector<steady::duration> recording;
    std::vector<steady::duration> taking;
    for (std::size_t run = 0; run < count; ++run) {
        findings found;
        found.results.push_back(sample_result(run, now));
        auto const began = steady::now();
        co_await state.record(std::move(found), route);
        auto const recorded = steady::now();
        std::vector<std::int64_t> const except;
        auto const due = co_await state.due("hook", now, 1, except);
        taking.push_back(steady::now() - recorded);
        recording.push_back(recorded - began);
        std::vector<settled_delivery> settled(1);
        settled.front().id = due.front().id;
        settled.front().state = delivery_state::delivered;
        settled.front().at = now;
        co_await state.settle(std::move(settled));
    }
    std::printf("{\"record_ms\": %.3f, \"due_ms\": %.3f}\n", median_ms(recording), median_ms(taking));
}

} // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: %s FILE COUNT\n", arguments[0]);
        return 64;
    }
    asio::io_context loop{1};
    store::options options;
    options.path = arguments[1];
    store state{loop.get_executor(), options};
    bench::run(loop, record(state, std::strtoul(arguments[2], nullptr, 10)));
    return 0;
}
