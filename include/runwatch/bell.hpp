#pragma once

#include "runwatch/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <list>

namespace runwatch {

/// Something that any number may wait for, again and again. Loop thread only.
class bell {
public:
    /// The clock must outlive the bell, and the bell those who wait.
    explicit bell(clock& clock) : clock_(clock) {}

    bell(bell const&) = delete;
    bell& operator=(bell const&) = delete;

    /// Ends every wait that is under way.
    void ring();

    /// How often it has rung.
    std::uint64_t rings() const { return rings_; }

    /// Waits until it has rung more often than that, or until a time comes: a ring between a look at what it stands for
    /// and the wait is not lost. Throws system_error(operation_aborted) when cancelled.
    boost::asio::awaitable<void> wait(std::uint64_t rings_before, instant until = instant::max());

private:
    clock& clock_;
    std::list<alarm*> waiting_;
    std::uint64_t rings_ = 0;
};

} // namespace runwatch
