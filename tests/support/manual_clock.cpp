#include "support/manual_clock.hpp"

#include "support/run_coroutine.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace runwatch::support {

class manual_clock::manual_alarm : public alarm {
public:
    explicit manual_alarm(manual_clock& clock)
        : clock_(clock), rung_(clock.io_, asio::steady_timer::time_point::max()) {}

    asio::awaitable<void> wait_until(instant due) override {
        waiting const entry(*this, due);
        if (due > clock_.now_)
            co_await rung_.async_wait(asio::as_tuple(asio::use_awaitable));
        else
            co_await asio::post(clock_.io_, asio::use_awaitable);
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error{asio::error::operation_aborted};
    }

    void ring() override { rung_.cancel(); }

private:
    /// A place among the clock's waiting alarms.
    class waiting {
    public:
        waiting(manual_alarm& alarm, instant due) : list_(alarm.clock_.waiting_), place_(list_.emplace(due, &alarm)) {}

        ~waiting() { list_.erase(place_); }

        waiting(waiting const&) = delete;
        waiting& operator=(waiting const&) = delete;

    private:
        std::multimap<instant, manual_alarm*>& list_;
        std::multimap<instant, manual_alarm*>::iterator place_;
    };

    manual_clock& clock_;
    asio::steady_timer rung_;
};

timestamp manual_clock::utc() const {
    constexpr timestamp start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}};
    return start + std::chrono::duration_cast<duration>(now_.time_since_epoch());
}

std::unique_ptr<alarm> manual_clock::make_alarm() { return std::make_unique<manual_alarm>(*this); }

void manual_clock::advance(duration by) {
    auto const end = now_ + by;
    settle();
    while (!waiting_.empty() && waiting_.begin()->first <= end) {
        auto const [due, alarm] = *waiting_.begin();
        now_ = std::max(now_, due);
        alarm->ring();
        settle();
    }
    now_ = end;
}

instant manual_clock::next_due() const { return waiting_.empty() ? instant::max() : waiting_.begin()->first; }

void manual_clock::settle() { run_ready(io_); }

} // namespace runwatch::support
