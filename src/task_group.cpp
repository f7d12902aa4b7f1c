#include "runwatch/task_group.hpp"

#include "runwatch/join.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace asio = boost::asio;

namespace runwatch {
task_group::task_group(asio::any_io_executor const& executor)
    : executor_(executor), changed_(executor, asio::steady_timer::time_point::max()) {}

void task_group::spawn(asio::awaitable<void> task) {
    sweep();
    auto const place = tasks_.emplace(tasks_.end());
    auto ended = [this, place](std::exception_ptr const& thrown) { note_end(place, thrown); };
    asio::co_spawn(executor_, std::move(task), asio::bind_cancellation_slot(place->slot(), std::move(ended)));
    if (cancelled_)
        place->emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> task_group::run() {
    // Though cancelled, it waits for its tasks.
    co_await asio::this_coro::throw_if_cancelled(false);
    auto told_to_end = false;
    for (;;) {
        sweep();
        auto const state = co_await asio::this_coro::cancellation_state;
        told_to_end = state.cancelled() != asio::cancellation_type::none;
        if (told_to_end || error_)
            cancel();
        if (tasks_.empty() && (closed_ || cancelled_))
            break;
        co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    if (error_)
        std::rethrow_exception(error_);
    if (told_to_end)
        throw boost::system::system_error{asio::error::operation_aborted};
}

void task_group::close() {
    closed_ = true;
    changed_.cancel();
}

void task_group::sweep() {
    for (auto const& task : std::exchange(ended_, {}))
        tasks_.erase(task);
}

void task_group::cancel() {
    if (std::exchange(cancelled_, true))
        return;
    for (auto& task : tasks_)
        task.emit(asio::cancellation_type::terminal);
}

void task_group::note_end(tasks::iterator task, std::exception_ptr const& thrown) {
    ended_.push_back(task);
    if (thrown && !error_ && !is_cancellation(thrown))
        error_ = thrown;
    // Only run() acts on it, and only on the last task or an error.
    if (error_ || size() == 0)
        changed_.cancel();
}

} // namespace runwatch
