#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace runwatch::support {

/// The real time that anything in a test may take before it counts as hanging.
constexpr std::chrono::seconds ceiling{10};

/// Runs the loop until a condition holds. Throws runtime_error when the loop runs dry first, or at the ceiling.
void run_until(boost::asio::io_context& io, std::function<bool()> const& condition);

/// Watches how long handlers take that run_ready() runs, by the CPU time of this thread: what others do with the
/// machine does not count. One at a time.
class handler_watch {
public:
    handler_watch();
    ~handler_watch();
    handler_watch(handler_watch const&) = delete;
    handler_watch& operator=(handler_watch const&) = delete;

    /// The longest so far.
    std::chrono::nanoseconds longest() const { return longest_; }

private:
    std::chrono::nanoseconds longest_{0};
};

/// Runs whatever on the loop can run at once.
void run_ready(boost::asio::io_context& io);

/// Runs the loop until nothing is left in it. Tells whether that came before the ceiling.
bool runs_empty(boost::asio::io_context& io);

/// Runs the loop for a while; only where a deadline in real time is what is tested.
void pass(boost::asio::io_context& io, std::chrono::milliseconds time);

/// A coroutine under test, started on a loop that the test runs.
template <class T>
class task {
public:
    task(boost::asio::io_context& io, boost::asio::awaitable<T> coroutine) : io_(io) {
        // The outcome is shared with the handler: a test that fails may end before the coroutine does.
        if constexpr (std::is_void_v<T>)
            boost::asio::co_spawn(
                io, std::move(coroutine),
                boost::asio::bind_cancellation_slot(state_->cancel.slot(), [state = state_](std::exception_ptr error) {
                    state->error = error;
                    state->done = true;
                }));
        else
            boost::asio::co_spawn(io, std::move(coroutine),
                                  boost::asio::bind_cancellation_slot(
                                      state_->cancel.slot(), [state = state_](std::exception_ptr error, T value) {
                                          state->error = error;
                                          if (!error)
                                              state->value.emplace(std::move(value));
                                          state->done = true;
                                      }));
    }

    /// Asks the coroutine to end, as the program does at its own end.
    void cancel() { state_->cancel.emit(boost::asio::cancellation_type::terminal); }

    bool done() const { return state_->done; }

    /// Runs the loop until the coroutine has ended. Returns its value, or throws what it threw.
    T get() {
        run_until(io_, [state = state_] { return state->done; });
        if (state_->error)
            std::rethrow_exception(state_->error);
        if constexpr (!std::is_void_v<T>)
            return std::move(*state_->value);
    }

private:
    struct nothing {};

    struct shared_state {
        boost::asio::cancellation_signal cancel;
        std::exception_ptr error;
        std::optional<std::conditional_t<std::is_void_v<T>, nothing, T>> value;
        bool done = false;
    };

    boost::asio::io_context& io_;
    std::shared_ptr<shared_state> state_ = std::make_shared<shared_state>();
};

/// Runs a coroutine to its end. Returns its value, or throws what it threw.
template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> coroutine) {
    return task<T>(io, std::move(coroutine)).get();
}

/// Runs the loop until a task has ended, and tells whether it ended by its cancellation.
template <class T>
bool ends_cancelled(task<T>& cancelled) {
    try {
        cancelled.get();
        return false;
    } catch (boost::system::system_error const& error) {
        return error.code() == boost::asio::error::operation_aborted;
    }
}

} // namespace runwatch::support
