#pragma once

#include "runwatch/clock.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>

namespace runwatch::support {

/// A clock that stands still until the test moves it. Its alarms wait on the loop that the test runs.
class manual_clock : public clock {
public:
    explicit manual_clock(boost::asio::io_context& io) : io_(io) {}

    instant now() const override { return now_; }

    timestamp utc() const override;
    std::unique_ptr<alarm> make_alarm() override;

    /// Lets time pass: wakes what is due in order of its due time, and runs the loop until it is idle after each.
    void advance(duration by);

    /// When the next alarm is due; instant::max() if none waits for a time.
    instant next_due() const;

    /// Runs the loop until it is idle, without any time passing.
    void settle();

private:
    class manual_alarm;

    boost::asio::io_context& io_;
    instant now_{std::chrono::hours{1}};
    std::multimap<instant, manual_alarm*> waiting_;
};

} // namespace runwatch::support
