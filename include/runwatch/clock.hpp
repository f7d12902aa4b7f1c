#pragma once

#include "runwatch/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

namespace runwatch {

/// Something to wait on until a time comes or somebody rings. One waiter at a time; loop thread only.
class alarm {
public:
    virtual ~alarm() = default;

    /// Waits until `due`, or until ring(). instant::max() waits for the ring alone. A ring while nobody waits is
    /// forgotten. Throws system_error(operation_aborted) when cancelled.
    virtual boost::asio::awaitable<void> wait_until(instant due) = 0;

    /// Ends the wait that is under way, if there is one.
    virtual void ring() = 0;
};

/// The seam through which everything with a loop knows the time: the system's, or one that tests step.
class clock {
public:
    virtual ~clock() = default;

    /// The time that intervals are measured from.
    virtual instant now() const = 0;

    /// The time of day, in UTC.
    virtual timestamp utc() const = 0;

    virtual std::unique_ptr<alarm> make_alarm() = 0;
};

/// The machine's clock: CLOCK_BOOTTIME for intervals, CLOCK_REALTIME for the time of day. A wait that a suspend
/// interrupted ends at most a second late.
class system_clock : public clock {
public:
    explicit system_clock(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    instant now() const override;
    timestamp utc() const override;
    std::unique_ptr<alarm> make_alarm() override;

private:
    boost::asio::any_io_executor executor_;
};

} // namespace runwatch
