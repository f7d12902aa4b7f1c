#include "app/app.hpp"

#include <chrono>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using namespace std::chrono_literals;

constexpr duration between_prunes = 1h;
constexpr duration between_edit_looks = 1s;

} // namespace

asio::awaitable<void> app::keep_house() {
    while (!stopping_) {
        co_await prune();
        if (!stopping_)
            co_await house_alarm_->wait_until(clock_.now() + between_prunes);
    }
}

/// Looks out for commands that edit the state beside us: `deliveries retry`, `sinks enable`.
asio::awaitable<void> app::heed_edits() {
    while (!stopping_) {
        co_await take_up_edits();
        if (!stopping_)
            co_await edit_alarm_->wait_until(clock_.now() + between_edit_looks);
    }
}

asio::awaitable<void> app::take_up_edits() {
    try {
        auto const edited = co_await store_.changed_by_others();
        if (!edited)
            co_return;
        auto const stopped = co_await store_.stopped_sinks();
        outlets_.resume_but(stopped);
        outlets_.probe_all();
        log_.info("state was edited by a command; taken up");
    } catch (state_error const& error) {
        log_.debug("state could not be looked at for edits", {{"error", error.what()}});
    }
}

asio::awaitable<void> app::prune() {
    try {
        auto const count = co_await store_.prune(clock_.utc());
        if (count != 0)
            log_.info("old results removed", {{"results", std::to_string(count)}});
    } catch (state_error const& error) {
        log_.warning("old results could not be removed", {{"error", error.what()}});
    }
}

} // namespace runwatch
