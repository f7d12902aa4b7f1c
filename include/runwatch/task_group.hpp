#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <exception>
#include <list>
#include <vector>

namespace runwatch {

/// Owns coroutines that come and go, each beginning when it is spawned: what join() is for those that are known
/// beforehand. Must outlive run(), outside of which nothing waits for the tasks. Loop thread only.
class task_group {
public:
    explicit task_group(boost::asio::any_io_executor const& executor);

    task_group(task_group const&) = delete;
    task_group& operator=(task_group const&) = delete;

    /// Begins a task. Once the group was cancelled, a task is cancelled as it begins.
    void spawn(boost::asio::awaitable<void> task);

    /// Runs until close() was called and every task has ended. The first task that throws cancels the others; once they
    /// have ended too, its exception is thrown on. Cancelling this cancels every task, and still waits for them.
    boost::asio::awaitable<void> run();

    /// Says that run() is to return once no task is left.
    void close();

    /// Tasks that have not ended.
    std::size_t size() const { return tasks_.size() - ended_.size(); }

private:
    using tasks = std::list<boost::asio::cancellation_signal>;

    void sweep();
    void cancel();
    void note_end(tasks::iterator task, std::exception_ptr const& thrown);

    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer changed_;
    tasks tasks_;
    /// Tasks that have ended: their signals may not go from within their own handlers.
    std::vector<tasks::iterator> ended_;
    std::exception_ptr error_;
    bool closed_ = false;
    bool cancelled_ = false;
};

} // namespace runwatch
