#include "support/poller_bench.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

run_key run_of(std::string const& test, std::size_t index) { return {test, "run-" + std::to_string(index)}; }

/// An API that knows when each of its runs ends, and lists them as well or as badly as a test wants.
class listing_api {
public:
    struct known_run {
        run_key key;
        duration begins{0};
        duration ends{0};
        std::string verdict = "passed";
    };

    /// How lists deceive.
    struct vices {
        bool oldest_first = false;
        bool shuffled = false;
        /// How likely a page lacks a run that it should show, shows it twice, or as it was a minute ago.
        double drops = 0;
        double repeats = 0;
        double is_stale = 0;
        /// How likely an entry lacks its logs.
        double is_partial = 0;
        /// Up to so many unknown runs come in between two pages.
        int inserts = 0;
    };

    explicit listing_api(manual_clock const& clock) : clock_(clock), start_(clock.now()) {}

    void add(std::string const& test, std::size_t index, duration begins, duration ends,
             std::string const& verdict = "passed", std::string const& suite_run = {}) {
        runs_.push_back({run_of(test, index), begins, ends, verdict});
        suite_runs_.push_back(suite_run);
    }

    test_run show(std::size_t index, duration age) const {
        auto const& known = runs_[index];
        auto run = run_in(known.key, age < known.ends ? "running" : known.verdict);
        run.created_at = clock_.utc() - age_now() + known.begins;
        if (age >= known.ends)
            run.completed_at = clock_.utc() - age_now() + known.ends;
        run.suite_run_id = suite_runs_[index];
        return run;
    }

    /// From now on a fetch brings nothing.
    void break_fetches() { fetches_fail_ = true; }

    result<test_run> fetch(run_key const& key) const {
        if (fetches_fail_)
            return failure(failure_kind::transient, "HTTP 500");
        for (std::size_t index = 0; index < runs_.size(); ++index)
            if (runs_[index].key == key)
                return show(index, age_now());
        return failure(failure_kind::not_found, "no such run");
    }

    result<run_page> list(run_list const& what, std::size_t page) {
        std::vector<std::size_t> all;
        for (std::size_t index = 0; index < runs_.size(); ++index)
            if (what.test_id.empty() ? suite_runs_[index] == what.suite_run_id
                                     : runs_[index].key.test_id == what.test_id)
                all.push_back(index);
        if (!has.oldest_first)
            std::ranges::reverse(all);
        if (has.shuffled)
            std::ranges::shuffle(all, random_);
        run_page shown;
        auto const inserted = page > 1 && has.inserts > 0 ? random_() % (static_cast<unsigned>(has.inserts) + 1) : 0;
        shown.total_results = all.size() + inserted;
        shown.total_pages = (shown.total_results + runs_per_page - 1) / runs_per_page;
        auto const end = std::min(page * runs_per_page, shown.total_results);
        for (auto place = (page - 1) * runs_per_page; place < end; ++place) {
            if (place < inserted || chance(has.drops))
                continue;
            auto const index = all[place - inserted];
            for (auto times = chance(has.repeats) ? 2 : 1; times > 0; --times) {
                auto run = show(index, chance(has.is_stale) ? age_now() - 1min : age_now());
                auto const whole = !chance(has.is_partial);
                shown.runs.emplace_back(std::move(run), whole);
            }
        }
        return shown;
    }

    vices has;

private:
    duration age_now() const { return std::chrono::duration_cast<duration>(clock_.now() - start_); }

    bool chance(double of) { return of > 0 && std::uniform_real_distribution<>{}(random_) < of; }

    manual_clock const& clock_;
    instant start_;
    bool fetches_fail_ = false;
    std::mt19937 random_{7};
    std::vector<known_run> runs_;
    std::vector<std::string> suite_runs_;
};

/// A poller that watches runs of such an API.
class poller_lists : public testing::Test {
protected:
    void poll_by(watch_policy const& policy, std::uint64_t per_second = 0) {
        bench_ = std::make_unique<poller_bench>([this](run_key const& key, std::size_t) { return api_->fetch(key); }, 8,
                                                policy, per_second);
        api_ = std::make_unique<listing_api>(bench_->clock);
        bench_->source.answer_lists(
            [this](run_list const& what, std::size_t page, std::size_t) { return api_->list(what, page); });
    }

    void SetUp() override { poll_by(poller_bench::fixed_policy()); }

    /// Watches runs of a test that begin at once and end at a time each.
    void watch(std::string const& test, std::size_t count, duration ends, duration apart = 0s) {
        for (std::size_t index = 0; index < count; ++index) {
            api_->add(test, index, 0s, ends + apart * static_cast<duration::rep>(index));
            bench_->add(run_of(test, index));
        }
    }

    std::size_t looks() const { return bench_->source.looks().size(); }

    std::size_t readings() const { return bench_->source.readings().size(); }

    std::unique_ptr<poller_bench> bench_;
    std::unique_ptr<listing_api> api_;
};

TEST_F(poller_lists, looks_at_all_runs_of_a_test_by_one_request) {
    watch("T", 50, 35s);
    bench_->clock.advance(1min);
    EXPECT_EQ(looks(), 0U);
    EXPECT_EQ(readings(), 5U);
    EXPECT_EQ(bench_->ends(), std::vector(50, outcome::passed));
}

TEST_F(poller_lists, fetches_the_only_run_of_a_test) {
    watch("T", 1, 35s);
    bench_->clock.advance(1min);
    EXPECT_EQ(looks(), 5U);
    EXPECT_EQ(readings(), 0U);
}

TEST_F(poller_lists, fetches_what_the_list_does_not_show) {
    watch("T", 20, 1h);
    // It exists, but the list knows nothing of it.
    bench_->add(run_key{"T", "hidden"});
    bench_->clock.advance(500ms);
    EXPECT_EQ(readings(), 1U);
    ASSERT_EQ(looks(), 1U);
    EXPECT_EQ(bench_->source.looks().front().key.run_id, "hidden");
}

TEST_F(poller_lists, fetches_a_run_that_has_ended_but_is_shown_in_part) {
    api_->has.is_partial = 1;
    watch("T", 20, 5s);
    bench_->clock.advance(10s);
    EXPECT_EQ(readings(), 2U);
    EXPECT_EQ(looks(), 20U);
    EXPECT_EQ(bench_->ends(), std::vector(20, outcome::passed));
}

TEST_F(poller_lists, does_without_the_rest_of_a_run_that_cannot_be_fetched) {
    poll_by(poller_bench::fixed_policy());
    api_->has.is_partial = 1;
    bench_->source.answer_lists(
        [this](run_list const& what, std::size_t page, std::size_t) { return api_->list(what, page); });
    api_->break_fetches();
    watch("T", 3, 5s);
    bench_->clock.advance(2min);
    EXPECT_EQ(bench_->ends(), std::vector(3, outcome::passed));
    EXPECT_LE(looks(), 9U);
}

TEST_F(poller_lists, goes_on_to_the_pages_that_show_more) {
    watch("T", 250, 5s);
    bench_->clock.advance(10s);
    EXPECT_EQ(looks(), 0U);
    EXPECT_EQ(readings(), 6U);
    EXPECT_EQ(bench_->ends(), std::vector(250, outcome::passed));
}

TEST_F(poller_lists, finds_the_newest_runs_at_the_end_of_a_list_of_thousands) {
    api_->has.oldest_first = true;
    for (std::size_t index = 0; index < 5'000; ++index)
        api_->add("T", 10'000 + index, -2h, -1h);
    watch("T", 40, 1h);
    bench_->clock.advance(95s);
    // The first sweep looks at the front, too.
    EXPECT_EQ(readings(), 11U);
    EXPECT_EQ(looks(), 0U);
}

TEST_F(poller_lists, gives_up_lists_that_do_not_show_what_is_wanted) {
    api_->has.shuffled = true;
    for (std::size_t index = 0; index < 5'000; ++index)
        api_->add("T", 10'000 + index, -2h, -1h);
    watch("T", 3, 1h);
    bench_->clock.advance(30min);
    EXPECT_EQ(looks(), 3U * 181U);
    EXPECT_LT(readings(), 20U);
}

TEST_F(poller_lists, fetches_where_lists_are_refused_and_tells_of_no_failure) {
    bench_->source.answer_lists([](run_list const&, std::size_t, std::size_t) -> result<run_page> {
        return failure(failure_kind::refused, "HTTP 403");
    });
    watch("T", 10, 25s);
    bench_->clock.advance(1min);
    EXPECT_EQ(bench_->ends(), std::vector(10, outcome::passed));
    EXPECT_EQ(looks(), 40U);
    EXPECT_LT(readings(), 4U);
    for (auto const& step : bench_->told)
        EXPECT_EQ(step.next.failures, 0U);
}

TEST_F(poller_lists, pauses_when_a_list_is_throttled_and_reads_it_then) {
    bench_->source.answer_lists(
        [this](run_list const& what, std::size_t page, std::size_t reading) -> result<run_page> {
            if (reading == 0)
                return failure(failure_kind::throttled, "HTTP 429", 30s);
            return api_->list(what, page);
        });
    watch("T", 10, 25s);
    bench_->clock.advance(29s);
    EXPECT_EQ(bench_->source.requests(), 1U);
    bench_->clock.advance(1s);
    EXPECT_EQ(bench_->source.requests(), 2U);
    EXPECT_EQ(bench_->ends(), std::vector(10, outcome::passed));
}

TEST_F(poller_lists, takes_what_a_list_shows_of_a_run_that_is_not_due_yet) {
    watch("T", 5, 1h);
    api_->add("T", 77, 0s, 5s);
    bench_->add(run_of("T", 77), 60s);
    bench_->clock.advance(15s);
    EXPECT_EQ(bench_->ends(), std::vector{outcome::passed});
    EXPECT_EQ(looks(), 0U);
}

TEST_F(poller_lists, names_the_runs_whose_list_brought_no_answer) {
    bench_->source.latency = 1h;
    watch("T", 3, 1h);
    bench_->clock.advance(1s);
    bench_->polling.look_last();
    bench_->clock.advance(1s);
    EXPECT_EQ(bench_->polling.unanswered().size(), 3U);
}

TEST_F(poller_lists, lets_go_of_runs_while_their_list_is_read) {
    bench_->source.latency = 1s;
    watch("T", 5, 1h);
    bench_->clock.advance(500ms);
    for (std::size_t index = 0; index < 5; ++index)
        bench_->polling.remove(run_of("T", index));
    bench_->polling.close();
    bench_->clock.advance(10s);
    EXPECT_TRUE(bench_->told.empty());
    EXPECT_TRUE(bench_->work.done());
}

TEST_F(poller_lists, takes_the_last_looks_by_lists_too) {
    watch("T", 30, 12s);
    bench_->clock.advance(5s);
    bench_->clock.advance(8s);
    auto const before = bench_->source.requests();
    bench_->polling.look_last();
    bench_->clock.settle();
    EXPECT_EQ(bench_->source.requests() - before, 1U);
    EXPECT_EQ(bench_->ends(), std::vector(30, outcome::passed));
    EXPECT_TRUE(bench_->work.done());
}

TEST_F(poller_lists, is_cancelled_in_the_middle_of_a_list) {
    bench_->source.latency = 1h;
    watch("T", 30, 1h);
    bench_->clock.advance(1s);
    bench_->work.cancel();
    bench_->clock.settle();
    EXPECT_TRUE(ends_cancelled(bench_->work));
}

TEST_F(poller_lists, learns_from_the_past_of_a_test_how_long_its_runs_take) {
    poll_by(watch_policy{});
    for (std::size_t index = 0; index < 60; ++index)
        api_->add("T", 1'000 + index, -2h, -2h + 600s + std::chrono::seconds{index % 20});
    watch("T", 1, 605s);
    bench_->clock.advance(30s);
    EXPECT_EQ(readings(), 1U);
    EXPECT_EQ(bench_->learned["T"].size(), 60U);
    auto const usual = bench_->polling.schedules().usual("T");
    ASSERT_TRUE(usual);
    EXPECT_EQ(bench_->polling.schedules().known("T"), 60U);
    EXPECT_GT(usual->low, 450s);
    EXPECT_LT(usual->high, 800s);
    bench_->clock.advance(20min);
    EXPECT_EQ(bench_->ends(), std::vector{outcome::passed});
    // Looks every six seconds for ten minutes would be a hundred.
    EXPECT_LT(bench_->source.requests(), 40U);
    EXPECT_EQ(readings(), 1U);
}

TEST_F(poller_lists, does_not_ask_for_a_past_that_it_knows) {
    poll_by(watch_policy{});
    for (auto const taken : {600s, 605s, 610s})
        bench_->polling.schedules().learn("T", observed_duration{taken, true});
    watch("T", 1, 605s);
    bench_->clock.advance(20min);
    EXPECT_EQ(readings(), 0U);
}

TEST_F(poller_lists, finds_out_which_suite_run_the_runs_belong_to_and_looks_at_them_together) {
    poll_by(poller_bench::fixed_policy(), 10);
    bench_->source.latency = 100ms;
    bench_->source.answer_tests([](std::string const&, std::size_t) -> result<test_description> {
        return test_description{"nightly", 300s};
    });
    for (std::size_t index = 0; index < 50; ++index) {
        auto const test = "T" + std::to_string(index);
        api_->add(test, index, 0s, 95s, "passed", "suite-run");
        bench_->add(run_of(test, index));
    }
    bench_->clock.advance(2min);
    EXPECT_EQ(bench_->ends(), std::vector(50, outcome::passed));
    EXPECT_EQ(bench_->source.questions().size(), 1U);
    // A handful of looks were under way before it was known; ten rounds follow.
    EXPECT_LT(looks(), 8U);
    EXPECT_LT(readings(), 14U);
}

TEST_F(poller_lists, spends_a_twentieth_of_the_requests_for_fifty_runs_of_a_test) {
    std::size_t requests[2] = {};
    for (auto const with_lists : {true, false}) {
        poll_by(watch_policy{}, 50);
        bench_->source.latency = 50ms;
        if (!with_lists)
            bench_->source.answer_lists([](run_list const&, std::size_t, std::size_t) -> result<run_page> {
                return failure(failure_kind::permanent, "HTTP 404");
            });
        std::mt19937 random{11};
        std::lognormal_distribution<> draw{std::log(90.0), 0.3};
        for (std::size_t index = 0; index < 50; ++index) {
            auto const taken = std::chrono::milliseconds{static_cast<long>(draw(random) * 1'000)};
            api_->add("T", index, 0s, taken);
            bench_->add(run_of("T", index));
        }
        bench_->clock.advance(10min);
        EXPECT_EQ(bench_->ends().size(), 50U);
        requests[with_lists ? 0 : 1] = bench_->source.requests() - (with_lists ? 0 : readings());
    }
    EXPECT_LE(20 * requests[0], requests[1]) << requests[0] << " against " << requests[1];
}

/// Whatever lists show and hide, each run ends once, with its own verdict, and not long after its end.
TEST_F(poller_lists, never_miss_a_result_nor_make_one_up) {
    for (unsigned seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random{seed};
        std::uniform_real_distribution<> share{0, 0.5};
        poll_by(poller_bench::fixed_policy(), 20);
        bench_->source.latency = std::chrono::milliseconds{random() % 200};
        api_->has.oldest_first = random() % 2 == 0;
        api_->has.shuffled = random() % 3 == 0;
        api_->has.drops = random() % 2 == 0 ? share(random) : 0;
        api_->has.repeats = share(random);
        api_->has.is_stale = random() % 2 == 0 ? share(random) : 0;
        api_->has.is_partial = random() % 2 == 0 ? share(random) : 0;
        api_->has.inserts = static_cast<int>(random() % 30);
        for (std::size_t index = 0; index < random() % 400; ++index)
            api_->add("T1", 10'000 + index, -2h, -1h, "failed");
        std::map<run_key, std::pair<std::string, duration>, bool (*)(run_key const&, run_key const&)> truth(
            [](run_key const& a, run_key const& b) { return a.ref() < b.ref(); });
        std::vector<std::string> const verdicts{"passed", "failed", "error"};
        for (std::size_t index = 0; index < 150; ++index) {
            auto const test = "T" + std::to_string(random() % 3);
            auto const ends = std::chrono::milliseconds{random() % 300'000};
            auto const& verdict = verdicts[random() % 3];
            api_->add(test, index, 0s, ends, verdict);
            truth[run_of(test, index)] = {verdict, ends};
            bench_->add(run_of(test, index));
        }
        std::set<std::string> ended;
        auto const start = bench_->clock.now();
        bench_->on_look = [&](step const& step, result<test_run> const&) {
            if (!step.ended)
                return;
            auto const& [verdict, ends] = truth.at(step.next.key);
            EXPECT_TRUE(ended.insert(step.next.key.ref()).second);
            EXPECT_EQ(to_string(*step.ended), verdict);
            EXPECT_GE(bench_->clock.now() - start, ends);
            // Its interval, and as long as a stale entry may hide it, while others take their turns.
            EXPECT_LT(bench_->clock.now() - start, ends + 100s);
        };
        bench_->polling.close();
        bench_->clock.advance(15min);
        EXPECT_EQ(ended.size(), truth.size());
        EXPECT_TRUE(bench_->work.done());
    }
}

} // namespace
} // namespace runwatch
