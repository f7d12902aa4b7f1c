#include "runwatch/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// The kernel timer behind Asio stops during a suspend, our clock does not: looking at the clock at least once a second
/// bounds how late a wait can end.
struct capped_wait {
    using clock_duration = boottime_clock::duration;

    static clock_duration to_wait_duration(clock_duration left) {
        return std::min<clock_duration>(left, std::chrono::seconds{1});
    }

    static clock_duration to_wait_duration(instant due) { return to_wait_duration(due - boottime_clock::now()); }
};

class system_alarm : public alarm {
public:
    explicit system_alarm(asio::any_io_executor const& executor) : timer_(executor) {}

    asio::awaitable<void> wait_until(instant due) override {
        timer_.expires_at(due);
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        // A ring cancels the timer as well; only the coroutine's own state tells the two apart.
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error{asio::error::operation_aborted};
    }

    void ring() override { timer_.cancel(); }

private:
    asio::basic_waitable_timer<boottime_clock, capped_wait> timer_;
};

} // namespace

instant system_clock::now() const { return boottime_clock::now(); }

timestamp system_clock::utc() const { return std::chrono::floor<duration>(std::chrono::system_clock::now()); }

std::unique_ptr<alarm> system_clock::make_alarm() { return std::make_unique<system_alarm>(executor_); }

} // namespace runwatch
