#include "runwatch/metrics.hpp"

#include "support/sample_results.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

timestamp const noon = *parse_timestamp("2026-11-23T12:00:00Z");

/// The value behind a series, as it is written; empty if there is no such series.
std::string value_of(std::string const& text, std::string const& series) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(series + ' '))
            return line.substr(series.size() + 1);
    return {};
}

struct metrics_test : testing::Test {
    metrics metrics_{"1.2.3", noon};
    metrics_moment moment_;

    metrics_test() { moment_.now = noon + 1min; }

    std::string value(std::string const& series) { return value_of(metrics_.text(moment_), series); }

    static step looked_at(std::optional<outcome> ended = std::nullopt) {
        step step;
        step.ended = ended;
        return step;
    }

    static test_run seen(run_status status, std::optional<timestamp> completed = std::nullopt) {
        test_run run;
        run.status = status;
        run.completed_at = completed;
        return run;
    }

    void fetch(run_status status) {
        metrics_.asked(api_request::fetch, std::nullopt, 20ms);
        metrics_.looked(looked_at(), seen(status), noon);
    }

    void read_list(int looks) {
        metrics_.asked(api_request::list, std::nullopt, 20ms);
        for (int each = 0; each < looks; ++each)
            metrics_.looked(looked_at(), seen(run_status::running), noon);
    }

    void delivered(delivery_event::kind what, std::string const& sink, unsigned attempt) {
        delivery_event event;
        event.what = what;
        event.sink = sink;
        event.attempt = attempt;
        metrics_.delivered(event);
    }
};

TEST_F(metrics_test, tell_the_version_and_are_zero_before_anything_has_happened) {
    EXPECT_EQ(value(R"(runwatch_build_info{version="1.2.3"})"), "1");
    EXPECT_EQ(value(R"(runwatch_polls_total{outcome="success"})"), "0");
    EXPECT_EQ(value(R"(runwatch_results_total{outcome="failed"})"), "0");
    EXPECT_EQ(value(R"(runwatch_api_pauses_total{reason="throttled"})"), "0");
    EXPECT_EQ(value(R"(runwatch_config_last_reload_successful)"), "1");
    EXPECT_EQ(value(R"(runwatch_detection_delay_seconds_count)"), "0");
}

TEST_F(metrics_test, count_requests_and_looks_by_what_came_of_them) {
    fetch(run_status::running);
    metrics_.asked(api_request::fetch, failure_kind::transient, 30s);
    metrics_.looked(looked_at(), failure{failure_kind::transient, "no answer"}, noon);
    metrics_.asked(api_request::describe, failure_kind::not_found, 1ms);
    EXPECT_EQ(value(R"(runwatch_api_requests_total{outcome="success",request="fetch"})"), "1");
    EXPECT_EQ(value(R"(runwatch_api_requests_total{outcome="transient",request="fetch"})"), "1");
    EXPECT_EQ(value(R"(runwatch_api_requests_total{outcome="not_found",request="describe"})"), "1");
    EXPECT_EQ(value(R"(runwatch_polls_total{outcome="success"})"), "1");
    EXPECT_EQ(value(R"(runwatch_polls_total{outcome="transient"})"), "1");
    EXPECT_EQ(value(R"(runwatch_api_request_duration_seconds_bucket{le="0.025"})"), "2");
    EXPECT_EQ(value(R"(runwatch_api_request_duration_seconds_count)"), "3");
}

TEST_F(metrics_test, count_a_request_as_saved_for_each_look_by_a_list_but_its_first) {
    fetch(run_status::running);
    EXPECT_EQ(value("runwatch_api_requests_saved_total"), "0");
    read_list(1);
    EXPECT_EQ(value("runwatch_api_requests_saved_total"), "0");
    read_list(50);
    EXPECT_EQ(value("runwatch_api_requests_saved_total"), "49");
    read_list(0);
    fetch(run_status::running);
    EXPECT_EQ(value("runwatch_api_requests_saved_total"), "49");
}

TEST_F(metrics_test, estimate_the_delay_of_a_detection_by_when_the_run_ended) {
    metrics_.looked(looked_at(outcome::failed), seen(run_status::failed, noon - 2500ms), noon);
    // By the clocks as they are known, this one ends in the future.
    metrics_.looked(looked_at(outcome::passed), seen(run_status::passed, noon + 10ms), noon);
    // Nobody knows when these ended.
    metrics_.looked(looked_at(outcome::passed), seen(run_status::passed), noon);
    metrics_.looked(looked_at(outcome::timed_out), seen(run_status::running, noon), noon);
    EXPECT_EQ(value("runwatch_detection_delay_seconds_count"), "2");
    EXPECT_EQ(value("runwatch_detection_delay_seconds_sum"), "2.5");
    EXPECT_EQ(value(R"(runwatch_results_total{outcome="passed"})"), "2");
    EXPECT_EQ(value(R"(runwatch_results_total{outcome="timed_out"})"), "1");
}

TEST_F(metrics_test, count_a_refusal_once_and_each_request_to_slow_down) {
    for (int each = 0; each < 3; ++each)
        metrics_.asked(api_request::fetch, failure_kind::refused, 1ms);
    metrics_.asked(api_request::list, failure_kind::throttled, 1ms);
    metrics_.asked(api_request::list, failure_kind::throttled, 1ms);
    metrics_.limit_is_used_up();
    metrics_.asked(api_request::fetch, std::nullopt, 1ms);
    metrics_.asked(api_request::fetch, failure_kind::refused, 1ms);
    EXPECT_EQ(value(R"(runwatch_api_pauses_total{reason="refused"})"), "2");
    EXPECT_EQ(value(R"(runwatch_api_pauses_total{reason="throttled"})"), "2");
    EXPECT_EQ(value(R"(runwatch_api_pauses_total{reason="used_up"})"), "1");
    moment_.pause = "throttled";
    EXPECT_EQ(value(R"(runwatch_api_paused{reason="throttled"})"), "1");
    EXPECT_EQ(value(R"(runwatch_api_paused{reason="refused"})"), "0");
}

TEST_F(metrics_test, tell_of_each_sink_what_was_tried_and_what_is_owed) {
    delivered(delivery_event::kind::failed, "ops", 1);
    delivered(delivery_event::kind::failed, "ops", 2);
    delivered(delivery_event::kind::delivered, "ops", 3);
    delivered(delivery_event::kind::given_up, "ops", 9);
    delivered(delivery_event::kind::state_failed, "ops", 0);
    moment_.sinks = {"ops", "quiet"};
    delivery_count pending{"ops", delivery_state::pending, 7, noon};
    delivery_count dead{"gone", delivery_state::orphaned, 2, noon};
    moment_.deliveries = std::vector{pending, dead};
    EXPECT_EQ(value(R"(runwatch_delivery_attempts_total{outcome="delivered",sink="ops"})"), "1");
    EXPECT_EQ(value(R"(runwatch_delivery_attempts_total{outcome="failed",sink="ops"})"), "2");
    EXPECT_EQ(value(R"(runwatch_delivery_attempts_total{outcome="given_up",sink="ops"})"), "1");
    EXPECT_EQ(value(R"(runwatch_delivery_attempts_total{outcome="failed",sink="quiet"})"), "0");
    EXPECT_EQ(value(R"(runwatch_delivery_retries_total{sink="ops"})"), "3");
    EXPECT_EQ(value(R"(runwatch_deliveries_unsettled{sink="ops",state="pending"})"), "7");
    EXPECT_EQ(value(R"(runwatch_deliveries_unsettled{sink="gone",state="orphaned"})"), "2");
    EXPECT_EQ(value(R"(runwatch_oldest_undelivered_age_seconds{sink="ops"})"), "60");
    EXPECT_EQ(value(R"(runwatch_oldest_undelivered_age_seconds{sink="quiet"})"), "0");
    EXPECT_EQ(value("runwatch_state_failures_total"), "1");
    // The state fails: what it said last stays.
    moment_.deliveries.reset();
    EXPECT_EQ(value(R"(runwatch_deliveries_unsettled{sink="ops",state="pending"})"), "7");
    // Paid off, and one of them has left.
    moment_.deliveries.emplace();
    moment_.sinks = {"quiet"};
    EXPECT_EQ(value(R"(runwatch_deliveries_unsettled{sink="quiet",state="pending"})"), "0");
    EXPECT_EQ(metrics_.text(moment_).find(R"(sink="ops")"), std::string::npos);
    EXPECT_EQ(metrics_.text(moment_).find(R"(sink="gone")"), std::string::npos);
}

TEST_F(metrics_test, tell_when_the_config_in_force_was_read) {
    metrics_.reloaded(true, noon + 10s);
    metrics_.reloaded(false, noon + 20s);
    EXPECT_EQ(value("runwatch_config_last_reload_successful"), "0");
    EXPECT_EQ(value(R"(runwatch_config_reloads_total{outcome="success"})"), "1");
    EXPECT_EQ(value(R"(runwatch_config_reloads_total{outcome="failure"})"), "1");
    EXPECT_EQ(std::stod(value("runwatch_config_last_reload_success_timestamp_seconds")),
              std::chrono::duration<double>((noon + 10s).time_since_epoch()).count());
}

TEST_F(metrics_test, tell_of_the_watched_the_budget_and_the_process) {
    moment_.watched.running = 12;
    moment_.watched.unseen = 3;
    moment_.lateness = 1500ms;
    moment_.requests_per_second = 2.5;
    EXPECT_EQ(value(R"(runwatch_runs_watched{status="running"})"), "12");
    EXPECT_EQ(value(R"(runwatch_runs_watched{status="unseen"})"), "3");
    EXPECT_EQ(value("runwatch_poll_lateness_seconds"), "1.5");
    EXPECT_EQ(value("runwatch_api_budget_requests_per_second"), "2.5");
    EXPECT_GT(std::stod(value("process_resident_memory_bytes")), 1e6);
    EXPECT_GT(std::stod(value("process_open_fds")), 2);
    EXPECT_GE(std::stod(value("process_cpu_seconds_total")), 0);
}

} // namespace
} // namespace runwatch
