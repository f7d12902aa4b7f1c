#include "cli/launch.hpp"

#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_source.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace runwatch::cli {
namespace {

using namespace std::chrono_literals;
using namespace support;

/// A starter that answers each attempt as the test says, after as long as the test says.
class scripted_starter : public run_starter {
public:
    explicit scripted_starter(clock& clock) : clock_(clock) {}

    boost::asio::awaitable<result<started_runs>> start(run_order order) override {
        attempts.push_back(order);
        times.push_back(clock_.now());
        most_in_flight = std::max(most_in_flight, ++in_flight);
        auto const alarm = clock_.make_alarm();
        co_await alarm->wait_until(clock_.now() + latency);
        --in_flight;
        auto& left = answers[order.test_id + order.suite];
        if (left.empty())
            co_return failure(failure_kind::permanent, "nothing is scripted");
        auto answer = left.front();
        if (left.size() > 1)
            left.pop_front();
        co_return answer;
    }

    /// By the name of the test or the suite; the last one stays.
    std::map<std::string, std::deque<result<started_runs>>> answers;
    std::vector<run_order> attempts;
    std::vector<instant> times;
    std::size_t in_flight = 0;
    std::size_t most_in_flight = 0;
    duration latency{0};

private:
    clock& clock_;
};

started_runs runs_of(std::vector<run_key> const& keys, std::string flaw = {}) {
    started_runs started;
    for (auto const& key : keys)
        started.runs.push_back(run_in(key, "pending"));
    started.flaw = std::move(flaw);
    return started;
}

failure transient(std::string message = "HTTP 503") { return {failure_kind::transient, std::move(message)}; }

class launch_test : public testing::Test {
protected:
    /// Starts tests of these names and tells what comes of it in `told`.
    launch& begin(std::vector<std::string> const& names) {
        std::vector<run_order> orders;
        for (auto const& name : names) {
            orders.emplace_back(name, "");
            orders.back().idempotency_key = "key-" + std::to_string(orders.size());
        }
        launch::listener tell;
        tell.started = [this](std::size_t order, std::vector<test_run> const& runs) {
            for (auto const& run : runs)
                told.push_back(std::to_string(order) + " started " + run.key.ref());
        };
        tell.failed = [this](std::size_t order, std::string const& why, duration) {
            told.push_back(std::to_string(order) + " failed: " + why);
        };
        tell.refused = [this](std::size_t order, std::string const& how) {
            told.push_back(std::to_string(order) + " " + how);
        };
        tell.used_up = [this](duration wait) { told.push_back("used up for " + std::to_string(wait.count())); };
        tell.answered = [this] { ++answered; };
        launch_.emplace(clock, starter, budget, std::move(orders), std::move(tell));
        task_.emplace(io, launch_->run());
        clock.settle();
        return *launch_;
    }

    bool done() const { return task_->done(); }

    launch_order const& order(std::size_t number) const { return launch_->orders().at(number); }

    boost::asio::io_context io;
    manual_clock clock{io};
    scripted_starter starter{clock};
    rate_budget budget;
    std::vector<std::string> told;
    int answered = 0;

private:
    std::optional<launch> launch_;
    std::optional<task<void>> task_;
};

using strings = std::vector<std::string>;

TEST_F(launch_test, starts_each_order_once_in_the_order_given) {
    starter.answers["a"] = {runs_of({{"a", "1"}})};
    starter.answers["b"] = {runs_of({{"b", "1"}, {"b", "2"}})};
    begin({"a", "b", "a"});
    EXPECT_TRUE(done());
    EXPECT_EQ(told, (strings{"0 started a/1", "1 started b/1", "1 started b/2", "2 started a/1"}));
    EXPECT_EQ(answered, 3);
    EXPECT_EQ(order(1).now, launch_order::state::started);
}

TEST_F(launch_test, tries_again_under_the_same_key_until_it_is_answered) {
    starter.answers["a"] = {transient(), transient(), failure{failure_kind::transient, "HTTP 409"},
                            runs_of({{"a", "1"}})};
    begin({"a"});
    EXPECT_FALSE(done());
    clock.advance(10s);
    EXPECT_TRUE(done());
    EXPECT_EQ(told, (strings{"0 failed: HTTP 503", "0 failed: HTTP 503", "0 failed: HTTP 409", "0 started a/1"}));
    ASSERT_EQ(starter.attempts.size(), 4U);
    for (auto const& attempt : starter.attempts)
        EXPECT_EQ(attempt.idempotency_key, "key-1");
    EXPECT_GE(starter.times[2] - starter.times[1], 750ms) << "twice as long as the wait before, less a quarter";
    EXPECT_FALSE(order(0).uncertain);
}

TEST_F(launch_test, gives_up_at_once_what_is_refused_for_good) {
    for (auto const kind : {failure_kind::refused, failure_kind::not_found, failure_kind::permanent}) {
        starter.answers["a"] = {failure{kind, "no"}};
        told.clear();
        begin({"a"});
        EXPECT_TRUE(done());
        EXPECT_EQ(told, strings{"0 was not started: no"}) << to_string(kind);
    }
}

TEST_F(launch_test, goes_on_with_the_others_when_one_is_refused) {
    starter.answers["a"] = {failure{failure_kind::not_found, "no"}};
    starter.answers["b"] = {runs_of({{"b", "1"}})};
    begin({"a", "b"});
    EXPECT_EQ(told, (strings{"0 was not started: no", "1 started b/1"}));
}

TEST_F(launch_test, says_that_a_refused_order_may_have_been_carried_out_before) {
    starter.answers["a"] = {transient(), failure{failure_kind::refused, "no"}};
    begin({"a"});
    clock.advance(1s);
    EXPECT_EQ(told.back(),
              "0 may have been started by an attempt that brought no answer; the next one was refused: no");
}

TEST_F(launch_test, calls_a_suite_without_a_test_not_started) {
    starter.answers["a"] = {runs_of({})};
    begin({"a"});
    EXPECT_TRUE(done());
    EXPECT_EQ(told, strings{"0 was not started: there is no test in it"});
}

TEST_F(launch_test, asks_three_times_for_the_name_of_a_run) {
    starter.answers["a"] = {runs_of({}, "it is empty")};
    begin({"a"});
    clock.advance(1min);
    EXPECT_TRUE(done());
    EXPECT_EQ(starter.attempts.size(), 3U);
    EXPECT_EQ(told.back(), "0 may have been started, but cannot be watched: it is empty");
}

TEST_F(launch_test, watches_what_is_named_and_says_that_not_all_is) {
    starter.answers["a"] = {runs_of({{"a", "1"}}, "its run_id is missing")};
    begin({"a"});
    EXPECT_TRUE(done());
    EXPECT_EQ(told, (strings{"0 started a/1",
                             "0 was started, but not every run of it can be watched: its run_id is missing"}));
    EXPECT_EQ(order(0).now, launch_order::state::refused);
}

TEST_F(launch_test, waits_with_all_when_asked_to_slow_down) {
    starter.latency = 10ms;
    starter.answers["a"] = {failure{failure_kind::throttled, "HTTP 429", 3s}, runs_of({{"a", "1"}})};
    starter.answers["b"] = {runs_of({{"b", "1"}})};
    budget.set_ceiling(10);
    begin({"a", "b"});
    clock.advance(50ms);
    EXPECT_EQ(told, strings{"0 failed: HTTP 429"});
    clock.advance(2900ms);
    EXPECT_EQ(starter.attempts.size(), 1U);
    clock.advance(1s);
    EXPECT_TRUE(done());
    EXPECT_FALSE(order(0).uncertain) << "what is turned away is not carried out";
}

TEST_F(launch_test, keeps_to_the_budget) {
    budget.set_ceiling(10);
    starter.answers["a"] = {runs_of({{"a", "1"}})};
    begin(strings(5, "a"));
    EXPECT_EQ(starter.attempts.size(), 1U);
    clock.advance(399ms);
    EXPECT_EQ(starter.attempts.size(), 4U);
    clock.advance(1ms);
    EXPECT_TRUE(done());
}

/// Takes every request that the budget allows, as many looks that are overdue do.
boost::asio::awaitable<void> take_all(clock& clock, rate_budget& budget, int& taken) {
    auto const alarm = clock.make_alarm();
    while (taken < 20) {
        co_await alarm->wait_until(budget.next(clock.now()));
        if (budget.next(clock.now()) > clock.now())
            continue;
        budget.take(clock.now());
        budget.give_back();
        ++taken;
    }
}

TEST_F(launch_test, gets_its_turn_beside_looks_that_never_end) {
    budget.set_ceiling(10);
    starter.answers["a"] = {runs_of({{"a", "1"}})};
    int looks = 0;
    task<void> const rival{io, take_all(clock, budget, looks)};
    clock.settle();
    begin(strings(5, "a"));
    clock.advance(1s);
    EXPECT_TRUE(done());
    EXPECT_GE(looks, 5) << "and they get theirs";
    clock.advance(2s);
    EXPECT_TRUE(rival.done());
}

TEST_F(launch_test, tells_of_a_long_wait_for_the_budget_once) {
    starter.answers["a"] = {runs_of({{"a", "1"}})};
    budget.note(rate_limit_note{10, 0, 60s}, clock.now());
    begin({"a"});
    clock.advance(59s);
    EXPECT_EQ(told, strings{"used up for 60000"});
    clock.advance(1s);
    EXPECT_TRUE(done());
}

TEST_F(launch_test, has_four_attempts_under_way_at_most) {
    starter.latency = 1s;
    starter.answers["a"] = {runs_of({{"a", "1"}})};
    auto const& going = begin(strings(9, "a"));
    EXPECT_TRUE(going.is_busy());
    clock.advance(1s);
    clock.advance(1s);
    clock.advance(1s);
    EXPECT_TRUE(done());
    EXPECT_FALSE(going.is_busy());
    EXPECT_EQ(starter.most_in_flight, launch::requests_in_flight);
}

TEST_F(launch_test, lets_what_is_under_way_come_in_and_begins_no_more) {
    starter.latency = 1s;
    starter.answers["a"] = {runs_of({{"a", "1"}})};
    auto& going = begin(strings(5, "a"));
    going.begin_no_more();
    clock.settle();
    EXPECT_FALSE(done());
    clock.advance(1s);
    EXPECT_TRUE(done());
    EXPECT_EQ(told.size(), 4U);
    EXPECT_EQ(order(4).now, launch_order::state::open);
    EXPECT_FALSE(order(4).uncertain);
}

TEST_F(launch_test, ends_a_wait_between_attempts_when_no_more_is_to_begin) {
    starter.answers["a"] = {transient()};
    auto& going = begin({"a"});
    going.begin_no_more();
    clock.settle();
    EXPECT_TRUE(done());
    EXPECT_EQ(order(0).now, launch_order::state::open);
    EXPECT_TRUE(order(0).uncertain);
    EXPECT_EQ(order(0).last_failure, "HTTP 503");
}

TEST_F(launch_test, gives_a_reason_to_what_has_none) {
    starter.latency = 1s;
    starter.answers["a"] = {runs_of({{"a", "1"}})};
    auto& going = begin(strings(5, "a"));
    going.begin_no_more();
    going.blame("no answer came in time", true);
    going.blame("there was no time", false);
    EXPECT_EQ(order(0).last_failure, "no answer came in time");
    EXPECT_EQ(order(4).last_failure, "there was no time");
    clock.advance(1s);
}

} // namespace
} // namespace runwatch::cli
