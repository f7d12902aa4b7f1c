// `runwatch serve` whose loop is timed: `bench_serve CONFIG`. At its end, after SIGTERM, it prints as JSON how long the
// longest handler of the loop took, in wall time where that is known and in CPU time.
#include "support.hpp"

#include "app/app.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/config.hpp"
#include "runwatch/log.hpp"
#include "sinks/registry.hpp"

#include <boost/asio/signal_set.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>

namespace asio = boost::asio;

using namespace runwatch;

namespace {

/// CPU time of the loop's own thread.
std::chrono::nanoseconds thread_time() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// How long handlers took at most.
struct stalls {
    /// Of those that were ready when the last had ended: nothing was waited for, unless a handler did so itself.
    std::chrono::nanoseconds wall{};
    std::chrono::nanoseconds cpu{};
    std::size_t handlers = 0;
};

stalls run_timed(asio::io_context& loop) {
    stalls longest;
    for (;;) {
        auto const cpu = thread_time();
        auto const wall = std::chrono::steady_clock::now();
        auto const was_ready = loop.poll_one() != 0;
        if (was_ready)
            longest.wall = std::max<std::chrono::nanoseconds>(longest.wall, std::chrono::steady_clock::now() - wall);
        else if (loop.run_one() == 0)
            return longest;
        longest.cpu = std::max(longest.cpu, thread_time() - cpu);
        ++longest.handlers;
    }
}

double in_ms(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>{time}.count(); }

} // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: %s CONFIG\n", arguments[0]);
        return 64;
    }
    std::signal(SIGPIPE, SIG_IGN);
    asio::io_context loop{1};
    asio::signal_set signals{loop, SIGTERM};
    auto const load = [file = std::string{arguments[1]}] { return load_config(file, &check_sink); };
    auto loaded = load();
    runwatch::log to{loaded.config.log, STDERR_FILENO};
    system_clock clock{loop.get_executor()};
    app daemon{loop.get_executor(), clock, to, std::move(loaded.config), app::options{load, "runwatch-bench", 1}};
    signals.async_wait([&](boost::system::error_code error, int) {
        if (!error)
            daemon.stop("SIGTERM");
    });
    std::exception_ptr trouble;
    asio::co_spawn(loop, daemon.run(), [&trouble](std::exception_ptr thrown) { trouble = thrown; });
    auto const longest = run_timed(loop);
    if (trouble)
        std::rethrow_exception(trouble);
    std::printf("{\"wall_ms\": %.3f, \"cpu_ms\": %.3f, \"handlers\": %zu}\n", in_ms(longest.wall), in_ms(longest.cpu),
                longest.handlers);
    return 0;
}
