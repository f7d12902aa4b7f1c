#pragma once

#include "store/state_file.hpp"

#include "runwatch/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace runwatch {

/// The store's thread: the only one that touches the connection once it runs.
///
/// Takes all requests that wait into one transaction, each in a savepoint of its own: one that fails for a reason of
/// its own leaves the others as they are. Only after the commit does anybody hear of the outcome, by a post to the
/// loop.
class store::thread {
public:
    /// Opens the file on the caller's thread, then starts.
    thread(boost::asio::any_io_executor loop, std::string const& path);

    /// Does what still waits, then ends.
    ~thread();

    thread(thread const&) = delete;
    thread& operator=(thread const&) = delete;

    /// Runs `work(sqlite::database&)` in a transaction and returns what it returned once that is on the disk. Throws
    /// what `work` threw, or state_error if the transaction failed; then nothing of it has happened. `work` is
    /// destroyed on the store's thread or the loop's, whichever comes last to it.
    template <class Work>
    auto run(Work work) {
        using value = std::invoke_result_t<Work&, sqlite::database&>;
        return boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, signature<value>>(
            [this]<class Completion>(Completion handler, Work moved) {
                submit(std::make_unique<call<Work, Completion>>(loop_, std::move(moved), std::move(handler)));
            },
            boost::asio::use_awaitable, std::move(work));
    }

    /// How many transactions have been written.
    std::uint64_t commits() const { return commits_; }

private:
    template <class T>
    struct outcome_of {
        using signature = void(std::exception_ptr, T);
    };

    template <class T>
    using signature = typename outcome_of<T>::signature;

    /// One call on its way to the store's thread and back.
    class request {
    public:
        request() = default;
        virtual ~request() = default;
        request(request const&) = delete;
        request& operator=(request const&) = delete;

        /// Does the work, inside the transaction.
        virtual void work(sqlite::database& database) = 0;

        /// Sends the outcome to who asked.
        virtual void complete(std::exception_ptr problem) = 0;
    };

    template <class Work, class Completion>
    class call : public request {
    public:
        call(boost::asio::any_io_executor const& loop, Work todo, Completion handler)
            : work_(std::move(todo)),
              handler_(std::move(handler)),
              // Keeps the loop from running dry while the call is under way.
              executor_(boost::asio::prefer(boost::asio::get_associated_executor(handler_, loop),
                                            boost::asio::execution::outstanding_work.tracked)) {}

        void work(sqlite::database& database) override {
            if constexpr (returns_nothing)
                work_(database);
            else
                outcome_ = work_(database);
        }

        void complete(std::exception_ptr problem) override {
            if constexpr (returns_nothing)
                boost::asio::post(executor_, [handler = std::move(handler_), problem]() mutable { handler(problem); });
            else
                boost::asio::post(executor_,
                                  [handler = std::move(handler_), problem, outcome = std::move(outcome_)]() mutable {
                                      handler(problem, std::move(outcome));
                                  });
        }

    private:
        using value = std::invoke_result_t<Work&, sqlite::database&>;
        static constexpr bool returns_nothing = std::is_void_v<value>;

        struct nothing {};

        Work work_;
        Completion handler_;
        boost::asio::any_io_executor executor_;
        std::conditional_t<returns_nothing, nothing, value> outcome_{};
    };

    void submit(std::unique_ptr<request> next);
    void serve();
    void run_group(std::vector<std::unique_ptr<request>> group);

    boost::asio::any_io_executor loop_;
    state_file file_;
    std::atomic<std::uint64_t> commits_ = 0;
    std::mutex mutex_;
    std::condition_variable waiting_changed_;
    /// Guarded by the mutex, as is the next.
    std::vector<std::unique_ptr<request>> waiting_;
    bool ending_ = false;
    std::thread thread_;
};

template <>
struct store::thread::outcome_of<void> {
    using signature = void(std::exception_ptr);
};

} // namespace runwatch
