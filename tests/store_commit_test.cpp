#include "runwatch/store.hpp"
#include "support/run_coroutine.hpp"
#include "support/store_samples.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <deque>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace runwatch {
namespace {

using support::found;
using support::noon;
using support::sample_result;
using support::to_sinks;
using recording = support::task<std::vector<owed_delivery>>;

class store_commit : public testing::Test {
protected:
    store_commit() { open(); }

    void open() {
        store_.reset();
        store_.emplace(io_.get_executor(), store::options{.path = path_});
        get(store_->set_sinks({{"ops", "webhook"}}, noon()));
    }

    template <class T>
    T get(boost::asio::awaitable<T> call) {
        return support::run(io_, std::move(call));
    }

    auto record(int number) {
        return store_->record(found({sample_result({"T", "R" + std::to_string(number)})}), to_sinks({"ops"}));
    }

    std::size_t owed() { return get(store_->owed("ops")).size(); }

    boost::asio::io_context io_;
    support::temporary_directory directory_;
    std::string const path_ = directory_.file("state.db");
    std::optional<store> store_;
};

/// No file can grow beyond a size while this lives: as on a full disk.
class full_disk {
public:
    explicit full_disk(rlim_t largest) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit const limit{largest, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }

    ~full_disk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

    full_disk(full_disk const&) = delete;
    full_disk& operator=(full_disk const&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST_F(store_commit, takes_all_that_waits_into_a_handful_of_transactions) {
    constexpr int many = 1'000;
    auto const before = store_->commits();
    support::held_call held;
    std::deque<recording> calls;
    calls.emplace_back(io_, store_->record(found({sample_result({"T", "first"})}), held.router({"ops"})));
    for (int index = 0; index < many; ++index)
        calls.emplace_back(io_, record(index));
    io_.restart();
    io_.poll();
    held.let_go();
    for (auto& call : calls)
        EXPECT_EQ(call.get().size(), 1U);
    EXPECT_LE(store_->commits() - before, 2U);
    EXPECT_EQ(owed(), std::size_t{many + 1});
}

TEST_F(store_commit, is_not_needed_to_read) {
    get(record(1));
    auto const before = store_->commits();
    EXPECT_EQ(owed(), 1U);
    get(store_->watched());
    EXPECT_EQ(store_->commits(), before);
}

TEST_F(store_commit, that_fails_fails_all_and_leaves_nothing_half_done) {
    get(record(0));
    std::deque<recording> calls;
    {
        full_disk const now{4096};
        for (int index = 1; index <= 10; ++index)
            calls.emplace_back(io_, record(index));
        for (auto& call : calls) {
            try {
                call.get();
                ADD_FAILURE() << "it was written";
            } catch (state_error const& error) {
                std::string const message = error.what();
                EXPECT_NE(message.find(path_), std::string::npos) << message;
                EXPECT_NE(message.find("make room"), std::string::npos) << message;
            }
        }
        EXPECT_EQ(owed(), 1U) << "what was written before can still be read";
    }
    EXPECT_EQ(owed(), 1U);
    EXPECT_EQ(get(record(11)).size(), 1U) << "there is room again";
    EXPECT_EQ(owed(), 2U);
    open();
    EXPECT_EQ(owed(), 2U);
}

TEST_F(store_commit, works_again_after_many_failures) {
    for (int round = 0; round < 20; ++round) {
        {
            full_disk const now{static_cast<rlim_t>(4096 * (round + 1))};
            try {
                get(record(2 * round));
            } catch (state_error const&) {
                // Whether there was still room differs from round to round.
            }
        }
        EXPECT_EQ(get(record(2 * round + 1)).size(), 1U);
        EXPECT_GE(owed(), static_cast<std::size_t>(round) + 1);
    }
    auto const kept = owed();
    open();
    EXPECT_EQ(owed(), kept);
}

TEST_F(store_commit, outlives_a_program_that_goes_without_waiting) {
    std::deque<recording> calls;
    for (int index = 0; index < 50; ++index)
        calls.emplace_back(io_, record(index));
    // The calls begin once the loop runs; their outcome is never fetched.
    support::run_until(io_, [&] { return calls.front().done(); });
    open();
    EXPECT_EQ(owed(), 50U);
}

TEST_F(store_commit, comes_before_anybody_hears_of_it) {
    recording call{io_, record(1)};
    call.get();
    EXPECT_EQ(state_reader{path_}.deliveries({}).size(), 1U);
}

TEST_F(store_commit, takes_place_though_the_caller_is_cancelled_meanwhile) {
    recording call{io_, record(1)};
    io_.restart();
    io_.poll_one();
    call.cancel();
    EXPECT_EQ(call.get().size(), 1U);
    EXPECT_EQ(owed(), 1U);
}

} // namespace
} // namespace runwatch
