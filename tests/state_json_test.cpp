#include "runwatch/state_json.hpp"

#include "support/store_samples.hpp"

#include "runwatch/json_text.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

using support::noon;

TEST(state_json, shows_a_watch) {
    watch_record watch;
    watch.key = {"T", "R\""};
    EXPECT_EQ(to_json(watch), R"({"test_id":"T","run_id":"R\"","status":null,"labels":{},"sinks":[],"origin":"config",)"
                              R"("first_seen_at":"1970-01-01T00:00:00.000Z"})");
    watch.status_text = "running";
    watch.labels = {{"a", "1"}, {"b", "2"}};
    watch.sinks = {"ops", "pager"};
    watch.origin = watch_origin::api;
    watch.first_seen_at = noon();
    EXPECT_EQ(to_json(watch), R"({"test_id":"T","run_id":"R\"","status":"running","labels":{"a":"1","b":"2"},)"
                              R"("sinks":["ops","pager"],"origin":"api","first_seen_at":"2026-11-23T12:00:00.000Z"})");
}

TEST(state_json, shows_a_run_that_was_reported) {
    EXPECT_EQ(to_json(reported_run{{"T", "R"}, "id"}), R"({"test_id":"T","run_id":"R","result_id":"id"})");
    EXPECT_EQ(to_json(reported_run{{"T", "R"}, ""}), R"({"test_id":"T","run_id":"R","result_id":null})");
}

TEST(state_json, shows_an_empty_history) {
    EXPECT_EQ(to_json(run_key{"T", "R"}, {}, std::nullopt),
              R"({"test_id":"T","run_id":"R","watch":null,"result":null,"result_removed_at":null,"status_changes":[],)"
              R"("polls":[],"polls_kept_since":null,"pauses":[],"deliveries":[],"attempts":[]})");
}

TEST(state_json, shows_a_history_with_all_that_there_may_be) {
    run_history history;
    history.watch = support::sample_watch({"T", "R"});
    history.changes.push_back({{"T", "R"}, noon(), "running"});
    history.result = support::sample_result({"T", "R"});
    history.deliveries.emplace_back();
    delivery_attempt attempt;
    attempt.delivery_id = 7;
    attempt.sink = "ops";
    attempt.at = noon(2);
    attempt.error = "HTTP 503";
    history.attempts.push_back(attempt);
    known_polls polls;
    polls.since = noon();
    polls.polls.push_back({{"T", "R"}, noon(1), std::nullopt, "running", "", noon(6)});
    polls.polls.push_back({{"T", "R"}, noon(6), failure_kind::transient, "", "HTTP 503", std::nullopt});
    polls.pauses.push_back({pause_kind::used_up, noon(3), noon(4), "why"});
    auto const text = to_json(run_key{"T", "R"}, history, polls);
    EXPECT_TRUE(is_json(text)) << text;
    EXPECT_EQ(json_member(text, "status_changes"), R"([{"at":"2026-11-23T12:00:00.000Z","status":"running"}])");
    EXPECT_EQ(json_member(text, "polls"),
              R"([{"at":"2026-11-23T12:00:01.000Z","outcome":"seen","status":"running","error":null,)"
              R"("next_at":"2026-11-23T12:00:06.000Z"},{"at":"2026-11-23T12:00:06.000Z","outcome":"transient",)"
              R"("status":null,"error":"HTTP 503","next_at":null}])");
    EXPECT_EQ(
        json_member(text, "pauses"),
        R"([{"from":"2026-11-23T12:00:03.000Z","until":"2026-11-23T12:00:04.000Z","why":"used_up","reason":"why"}])");
    EXPECT_EQ(
        json_member(text, "attempts"),
        R"([{"delivery_id":7,"sink":"ops","at":"2026-11-23T12:00:02.000Z","state":"pending","error":"HTTP 503"}])");
    EXPECT_EQ(json_member(text, "result"), to_json(*history.result));
}

} // namespace
} // namespace runwatch
