#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/resource.h>

#include <chrono>
#include <exception>
#include <utility>

namespace runwatch::bench {

/// CPU time that this process has taken so far, in all threads.
inline std::chrono::microseconds cpu_time() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    auto const of = [](timeval time) {
        return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

/// Runs a coroutine and the loop to their end. Throws what the coroutine threw.
inline void run(boost::asio::io_context& loop, boost::asio::awaitable<void> coroutine) {
    std::exception_ptr trouble;
    boost::asio::co_spawn(loop, std::move(coroutine), [&trouble](std::exception_ptr thrown) { trouble = thrown; });
    loop.run();
    if (trouble)
        std::rethrow_exception(trouble);
}

} // namespace runwatch::bench
