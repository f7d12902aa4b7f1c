#include "support/run_coroutine.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <ctime>
#include <stdexcept>

namespace asio = boost::asio;

namespace runwatch::support {

void run_until(asio::io_context& io, std::function<bool()> const& condition) {
    auto const end = std::chrono::steady_clock::now() + ceiling;
    while (!condition()) {
        io.restart();
        if (io.run_one_until(end) == 0)
            throw std::runtime_error{io.stopped() ? "the loop ran dry before what the test waits for"
                                                  : "the test waited too long"};
    }
}

namespace {

std::chrono::nanoseconds cpu_time() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

/// Of whoever watches the handlers at present; null if nobody does.
std::chrono::nanoseconds* watched = nullptr;

} // namespace

handler_watch::handler_watch() { watched = &longest_; }

handler_watch::~handler_watch() { watched = nullptr; }

void run_ready(asio::io_context& io) {
    io.restart();
    if (watched == nullptr) {
        io.poll();
        return;
    }
    for (auto began = cpu_time(); io.poll_one() != 0; began = cpu_time())
        *watched = std::max(*watched, cpu_time() - began);
}

bool runs_empty(asio::io_context& io) {
    io.restart();
    io.run_for(ceiling);
    return io.stopped();
}

void pass(asio::io_context& io, std::chrono::milliseconds time) {
    asio::steady_timer timer(io, time);
    bool passed = false;
    timer.async_wait([&passed](boost::system::error_code) { passed = true; });
    run_until(io, [&passed] { return passed; });
}

} // namespace runwatch::support
