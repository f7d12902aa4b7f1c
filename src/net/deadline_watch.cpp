#include "net/deadline_watch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace runwatch {

void deadline_watch::add(watched_deadline& one) { one.place_ = all_.insert(all_.end(), &one); }

void deadline_watch::remove(watched_deadline& one) { all_.erase(one.place_); }

void deadline_watch::set(watched_deadline& one, time_point due) {
    one.due_ = due;
    // A timer that is early only looks for nothing.
    if (due < timer_.expiry())
        timer_.expires_at(due);
}

asio::awaitable<void> deadline_watch::run() {
    for (;;) {
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        look();
    }
}

void deadline_watch::look() {
    auto const now = std::chrono::steady_clock::now();
    // Another deadline has come first, and the timer is set for it.
    if (now < timer_.expiry())
        return;
    auto next = time_point::max();
    for (auto* const one : all_) {
        if (one->due_ <= now) {
            one->due_ = time_point::max();
            one->note_deadline();
        }
        next = std::min(next, one->due_);
    }
    timer_.expires_at(next);
}

} // namespace runwatch
