#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <list>

namespace runwatch {

/// What has a deadline that a deadline_watch keeps.
class watched_deadline {
public:
    using time_point = std::chrono::steady_clock::time_point;

    watched_deadline() = default;
    virtual ~watched_deadline() = default;

    watched_deadline(watched_deadline const&) = delete;
    watched_deadline& operator=(watched_deadline const&) = delete;

    /// Called by the watch, at most once for each deadline, when it has passed.
    virtual void note_deadline() = 0;

private:
    friend class deadline_watch;
    time_point due_ = time_point::max();
    std::list<watched_deadline*>::iterator place_;
};

/// Keeps the deadlines of any number of connections with one timer: to move a deadline away costs nothing, and that is
/// what nearly every request does. Loop thread only.
class deadline_watch {
public:
    using time_point = watched_deadline::time_point;

    explicit deadline_watch(boost::asio::any_io_executor const& executor) : timer_(executor, time_point::max()) {}

    deadline_watch(deadline_watch const&) = delete;
    deadline_watch& operator=(deadline_watch const&) = delete;

    void add(watched_deadline& one);
    void remove(watched_deadline& one);

    /// time_point::max() for none.
    void set(watched_deadline& one, time_point due);

    /// Notes deadlines until it is cancelled.
    boost::asio::awaitable<void> run();

private:
    void look();

    std::list<watched_deadline*> all_;
    boost::asio::steady_timer timer_;
};

} // namespace runwatch
