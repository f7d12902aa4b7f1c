#include "runwatch/join.hpp"

#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace runwatch {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace support;

/// Loops on a clock that the test moves, which note how they ended.
class bench {
public:
    ~bench() { EXPECT_TRUE(runs_empty(io)); }

    bench() = default;
    bench(bench const&) = delete;
    bench& operator=(bench const&) = delete;

    asio::awaitable<void> wait(std::string name, duration time) {
        auto const alarm = clock.make_alarm();
        try {
            co_await alarm->wait_until(clock.now() + time);
        } catch (boost::system::system_error const&) {
            log += name + " cancelled; ";
            throw;
        }
        log += name + " done; ";
    }

    asio::awaitable<void> fail(std::string name, duration time) {
        co_await wait(name, time);
        throw std::runtime_error{name};
    }

    /// Fails while it is being cancelled.
    asio::awaitable<void> fail_late(std::string name) {
        bool cancelled = false;
        try {
            co_await wait(name, 24h);
        } catch (boost::system::system_error const&) {
            cancelled = true;
        }
        if (cancelled)
            throw std::runtime_error{name};
    }

    /// Takes no notice of being cancelled.
    asio::awaitable<void> ignore(std::string name) {
        try {
            co_await wait(name, 24h);
        } catch (boost::system::system_error const&) {
            log += name + " goes on; ";
        }
    }

    template <class... Loops>
    static std::vector<asio::awaitable<void>> all(Loops... loops) {
        std::vector<asio::awaitable<void>> list;
        (list.push_back(std::move(loops)), ...);
        return list;
    }

    asio::io_context io;
    manual_clock clock{io};
    std::string log;
};

template <class T>
std::string error_of(task<T>& task) {
    try {
        task.get();
        return "nothing";
    } catch (boost::system::system_error const& error) {
        return error.code() == asio::error::operation_aborted ? "cancelled" : "another error";
    } catch (std::runtime_error const& error) {
        return error.what();
    }
}

TEST(join, waits_for_all) {
    bench bench;
    task<void> work(bench.io, join(bench.all(bench.wait("a", 3s), bench.wait("b", 1s), bench.wait("c", 2s))));
    bench.clock.advance(2s);
    EXPECT_FALSE(work.done());
    bench.clock.advance(1s);
    EXPECT_EQ(error_of(work), "nothing");
    EXPECT_EQ(bench.log, "b done; c done; a done; ");
}

TEST(join, of_nothing_returns) {
    bench bench;
    EXPECT_NO_THROW(run(bench.io, join({})));
}

TEST(join, cancels_the_others_when_one_throws_and_throws_it_on) {
    bench bench;
    task<void> work(bench.io, join(bench.all(bench.wait("a", 1h), bench.fail("b", 1s), bench.wait("c", 500ms))));
    bench.clock.advance(1s);
    EXPECT_EQ(error_of(work), "b");
    EXPECT_EQ(bench.log, "c done; b done; a cancelled; ");
}

TEST(join, throws_the_first_of_several_exceptions) {
    bench bench;
    task<void> work(bench.io, join(bench.all(bench.fail_late("a"), bench.fail("b", 1s), bench.fail_late("c"))));
    bench.clock.advance(1s);
    EXPECT_EQ(error_of(work), "b");
}

TEST(join, passes_cancellation_to_all_and_on) {
    bench bench;
    task<void> work(bench.io, join(bench.all(bench.wait("a", 1h), bench.wait("b", 1s), bench.wait("c", 1h))));
    bench.clock.advance(1s);
    work.cancel();
    EXPECT_EQ(error_of(work), "cancelled");
    EXPECT_EQ(bench.log, "b done; a cancelled; c cancelled; ");
}

TEST(join, reports_what_fails_during_cancellation) {
    bench bench;
    task<void> work(bench.io, join(bench.all(bench.wait("a", 1h), bench.fail_late("b"))));
    bench.clock.settle();
    work.cancel();
    EXPECT_EQ(error_of(work), "b");
}

TEST(join, ends_quietly_when_every_loop_ends_quietly) {
    bench bench;
    task<void> work(bench.io, join(bench.all(bench.ignore("a"), bench.ignore("b"))));
    bench.clock.settle();
    work.cancel();
    EXPECT_EQ(error_of(work), "nothing");
}

TEST(join, may_be_nested) {
    bench bench;
    auto inner = join(bench.all(bench.wait("a", 1h), bench.wait("b", 1h)));
    task<void> work(bench.io, join(bench.all(std::move(inner), bench.fail("c", 1s))));
    bench.clock.advance(1s);
    EXPECT_EQ(error_of(work), "c");
    EXPECT_EQ(bench.log, "c done; a cancelled; b cancelled; ");
}

TEST(race, returns_the_first_and_cancels_the_others) {
    bench bench;
    task<std::size_t> work(bench.io, race(bench.all(bench.wait("a", 1h), bench.wait("b", 2s), bench.wait("c", 1s))));
    bench.clock.advance(1s);
    EXPECT_EQ(work.get(), 2U);
    EXPECT_EQ(bench.log, "c done; a cancelled; b cancelled; ");
}

TEST(race, returns_only_once_the_others_have_ended) {
    bench bench;
    task<std::size_t> work(bench.io, race(bench.all(bench.ignore("a"), bench.wait("b", 1s))));
    bench.clock.advance(1s);
    EXPECT_EQ(work.get(), 1U);
    EXPECT_EQ(bench.log, "b done; a cancelled; a goes on; ");
}

TEST(race, throws_what_the_first_throws) {
    bench bench;
    task<std::size_t> work(bench.io, race(bench.all(bench.wait("a", 1h), bench.fail("b", 1s))));
    bench.clock.advance(1s);
    EXPECT_EQ(error_of(work), "b");
    EXPECT_EQ(bench.log, "b done; a cancelled; ");
}

TEST(race, throws_what_a_loser_throws_when_it_is_cancelled) {
    bench bench;
    task<std::size_t> work(bench.io, race(bench.all(bench.wait("a", 1s), bench.fail_late("b"))));
    bench.clock.advance(1s);
    EXPECT_EQ(error_of(work), "b");
}

TEST(race, passes_cancellation_to_all_and_on) {
    bench bench;
    task<std::size_t> work(bench.io, race(bench.all(bench.wait("a", 1h), bench.wait("b", 1h))));
    bench.clock.settle();
    work.cancel();
    EXPECT_EQ(error_of(work), "cancelled");
    EXPECT_EQ(bench.log, "a cancelled; b cancelled; ");
}

TEST(race, of_loops_that_end_at_once_returns_the_first_given) {
    bench bench;
    EXPECT_EQ(run(bench.io, race(bench.all(bench.wait("a", 0s), bench.wait("b", 0s)))), 0U);
}

} // namespace
} // namespace runwatch
