#include "runwatch/follower.hpp"

#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

TEST(had_ended_by, goes_by_the_apis_clock) {
    struct row {
        std::string status;
        std::optional<duration> created;
        std::optional<duration> completed;
        duration skew;
        bool expected;
    };

    timestamp const noon{1'000h};
    for (auto const& [status, created, completed, skew, expected] :
         std::vector<row>{{"passed", -2min, -1min, 0s, true},
                          {"passed", -2min, 1min, 0s, false},
                          {"passed", -2min, 0s, 0s, false},
                          {"running", -2min, -1min, 0s, false},
                          {"error", -2min, std::nullopt, 0s, true},
                          {"error", 1s, std::nullopt, 0s, false},
                          {"failed", std::nullopt, std::nullopt, 0s, true},
                          {"passed", -2min, -1min, 2min, false},
                          {"passed", -2min, 1min, -2min, true}}) {
        auto run = run_in({"T", "R"}, status);
        if (created)
            run.created_at = noon + *created;
        if (completed)
            run.completed_at = noon + *completed;
        EXPECT_EQ(had_ended_by(run, noon, skew), expected) << status;
    }
}

/// An API whose runs of one test the test makes up, with a clock that is ahead of ours.
class made_up_api {
public:
    explicit made_up_api(manual_clock const& clock) : clock_(clock) {}

    void add(std::string const& id, duration begins, duration ends, std::string const& verdict = "passed") {
        runs_.push_back({id, clock_.utc() + begins, clock_.utc() + ends, verdict});
    }

    result<run_page> list(run_list const& what, std::size_t page) const {
        if (broken)
            return *broken;
        std::vector<test_run> all;
        for (auto const& known : runs_)
            if (auto run = show(known);
                known.begins <= clock_.utc() && (what.status.empty() || run.status_text == what.status))
                all.push_back(std::move(run));
        run_page shown;
        shown.skew = skew;
        shown.total_results = all.size();
        shown.total_pages = (all.size() + 99) / 100;
        for (auto at = (page - 1) * 100; at < std::min(page * 100, all.size()); ++at)
            shown.runs.emplace_back(all[at], whole);
        return shown;
    }

    result<test_run> fetch(run_key const& key) const {
        for (auto const& known : runs_)
            if (known.id == key.run_id)
                return show(known);
        return failure(failure_kind::not_found, "no such run");
    }

    std::optional<failure> broken;
    bool whole = true;
    duration skew{0};

private:
    struct known_run {
        std::string id;
        timestamp begins;
        timestamp ends;
        std::string verdict;
    };

    test_run show(known_run const& known) const {
        auto const ended = known.ends <= clock_.utc();
        auto run = run_in({"T", known.id}, ended ? known.verdict : "running");
        run.created_at = known.begins;
        if (ended)
            run.completed_at = known.ends;
        return run;
    }

    manual_clock const& clock_;
    std::vector<known_run> runs_;
};

class follower_test : public testing::Test {
protected:
    /// What goes when a process ends.
    struct process {
        process(follower_test& test, follow_plan plan)
            : start(run(test.io_, test.store_.adopt(test.sinks_, {}, test.follows_, test.clock_.utc())).follows.at(0),
                    test.known_ ? std::nullopt : std::optional{test.clock_.now()}),
              budget(0),
              polling(
                  test.clock_, test.source_, budget, policy(), 8,
                  poller::listener{[&test](step const& step, result<test_run> const& seen) { test.looked(step, seen); },
                                   [](std::string const&, observed_duration) {}, [](duration) {}}),
              tell{[&test](follow_status const& status, std::optional<failure> const& failed, duration wait) {
                       test.asked_.push_back(failed ? failed->message : "");
                       test.gone_ = status.is_gone;
                       test.last_wait_ = wait;
                   },
                   [&test](follow_status const&, test_run const& seen) { test.found_.push_back(seen.key.run_id); },
                   [&test](std::vector<owed_delivery> const& first_owed) {
                       for (auto const& owed : first_owed)
                           test.owed_.push_back(owed.sink + ' ' + owed.result.key.run_id);
                   },
                   [&test](std::string const&, observed_duration taken) { test.learned_.push_back(taken.taken); },
                   [](follow_status const&) {},
                   [](std::string const&, duration) {},
                   [] {}},
              following(test.clock_, polling, test.store_, test.route_, std::move(plan), start, tell),
              poll_work(test.io_, polling.run()),
              follow_work(test.io_, following.run(0ms)) {
            test.known_ = true;
            // As the app does at its start.
            for (auto const& record : run(test.io_, test.store_.watched()))
                polling.add(watched_run(record.key, test.clock_.now(), record.first_seen_at), 0ms);
        }

        static watch_policy policy() {
            watch_policy policy;
            policy.schedule.fixed_interval = 10s;
            policy.refusals_end = false;
            return policy;
        }

        follow_start start;
        rate_budget budget;
        poller polling;
        follower::listener tell;
        follower following;
        task<void> poll_work;
        task<void> follow_work;
    };

    follower_test() {
        plan_.list = run_list{"T"};
        source_.answer_lists(
            [this](run_list const& what, std::size_t page, std::size_t) { return api_.list(what, page); });
        EXPECT_EQ(run(io_, store_.adopt(sinks_, {}, follows_, clock_.utc())).follows.size(), 1U);
    }

    ~follower_test() override { crash(); }

    void start() { process_.emplace(*this, plan_); }

    /// Ends the process as it stands.
    void crash() {
        if (!process_)
            return;
        process_->follow_work.cancel();
        process_->poll_work.cancel();
        settle();
        process_.reset();
    }

    /// The store has a thread of its own: what it is asked it does in order.
    void settle() {
        for (auto round = 0; round != 3; ++round) {
            clock_.settle();
            run(io_, store_.stopped_sinks());
        }
        clock_.settle();
    }

    void advance(duration time, duration step = 1s) {
        settle();
        for (; time > 0ms; time -= step) {
            clock_.advance(std::min(time, step));
            settle();
        }
    }

    void looked(step const& step, result<test_run> const& seen) {
        if (!step.ended)
            return;
        run_result result;
        result.key = step.next.key;
        result.ended = *step.ended;
        if (seen)
            result.run = *seen;
        reported_.push_back(step.next.key.run_id);
        findings found;
        found.results.push_back(std::move(result));
        // What is reported is written in the order in which it came.
        boost::asio::co_spawn(
            io_, store_.record(std::move(found), [](run_result const&, watch_record const&) { return texts{}; }),
            [](std::exception_ptr const&, std::vector<owed_delivery> const&) {});
    }

    using texts = std::vector<std::string>;

    /// Somebody else has it reported now that a run has ended.
    void report(std::string const& id, outcome ended = outcome::passed) {
        run_result result;
        result.key = {"T", id};
        result.ended = ended;
        result.detected_at = clock_.utc();
        findings found;
        found.results.push_back(std::move(result));
        run(io_, store_.record(std::move(found), [](run_result const&, watch_record const&) { return texts{}; }));
    }

    boost::asio::io_context io_;
    manual_clock clock_{io_};
    made_up_api api_{clock_};
    scripted_source source_{clock_, [this](run_key const& key, std::size_t) { return api_.fetch(key); }};
    store store_{io_.get_executor(), store::options{":memory:"}};
    std::vector<sink_identity> sinks_{{"ops", "webhook"}};
    std::vector<followed_list> follows_{{"T", ""}};
    store::router route_{[](run_result const&, watch_record const& watch) { return watch.sinks; }};
    bool known_ = false;
    follow_plan plan_;
    texts asked_;
    texts found_;
    texts owed_;
    texts reported_;
    std::vector<duration> learned_;
    bool gone_ = false;
    duration last_wait_{0};
    std::optional<process> process_;
};

TEST_F(follower_test, watches_what_goes_on_and_learns_from_history) {
    api_.add("old", -2h, -1h);
    api_.add("going on", -1min, 5s);
    start();
    settle();
    EXPECT_EQ(found_, texts{"going on"});
    EXPECT_EQ(learned_, std::vector<duration>{1h});
    EXPECT_TRUE(process_->following.is_idle());
    advance(30s);
    EXPECT_EQ(reported_, texts{"going on"});
}

TEST_F(follower_test, looks_as_often_as_it_is_told) {
    start();
    advance(10min);
    EXPECT_EQ(source_.readings().size(), 11U);
    api_.add("new", 0s, 5s);
    advance(1min);
    EXPECT_EQ(found_, texts{"new"});
    EXPECT_EQ(source_.readings().size(), 12U);
}

TEST_F(follower_test, reports_at_once_what_began_and_ended_between_two_looks) {
    start();
    settle();
    api_.add("short", 10s, 20s, "failed");
    advance(60s);
    EXPECT_EQ(reported_, texts{"short"});
    EXPECT_EQ(source_.looks().size(), 0U) << "the list has shown it whole";
    api_.whole = false;
    api_.add("shown in part", 10s, 20s);
    advance(60s);
    EXPECT_EQ(reported_, (texts{"short", "shown in part"}));
    EXPECT_EQ(source_.looks().size(), 1U);
}

TEST_F(follower_test, reports_once_what_ended_while_nobody_looked) {
    api_.add("history", -1h, -30min);
    api_.add("going on", -1min, 3min);
    start();
    settle();
    crash();
    api_.add("missed", 1min, 2min);
    clock_.advance(1h);
    start();
    advance(10s);
    std::ranges::sort(reported_);
    EXPECT_EQ(reported_, (texts{"going on", "missed"}));
    crash();
    start();
    advance(2min);
    EXPECT_EQ(reported_.size(), 2U);
}

TEST_F(follower_test, reports_history_from_when_it_is_told) {
    plan_.since = clock_.utc() - 1h;
    api_.add("older", -3h, -2h);
    api_.add("newer", -50min, -40min);
    start();
    settle();
    EXPECT_EQ(reported_, texts{"newer"});
    crash();
    plan_.since = timestamp::min();
    start();
    settle();
    EXPECT_EQ(reported_, (texts{"newer", "older"}));
}

TEST_F(follower_test, brings_to_its_sinks_what_others_reported_since_it_began) {
    plan_.sinks = {"ops"};
    // The API is slow to say so.
    api_.add("given up", -2h, 10s);
    report("given up", outcome::timed_out);
    api_.skew = 1h;
    clock_.advance(3s);
    start();
    settle();
    crash();
    api_.add("short", 10s, 20s);
    clock_.advance(30s);
    report("short");
    start();
    settle();
    EXPECT_EQ(owed_, texts{"ops short"});
    plan_.sinks = {"ops", "another"};
    crash();
    start();
    advance(2h, 1min);
    EXPECT_EQ(owed_, texts{"ops short"});
    EXPECT_EQ(run(io_, store_.deliveries({})).size(), 1U);
    EXPECT_EQ(found_, texts{});
}

TEST_F(follower_test, counts_from_when_it_began_by_the_apis_clock) {
    // The API's clock is an hour ahead; the times of runs come with that taken out.
    api_.skew = 1h;
    api_.add("old", -10min, -1min);
    start();
    settle();
    EXPECT_EQ(found_, texts{});
    crash();
    // Now the API agrees with us, as ours was set: 10 minutes from the start are 70 by its times.
    api_.skew = 0s;
    api_.add("new", 65min, 70min);
    clock_.advance(80min);
    start();
    settle();
    EXPECT_EQ(reported_, texts{"new"});
}

TEST_F(follower_test, reports_rather_than_loses_what_ended_as_it_began) {
    // What is taken for the API's clock is a second and a half ahead of what that shows.
    api_.skew = 1500ms;
    api_.add("just after", -1min, -1450ms);
    api_.add("before", -1min, -2100ms);
    start();
    settle();
    EXPECT_EQ(reported_, texts{"just after"});
}

TEST_F(follower_test, waits_for_an_api_that_fails_and_goes_on_where_it_was) {
    for (auto number = 0; number != 250; ++number)
        api_.add(std::to_string(number), -1min, 1h);
    auto count = 0;
    source_.answer_lists([&](run_list const& what, std::size_t page, std::size_t) -> result<run_page> {
        if (++count % 2 == 0)
            return failure(failure_kind::transient, "HTTP 503");
        return api_.list(what, page);
    });
    start();
    advance(9s);
    EXPECT_EQ(found_.size(), 250U);
    EXPECT_EQ(source_.readings().size(), 5U);
}

TEST_F(follower_test, asks_rarely_for_what_is_not_there_until_it_is) {
    api_.broken = failure(failure_kind::not_found, "no such list");
    start();
    settle();
    EXPECT_FALSE(gone_) << "it may be a mistake";
    advance(5min);
    EXPECT_TRUE(gone_);
    EXPECT_TRUE(process_->following.is_idle());
    advance(24h, 5min);
    EXPECT_LT(asked_.size(), 35U);
    EXPECT_EQ(last_wait_, 1h);
    api_.broken.reset();
    api_.add("new", 0s, 2h);
    advance(1h, 1min);
    EXPECT_EQ(found_, texts{"new"});
    EXPECT_FALSE(process_->following.status().is_gone);
}

TEST_F(follower_test, looks_at_once_when_told_to_start_over) {
    api_.broken = failure(failure_kind::not_found, "no such list");
    start();
    advance(10min);
    api_.broken.reset();
    api_.add("new", 0s, 1h);
    process_->following.start_over();
    settle();
    EXPECT_EQ(found_, texts{"new"});
}

TEST_F(follower_test, ends_when_it_is_closed) {
    start();
    advance(5s);
    process_->following.close();
    settle();
    EXPECT_TRUE(process_->follow_work.done());
}

TEST_F(follower_test, finds_each_run_once_among_many_starts) {
    for (auto number = 0; number != 60; ++number)
        api_.add(std::to_string(number), 3s * number, 3s * number + 20s);
    for (auto times = 0; times != 8; ++times) {
        start();
        advance(duration{20'000 + 3'000 * times});
        crash();
    }
    start();
    advance(2min);
    std::set<std::string> const once(reported_.begin(), reported_.end());
    EXPECT_EQ(once.size(), 60U);
    std::set<std::string> const found(found_.begin(), found_.end());
    EXPECT_EQ(found.size(), found_.size()) << "handed on twice";
}

} // namespace
} // namespace runwatch
