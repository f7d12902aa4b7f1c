// Makes a state file in which runs are watched: `bench_watches FILE RUNS TESTS`. The run numbered N is of the test
// numbered N mod TESTS; both ids are UUIDs that end in the number.
#include "support.hpp"

#include "runwatch/store.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace asio = boost::asio;

using namespace runwatch;

namespace {

constexpr std::size_t at_once = 10'000;

/// Twelve digits, the end of a UUID.
std::string digits(std::size_t number) {
    auto const text = std::to_string(number);
    return std::string(12 - text.size(), '0') + text;
}

asio::awaitable<void> fill(store& state, std::size_t runs, std::size_t tests) {
    auto const now = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
    for (std::size_t run = 0; run < runs;) {
        std::vector<watch_record> watches;
        for (; run < runs && watches.size() < at_once; ++run) {
            watch_record watch;
            watch.key = {"182bd5e5-6e1a-4fe4-a799-" + digits(run % tests), "84cc1d9e-5f21-4ae8-8b9c-" + digits(run)};
            watch.origin = watch_origin::api;
            watch.first_seen_at = now;
            watches.push_back(std::move(watch));
        }
        co_await state.watch(std::move(watches));
    }
}

} // namespace

int main(int count, char** arguments) {
    if (count != 4) {
        std::fprintf(stderr, "usage: %s FILE RUNS TESTS\n", arguments[0]);
        return 64;
    }
    asio::io_context loop{1};
    store::options options;
    options.path = arguments[1];
    store state{loop.get_executor(), options};
    bench::run(loop, fill(state, std::strtoul(arguments[2], nullptr, 10), std::strtoul(arguments[3], nullptr, 10)));
    return 0;
}
