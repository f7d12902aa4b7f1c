#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace runwatch {

class deadlines;

/// Until when something may take. In force from set() to lift(); goes out of force with its owner.
class deadline {
public:
    using time = std::chrono::steady_clock::time_point;

    /// `act` is done once it has passed, and may neither set nor end a deadline. `all` must outlive it.
    deadline(deadlines& all, std::function<void()> act);

    ~deadline() { lift(); }

    deadline(deadline const&) = delete;
    deadline& operator=(deadline const&) = delete;

    /// Puts it in force, in place of the one before.
    void set(time until);

    /// Nothing is under way any more.
    void lift();

    /// It passed while it was in force, and was neither set nor lifted since.
    bool has_passed() const { return passed_; }

private:
    friend class deadlines;

    deadlines& all_;
    std::function<void()> act_;
    time until_ = time::max();
    /// Where it stands among those in force.
    std::size_t place_ = 0;
    bool in_force_ = false;
    bool passed_ = false;
};

/// Watches the deadlines of many connections with one timer: nearly every one is lifted long before it passes,
/// and a timer for each would be set and cancelled for nothing. Leaves nothing in the loop while none is in force. Loop
/// thread only.
class deadlines {
public:
    explicit deadlines(boost::asio::any_io_executor const& executor);
    ~deadlines();

    deadlines(deadlines const&) = delete;
    deadlines& operator=(deadlines const&) = delete;

private:
    friend class deadline;

    void add(deadline& which);
    void remove(deadline& which);
    void arm(deadline::time until);
    void act();

    boost::asio::steady_timer timer_;
    std::vector<deadline*> in_force_;
    /// When the timer rings; max() while it does not.
    deadline::time rings_at_ = deadline::time::max();
    /// Asio may call the timer's handler when this is gone: the pointer to it is shared with the handler.
    std::shared_ptr<deadlines*> self_;
};

} // namespace runwatch
