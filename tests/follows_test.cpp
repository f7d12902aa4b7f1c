#include "app/follows.hpp"

#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_source.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

using texts = std::vector<std::string>;

/// What an app has followed, against lists that the test makes up.
class follows_test : public testing::Test {
protected:
    follows_test() {
        source_.suites = texts{};
        source_.answer_lists([this](run_list const& what, std::size_t, std::size_t) -> result<run_page> {
            auto const name = what.suite.empty() ? what.test_id : "suite " + what.suite;
            ++read_[name];
            auto const known = lists_.find(name);
            if (known == lists_.end())
                return failure(failure_kind::not_found, "no such list");
            auto page = page_of(known->second);
            page.total_results = page.runs.size();
            page.total_pages = 1;
            return page;
        });
    }

    ~follows_test() override {
        following_.close();
        polling_.stop();
        advance(source_.latency + 10s);
        EXPECT_TRUE(follow_work_.done());
        EXPECT_TRUE(poll_work_.done());
    }

    void adopt(std::vector<follow_entry> entries, bool other_api = false) {
        std::vector<followed_list> lists;
        for (auto const& entry : entries)
            lists.push_back({entry.test_id, entry.suite});
        auto const adopted = run(io_, store_.adopt({{"ops", "webhook"}, {"dev", "webhook"}}, {}, lists, clock_.utc()));
        following_.adopt(entries, adopted.follows, clock_.utc(), other_api);
        settle();
    }

    static follow_entry test(std::string id, duration every = 1min) {
        follow_entry entry;
        entry.test_id = std::move(id);
        entry.every = every;
        return entry;
    }

    static follow_entry suite(std::string name) {
        follow_entry entry;
        entry.suite = std::move(name);
        return entry;
    }

    void add(std::string const& list, std::string const& run_id, std::string const& test_id = "T") {
        lists_[list].push_back(run_in({test_id, run_id}, "running"));
    }

    void settle() {
        for (auto round = 0; round != 4; ++round) {
            clock_.settle();
            run(io_, store_.stopped_sinks());
        }
        clock_.settle();
    }

    void advance(duration time) {
        for (; time > 0ms; time -= 10s) {
            clock_.advance(std::min<duration>(time, 10s));
            settle();
        }
    }

    texts names() const {
        texts all;
        for (auto const& status : following_.status())
            all.push_back(status.name);
        return all;
    }

    std::size_t watched() { return run(io_, store_.watched()).size(); }

    static watch_policy policy() {
        watch_policy policy;
        policy.schedule.fixed_interval = 1h;
        return policy;
    }

    boost::asio::io_context io_;
    manual_clock clock_{io_};
    std::map<std::string, std::vector<test_run>> lists_;
    std::map<std::string, std::size_t> read_;
    /// What was found, and how many were watched by then.
    std::vector<std::pair<run_key, std::size_t>> found_;
    texts owed_;
    scripted_source source_{clock_, [](run_key const& key, std::size_t) { return run_in(key, "running"); }};
    store store_{io_.get_executor(), store::options{":memory:"}};
    rate_budget budget_{0};
    poller polling_{clock_,
                    source_,
                    budget_,
                    policy(),
                    8,
                    poller::listener{[](step const&, result<test_run> const&) {},
                                     [](std::string const&, observed_duration) {}, [](duration) {}}};
    log log_{log_settings{log_level::error, log_format::text}, STDERR_FILENO};
    event_log events_{log_};
    recorder recorder_{
        clock_, store_, [](run_result const&, watch_record const& watch) { return watch.sinks; },
        recorder::listener{[](std::vector<owed_delivery> const&) {}, [](std::string const&, duration) {}}};
    follows following_{io_.get_executor(),
                       clock_,
                       polling_,
                       store_,
                       events_,
                       recorder_,
                       follows::listener{[](std::optional<failure> const&) {},
                                         [this](run_key const& key) { found_.emplace_back(key, polling_.size()); },
                                         [this](std::vector<owed_delivery> const& first_owed) {
                                             for (auto const& owed : first_owed)
                                                 owed_.push_back(owed.sink);
                                         }}};
    task<void> poll_work_{io_, polling_.run()};
    task<void> follow_work_{io_, following_.run()};
};

TEST_F(follows_test, is_idle_without_anything_to_follow) {
    EXPECT_TRUE(following_.is_idle());
    EXPECT_EQ(names(), texts{});
}

TEST_F(follows_test, is_idle_once_all_was_looked_at) {
    source_.latency = 10s;
    add("A", "1");
    add("suite S", "2");
    source_.suites = texts{"S"};
    adopt({test("A"), suite("*")});
    EXPECT_FALSE(following_.is_idle());
    advance(10s);
    EXPECT_FALSE(following_.is_idle()) << "the suites are known, but not what is in them";
    advance(30s);
    EXPECT_TRUE(following_.is_idle());
    EXPECT_EQ(names(), (texts{"test A", "all suites", "suite \"S\""}));
    auto const status = following_.status();
    EXPECT_EQ(status[0].runs_found, 1U);
    EXPECT_TRUE(status[0].last_look);
    EXPECT_GT(status[0].next_look, clock_.utc());
    EXPECT_EQ(watched(), 2U);
}

TEST_F(follows_test, leaves_what_stays_as_it_is) {
    lists_["A"] = {};
    adopt({test("A")});
    advance(30s);
    EXPECT_EQ(read_["A"], 1U);
    add("B", "1");
    adopt({test("A"), test("B")});
    EXPECT_EQ(read_["A"], 1U);
    EXPECT_EQ(watched(), 1U);
    adopt({test("A")}, true);
    EXPECT_EQ(read_["A"], 2U) << "another API may have other runs";
    EXPECT_EQ(names(), texts{"test A"});
    EXPECT_EQ(polling_.size(), 1U) << "what was found is watched to its end";
    advance(10min);
    EXPECT_EQ(read_["B"], 1U);
}

TEST_F(follows_test, takes_up_what_is_changed) {
    lists_["A"] = {};
    adopt({test("A", 1h)});
    advance(10min);
    EXPECT_EQ(read_["A"], 1U);
    adopt({test("A", 1min)});
    advance(10min);
    EXPECT_EQ(read_["A"], 12U);
    EXPECT_EQ(names(), texts{"test A"});
}

TEST_F(follows_test, follows_suites_as_they_come_and_go) {
    add("suite one", "1");
    add("suite two", "2");
    source_.suites = texts{"one"};
    adopt({suite("*")});
    EXPECT_EQ(watched(), 1U);
    source_.suites = texts{"one", "two"};
    advance(1min);
    EXPECT_EQ(watched(), 2U);
    source_.suites = texts{"two"};
    advance(1min);
    EXPECT_EQ(names().size(), 3U) << "it may only have been left out";
    advance(1min);
    EXPECT_EQ(names(), (texts{"all suites", "suite \"two\""}));
    source_.suites = failure(failure_kind::transient, "HTTP 503");
    advance(10min);
    EXPECT_EQ(names().size(), 2U);
    EXPECT_EQ(following_.status().front().trouble, "HTTP 503");
    EXPECT_GT(read_["suite two"], 9U);
}

TEST_F(follows_test, leaves_a_suite_to_an_entry_of_its_own) {
    lists_["suite one"] = lists_["suite two"] = {};
    source_.suites = texts{"one", "two"};
    adopt({suite("*"), suite("one")});
    EXPECT_EQ(names(), (texts{"all suites", "suite \"two\"", "suite \"one\""}));
    adopt({suite("*"), suite("two")});
    EXPECT_EQ(names(), (texts{"all suites", "suite \"one\"", "suite \"two\""}));
    adopt({suite("*")});
    EXPECT_EQ(names().size(), 3U);
}

TEST_F(follows_test, looks_at_what_was_not_there_with_the_next_config) {
    adopt({test("A"), test("B")});
    lists_["B"] = {};
    advance(30min);
    EXPECT_TRUE(following_.status()[0].is_gone);
    EXPECT_FALSE(following_.status()[1].is_gone);
    auto const before = read_;
    add("A", "1");
    adopt({test("A"), test("B")});
    EXPECT_EQ(watched(), 1U);
    EXPECT_EQ(read_["B"], before.at("B"));
}

TEST_F(follows_test, tells_of_a_run_before_it_is_watched) {
    add("A", "1");
    adopt({test("A")});
    EXPECT_EQ(found_, (std::vector{std::pair{run_key{"T", "1"}, std::size_t{0}}}));
}

TEST_F(follows_test, brings_a_result_to_the_sinks_of_each_entry_whichever_finds_the_run_first) {
    lists_["suite S"] = {};
    auto mine = test("A");
    mine.sinks = {"dev"};
    auto other = suite("S");
    other.sinks = {"ops", "dev"};
    add("A", "1");
    adopt({mine, other});
    run_result result;
    result.key = {"T", "1"};
    result.detected_at = clock_.utc();
    findings ended;
    ended.results.push_back(std::move(result));
    run(io_, store_.record(std::move(ended), recorder_.router()));
    add("suite S", "1");
    advance(10min);
    EXPECT_EQ(owed_, texts{"ops"});
    // Of one that begins now, the run is history.
    auto late = suite("late");
    late.sinks = {"ops"};
    lists_["suite late"] = {run_in({"T", "1"}, "passed")};
    adopt({mine, other, late});
    advance(10min);
    EXPECT_EQ(run(io_, store_.deliveries({})).size(), 2U);
    other.sinks.clear();
    recorder_.set_router([](run_result const&, watch_record const&) { return texts{"new"}; });
    adopt({mine, other});
    advance(10min);
    EXPECT_EQ(owed_, texts{"ops"}) << "found before the sinks were others";
}

} // namespace
} // namespace runwatch
