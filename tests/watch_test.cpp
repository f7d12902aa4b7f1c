#include "runwatch/watch.hpp"

#include "support/scripted_source.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using support::run_in;

run_key const key{"test", "run"};
instant const start{1h};

check_plan plan_of(watch_policy const& policy) { return plan_checks(default_prior(), policy.schedule); }

/// A run that is watched since `start`, and what the looks at it brought.
class watched {
public:
    explicit watched(watch_policy const& policy = {}) : policy_(policy), plan_(plan_of(policy)) {}

    /// Takes a look so long after the start of the watch.
    step look(duration after, result<test_run> const& seen) {
        auto step = advance(run_, seen, start + after, policy_, plan_);
        run_ = step.next;
        return step;
    }

    step look(duration after, char const* status) { return look(after, run_in(key, status)); }

    step fail(duration after, failure_kind kind, char const* message = "why",
              std::optional<duration> retry_after = std::nullopt) {
        return look(after, failure(kind, message, retry_after));
    }

private:
    watch_policy policy_;
    check_plan plan_;
    watched_run run_{key, start, timestamp{}};
};

TEST(watch, ends_with_the_verdict_of_the_api) {
    struct {
        char const* status;
        std::optional<outcome> ended;
    } const rows[] = {
        {"pending", {}},
        {"starting", {}},
        {"running", {}},
        {"passed", outcome::passed},
        {"failed", outcome::failed},
        {"error", outcome::error},
        {"Passed", {}},
        {"cancelled", {}},
        {"", {}},
    };

    for (auto const& row : rows) {
        auto const step = watched().look(5s, row.status);
        EXPECT_EQ(step.ended, row.ended) << row.status;
        EXPECT_EQ(step.reason, "") << row.status;
        EXPECT_EQ(step.next.polls, 1U);
        EXPECT_EQ(step.next.status_text, row.status);
    }
}

TEST(watch, looks_again_as_the_plan_has_it_for_its_age) {
    auto const plan = plan_of({});
    for (auto const age : {0s, 30s, 60s, 600s, 3'600s})
        EXPECT_EQ(watched().look(age, "running").next_poll, plan.next(age)) << age.count();
}

TEST(watch, counts_the_age_of_a_run_from_its_creation) {
    auto const plan = plan_of({});
    auto run = run_in(key, "running");
    run.created_at = timestamp{} - 100s;
    EXPECT_EQ(watched().look(20s, run).next_poll, plan.next(120s));
    // A run may be watched before it is there.
    run.created_at = timestamp{} + 15s;
    EXPECT_EQ(watched().look(20s, run).next_poll, plan.next(5s));
    // Nor can it be created later than it is seen, or in another age.
    run.created_at = timestamp{} + 1h;
    EXPECT_EQ(watched().look(20s, run).next_poll, plan.next(0s));
    run.created_at = timestamp{} - 24h * 365 * 1'000;
    EXPECT_EQ(watched().look(20s, run).next_poll, plan.next(24h * 30 + 20s));
}

TEST(watch, looks_again_after_exactly_the_interval_where_that_is_fixed) {
    watch_policy policy;
    policy.schedule.fixed_interval = 7s;
    watched run(policy);
    EXPECT_EQ(run.look(0s, "running").next_poll, 7s);
    EXPECT_EQ(run.look(1h, "running").next_poll, 7s);
}

TEST(watch, spreads_runs_looks_and_processes_that_fail_together) {
    std::set<duration> waits;
    failure const failed{failure_kind::transient, "HTTP 503"};
    auto const plan = plan_of({});
    for (int index = 0; index < 50; ++index) {
        watched_run run{{"test", "run-" + std::to_string(index)}, start, timestamp{}};
        run.failures = 10;
        auto step = advance(run, failed, start + 5min, watch_policy{}, plan);
        waits.insert(step.next_poll);
        step = advance(step.next, failed, start + 5min, watch_policy{}, plan);
        waits.insert(step.next_poll);
        watch_policy other;
        other.seed = 42;
        waits.insert(advance(run, failed, start + 5min, other, plan).next_poll);
    }
    // 150 draws out of 7,500 milliseconds: a few fall together.
    EXPECT_GT(waits.size(), 140U);
}

TEST(watch, is_a_pure_function) {
    watched_run const run{key, start, timestamp{}};
    failure const failed{failure_kind::transient, "HTTP 503"};
    auto const once = advance(run, failed, start + 5min, watch_policy{}, plan_of({}));
    auto const again = advance(run, failed, start + 5min, watch_policy{}, plan_of({}));
    EXPECT_EQ(once.next_poll, again.next_poll);
}

/// A look at a run that the API says was created and completed so long after the watch began.
test_run ended_run(std::optional<duration> created, std::optional<duration> completed) {
    auto run = run_in(key, "passed");
    if (created)
        run.created_at = timestamp{} + *created;
    if (completed)
        run.completed_at = timestamp{} + *completed;
    return run;
}

TEST(watch, measures_how_long_a_run_took_by_the_times_of_the_api_as_far_as_looks_bear_them_out) {
    // It is created 10 seconds before it is watched, seen running after 60, and seen to have ended after 80.
    struct {
        char const* what;
        std::optional<duration> created;
        std::optional<duration> completed;
        duration taken;
    } const rows[] = {
        {"as the API has it", -10s, 75s, 85s},
        {"completed while it still went on", -10s, 30s, 80s},
        {"completed after it was seen to have ended", -10s, 200s, 80s},
        {"completed before it was created", -10s, -20s, 80s},
        {"not said when completed", -10s, {}, 80s},
        {"a little late by the API's clock", -10s, 82s, 92s},
        {"not said when created", {}, 75s, 80s},
    };

    for (auto const& row : rows) {
        watched run;
        auto alive = run_in(key, "running");
        alive.created_at = timestamp{} - 10s;
        run.look(60s, alive);
        auto const step = run.look(80s, ended_run(row.created, row.completed));
        ASSERT_TRUE(step.taken) << row.what;
        EXPECT_TRUE(step.taken->ended) << row.what;
        EXPECT_EQ(step.taken->taken, row.taken) << row.what;
    }
}

TEST(watch, measures_nothing_where_neither_the_api_nor_a_look_tells) {
    EXPECT_FALSE(watched().look(80s, ended_run({}, {})).taken);
    EXPECT_FALSE(watched().look(80s, ended_run(-10s, {})).taken);
    EXPECT_EQ(watched().look(80s, ended_run(-10s, 20s)).taken->taken, 30s);
    watched alive;
    EXPECT_FALSE(alive.look(60s, "running").taken);
    EXPECT_FALSE(alive.fail(70s, failure_kind::transient).taken);
}

TEST(watch, measures_a_run_that_is_given_up_as_lasting_at_least_as_long) {
    watch_policy policy;
    policy.give_up_after = 1h;
    watched run(policy);
    run.look(10s, "running");
    auto const step = run.look(1h, "running");
    EXPECT_EQ(step.ended, outcome::timed_out);
    ASSERT_TRUE(step.taken);
    EXPECT_FALSE(step.taken->ended);
    EXPECT_EQ(step.taken->taken, 1h);
}

TEST(watch, notices_each_change_of_status_once) {
    watched run;
    EXPECT_TRUE(run.look(1s, "pending").status_changed);
    EXPECT_FALSE(run.look(2s, "pending").status_changed);
    EXPECT_FALSE(run.fail(3s, failure_kind::transient).status_changed);
    EXPECT_FALSE(run.look(4s, "pending").status_changed);
    EXPECT_TRUE(run.look(5s, "running").status_changed);
    EXPECT_TRUE(run.look(6s, "passed").status_changed);
}

TEST(watch, notices_a_status_that_the_api_does_not_list) {
    watched run;
    EXPECT_FALSE(run.look(1s, "running").status_unknown);
    EXPECT_TRUE(run.look(2s, "queued").status_unknown);
    EXPECT_FALSE(run.look(3s, "queued").status_unknown);
    EXPECT_TRUE(run.look(4s, "paused").status_unknown);
    EXPECT_FALSE(run.look(5s, "running").status_unknown);
}

TEST(watch, notices_when_a_failure_comes_changes_and_goes) {
    watched run;
    EXPECT_FALSE(run.look(1s, "running").failure_changed);
    EXPECT_TRUE(run.fail(2s, failure_kind::transient, "HTTP 503").failure_changed);
    EXPECT_FALSE(run.fail(3s, failure_kind::transient, "HTTP 503").failure_changed);
    EXPECT_TRUE(run.fail(4s, failure_kind::transient, "HTTP 502").failure_changed);
    auto const step = run.look(5s, "running");
    EXPECT_TRUE(step.failure_changed);
    EXPECT_EQ(step.next.last_failure, "");
    EXPECT_EQ(step.next.failures, 0U);
    EXPECT_FALSE(run.look(6s, "running").failure_changed);
}

TEST(watch, backs_off_while_looks_fail_but_never_ends_for_it) {
    watched run;
    duration longest{500};
    for (int count = 1; count <= 20; ++count) {
        auto const step = run.fail(count * 1min, failure_kind::transient);
        EXPECT_FALSE(step.ended);
        EXPECT_LE(step.next_poll, longest);
        EXPECT_GE(step.next_poll * 4, longest * 3);
        longest = std::min<duration>(longest * 2, 30s);
    }
}

TEST(watch, waits_as_long_as_the_peer_asks_and_no_less_than_its_backoff) {
    watched run;
    EXPECT_EQ(run.fail(1s, failure_kind::throttled, "why", 90s).next_poll, 90s);
    EXPECT_EQ(run.fail(2s, failure_kind::transient, "why", 2min).next_poll, 2min);
    EXPECT_GE(run.fail(3s, failure_kind::throttled, "why", 0s).next_poll, 1'500ms);
    EXPECT_FALSE(run.fail(4s, failure_kind::throttled).ended);
}

TEST(watch, ends_at_once_when_refused) {
    auto const step = watched().fail(1s, failure_kind::refused, "the key is not accepted");
    EXPECT_EQ(step.ended, outcome::unwatchable);
    EXPECT_EQ(step.reason, "the key is not accepted");
}

TEST(watch, of_a_daemon_ends_for_no_refusal) {
    watch_policy policy;
    policy.refusals_end = false;
    watched run(policy);
    for (auto const kind : {failure_kind::refused, failure_kind::permanent, failure_kind::permanent,
                            failure_kind::permanent, failure_kind::gone, failure_kind::refused})
        EXPECT_FALSE(run.fail(1s, kind).ended);
    EXPECT_FALSE(run.fail(1min, failure_kind::not_found).ended);
    EXPECT_EQ(run.fail(2min, failure_kind::not_found).ended, outcome::unwatchable);
}

TEST(watch, of_a_daemon_is_given_up_only_by_a_look_that_succeeds) {
    watch_policy policy;
    policy.refusals_end = false;
    policy.give_up_after = 1h;
    watched run(policy);
    EXPECT_FALSE(run.fail(2h, failure_kind::transient).ended);
    EXPECT_FALSE(run.fail(3h, failure_kind::refused).ended);
    EXPECT_EQ(run.look(4h, "running").ended, outcome::timed_out);
    watched late(policy);
    EXPECT_FALSE(late.fail(2h, failure_kind::transient).ended);
    EXPECT_EQ(late.look(3h, "passed").ended, outcome::passed);
}

TEST(watch, believes_a_permanent_failure_the_second_time_in_a_row) {
    watched run;
    EXPECT_FALSE(run.fail(1s, failure_kind::permanent).ended);
    EXPECT_FALSE(run.fail(2s, failure_kind::transient).ended);
    EXPECT_FALSE(run.fail(3s, failure_kind::permanent).ended);
    EXPECT_FALSE(run.look(4s, "running").ended);
    EXPECT_FALSE(run.fail(5s, failure_kind::permanent).ended);
    auto const step = run.fail(6s, failure_kind::permanent, "HTTP 400");
    EXPECT_EQ(step.ended, outcome::unwatchable);
    EXPECT_EQ(step.reason, "HTTP 400");
}

TEST(watch, believes_that_a_run_does_not_exist_after_a_grace_period) {
    watched run;
    EXPECT_FALSE(run.fail(100s, failure_kind::not_found).ended);
    EXPECT_FALSE(run.fail(130s, failure_kind::not_found).ended);
    // The look that may end it comes no later than the grace period's end.
    EXPECT_LE(run.fail(159s, failure_kind::not_found).next_poll, 1s);
    auto const step = run.fail(160s, failure_kind::not_found, "no such run");
    EXPECT_EQ(step.ended, outcome::unwatchable);
    EXPECT_EQ(step.reason, "no such run");
}

TEST(watch, begins_the_grace_period_anew_only_after_a_success) {
    watched run;
    EXPECT_FALSE(run.fail(0s, failure_kind::not_found).ended);
    EXPECT_FALSE(run.fail(30s, failure_kind::transient).ended);
    EXPECT_FALSE(run.look(40s, "pending").ended);
    EXPECT_FALSE(run.fail(70s, failure_kind::not_found).ended);
    EXPECT_FALSE(run.fail(100s, failure_kind::transient).ended);
    EXPECT_FALSE(run.fail(129s, failure_kind::not_found).ended);
    EXPECT_EQ(run.fail(130s, failure_kind::not_found).ended, outcome::unwatchable);
}

TEST(watch, believes_at_once_without_a_grace_period) {
    watch_policy policy;
    policy.not_found_grace = 0s;
    EXPECT_EQ(watched(policy).fail(1s, failure_kind::not_found).ended, outcome::unwatchable);
}

TEST(watch, gives_up_after_its_time) {
    watch_policy policy;
    policy.give_up_after = 1h;
    watched run(policy);
    EXPECT_FALSE(run.look(1h - 1ms, "running").ended);
    auto step = run.look(1h, "running");
    EXPECT_EQ(step.ended, outcome::timed_out);
    EXPECT_EQ(step.reason, "still not ended when given up");
    step = watched(policy).fail(2h, failure_kind::transient);
    EXPECT_EQ(step.ended, outcome::timed_out);
}

TEST(watch, prefers_a_verdict_to_giving_up) {
    watch_policy policy;
    policy.give_up_after = 1h;
    EXPECT_EQ(watched(policy).look(2h, "failed").ended, outcome::failed);
    EXPECT_EQ(watched(policy).fail(2h, failure_kind::refused).ended, outcome::unwatchable);
}

TEST(watch, never_gives_up_where_it_may_take_for_ever) {
    watch_policy policy;
    policy.give_up_after = duration::max();
    EXPECT_FALSE(watched(policy).look(std::chrono::hours{24 * 365}, "running").ended);
}

TEST(watch, spells_outcomes_as_results_do) {
    struct {
        outcome value;
        char const* text;
    } const rows[] = {
        {outcome::passed, "passed"},           {outcome::failed, "failed"},       {outcome::error, "error"},
        {outcome::unwatchable, "unwatchable"}, {outcome::timed_out, "timed_out"}, {outcome::unfinished, "unfinished"},
    };

    for (auto const& row : rows)
        EXPECT_EQ(to_string(row.value), row.text);
}

} // namespace
} // namespace runwatch
