#include "app/app.hpp"
#include "app/service_status.hpp"

#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using namespace std::chrono_literals;

/// How old what `systemctl status` shows may be.
constexpr duration between_notes = 2s;

/// The clock of CLOCK_MONOTONIC, by which a service manager tells an old answer to a reload from a new one.
std::string monotonic_microseconds() {
    auto const now = std::chrono::steady_clock::now().time_since_epoch();
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

} // namespace

void app::tell_service_manager(std::string const& lines) const {
    if (options_.service.notify)
        options_.service.notify(lines);
}

void app::tell_of_reload_begun() const {
    tell_service_manager("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds() +
                         "\nSTATUS=reading the config anew");
}

/// Tells that the loop runs, whatever the disk or the network does.
asio::awaitable<void> app::feed_watchdog() {
    if (!options_.service.notify || !options_.service.watchdog)
        co_return;
    while (!stopping_) {
        tell_service_manager("WATCHDOG=1");
        co_await watchdog_alarm_->wait_until(clock_.now() + *options_.service.watchdog / 2);
    }
}

/// Says how the daemon stands, whenever that has changed.
asio::awaitable<void> app::keep_service_manager_told() {
    if (!options_.service.notify)
        co_return;
    while (!stopping_) {
        auto const line = co_await status_line();
        if (stopping_)
            break;
        if (line != std::exchange(told_status_, line))
            tell_service_manager("STATUS=" + line);
        co_await service_alarm_->wait_until(clock_.now() + between_notes);
    }
}

asio::awaitable<std::string> app::status_line() {
    std::optional<std::size_t> pending;
    try {
        pending = co_await store_.count_pending();
    } catch (state_error const& error) {
        log_.debug("state could not be asked what is owed", {{"error", error.what()}});
    }
    auto const problem = reload_problem_.substr(0, reload_problem_.find('\n'));
    co_return service_status(status(), pending, problem, clock_.utc());
}

} // namespace runwatch
