#pragma once

#include "runwatch/signals_blocked.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <type_traits>
#include <utility>

namespace runwatch {

/// A thread for calls that may block, so that the loop goes on meanwhile. It does one thing after the other and gets no
/// signals. Its end waits for what it was given to do.
class io_thread {
public:
    io_thread() : io_thread(signals_blocked{}) {}

    ~io_thread() { pool_.join(); }

    io_thread(io_thread const&) = delete;
    io_thread& operator=(io_thread const&) = delete;

    /// Calls `work` on the thread and returns what it returned, on the loop. Work that was begun is waited for even
    /// when this is cancelled.
    template <class Work>
    boost::asio::awaitable<std::invoke_result_t<Work&>> run(Work work) {
        auto job = call(std::move(work));
        // Boost 1.81 would hand the pool a pointer that the loop may have freed by then.
        auto uncancelled =
            boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot(), boost::asio::use_awaitable);
        co_return co_await boost::asio::co_spawn(pool_.get_executor(), std::move(job), std::move(uncancelled));
    }

    /// Calls `work` on the thread after everything else that it was given so far.
    template <class Work>
    void post(Work work) {
        boost::asio::post(pool_, std::move(work));
    }

private:
    explicit io_thread(signals_blocked const&) : pool_(1) {}

    template <class Work>
    static boost::asio::awaitable<std::invoke_result_t<Work&>> call(Work work) {
        co_return work();
    }

    boost::asio::thread_pool pool_;
};

} // namespace runwatch
