#include "store/thread.hpp"

#include "runwatch/signals_blocked.hpp"

#include <pthread.h>

namespace runwatch {
namespace {

/// Does one request's work in a savepoint. Returns what it threw.
template <class Work>
std::exception_ptr in_savepoint(sqlite::database& database, Work const& work) {
    try {
        database.run("SAVEPOINT request");
        work(database);
        database.run("RELEASE request");
        return nullptr;
    } catch (...) {
        // A full disk may have ended the whole transaction.
        auto problem = std::current_exception();
        if (database.in_transaction()) {
            database.run("ROLLBACK TO request");
            database.run("RELEASE request");
        }
        return problem;
    }
}

} // namespace

store::thread::thread(boost::asio::any_io_executor loop, std::string const& path)
    : loop_(std::move(loop)), file_(path) {
    signals_blocked const while_it_starts;
    thread_ = std::thread{[this] { serve(); }};
    ::pthread_setname_np(thread_.native_handle(), "runwatch-store");
}

store::thread::~thread() {
    {
        std::lock_guard const guard{mutex_};
        ending_ = true;
    }
    waiting_changed_.notify_one();
    thread_.join();
}

void store::thread::submit(std::unique_ptr<request> next) {
    {
        std::lock_guard const guard{mutex_};
        waiting_.push_back(std::move(next));
    }
    waiting_changed_.notify_one();
}

void store::thread::serve() {
    for (;;) {
        std::vector<std::unique_ptr<request>> group;
        {
            std::unique_lock lock{mutex_};
            waiting_changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
            group.swap(waiting_);
        }
        if (group.empty())
            return;
        run_group(std::move(group));
    }
}

void store::thread::run_group(std::vector<std::unique_ptr<request>> group) {
    std::vector<std::exception_ptr> problems(group.size());
    std::string failed;
    try {
        auto& database = file_.database();
        auto const changes = database.total_changes();
        database.run("BEGIN IMMEDIATE");
        for (std::size_t index = 0; index < group.size(); ++index) {
            problems[index] = in_savepoint(database, [&](sqlite::database& in) { group[index]->work(in); });
            if (!database.in_transaction())
                std::rethrow_exception(problems[index]);
        }
        database.run("COMMIT");
        if (database.total_changes() != changes)
            ++commits_;
    } catch (std::exception const& error) {
        failed = error.what();
        file_.roll_back();
    }
    for (std::size_t index = 0; index < group.size(); ++index)
        group[index]->complete(failed.empty() ? problems[index] : std::make_exception_ptr(state_error{failed}));
}

} // namespace runwatch
