#include "cli/history_text.hpp"

#include "cli/daemon_answers.hpp"
#include "cli/watch_table.hpp"
#include "runwatch/json_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runwatch::cli {
namespace {

constexpr auto history = R"({
  "test_id": "t", "run_id": "r", "watch": null,
  "result": {"id": "5c8f2f0e-0000-5000-8000-000000000000", "type": "run.failed", "timestamp": "2026-11-27T10:00:09.000Z",
             "data": {"run": {}, "watch": {"labels": {}, "first_seen_at": "2026-11-27T10:00:00.000Z",
                                           "detected_at": "2026-11-27T10:00:09.000Z", "polls": 3}}},
  "result_removed_at": null,
  "status_changes": [{"at": "2026-11-27T10:00:01.000Z", "status": "running"}],
  "polls": [
    {"at": "2026-11-27T10:00:01.000Z", "outcome": "seen", "status": "running", "error": null, "next_at": "2026-11-27T10:00:04.000Z"},
    {"at": "2026-11-27T10:00:04.000Z", "outcome": "transient", "status": null, "error": "HTTP 503", "next_at": "2026-11-27T10:00:09.000Z"},
    {"at": "2026-11-27T10:00:09.000Z", "outcome": "seen", "status": "failed", "error": null, "next_at": null}],
  "polls_kept_since": "2026-11-27T09:00:00.000Z",
  "pauses": [{"from": "2026-11-27T10:00:05.000Z", "until": "2026-11-27T10:00:08.000Z", "why": "throttled", "reason": "it asked for a pause"}],
  "deliveries": [{"id": 7, "state": "pending", "sink": "ops", "result": {"id": "x", "type": "run.failed"}, "test_id": "t",
                  "run_id": "r", "attempts": 1, "owed_since": "2026-11-27T10:00:09.000Z", "due": "2026-11-27T10:01:00.000Z",
                  "error": "sink ops: 503"}],
  "attempts": [{"delivery_id": 7, "sink": "ops", "at": "2026-11-27T10:00:10.000Z", "state": "pending",
                "error": "sink ops: it answered 503"}]})";

TEST(history_text, tells_what_happened_in_the_order_of_time) {
    EXPECT_EQ(history_text(history),
              "t/r\n"
              "  failed, detected 2026-11-27T10:00:09.000Z after 3 polls; result 5c8f2f0e-0000-5000-8000-000000000000\n"
              "  2026-11-27T10:00:01.000Z  poll      running; next look 2026-11-27T10:00:04.000Z\n"
              "  2026-11-27T10:00:01.000Z  status    running\n"
              "  2026-11-27T10:00:04.000Z  poll      transient: HTTP 503; next look 2026-11-27T10:00:09.000Z\n"
              "  2026-11-27T10:00:05.000Z  pause     throttled until 2026-11-27T10:00:08.000Z: it asked for a pause\n"
              "  2026-11-27T10:00:09.000Z  poll      failed; the last look\n"
              "  2026-11-27T10:00:09.000Z  result    failed\n"
              "  2026-11-27T10:00:10.000Z  delivery  ops failed, to be tried again: it answered 503\n"
              "  delivery 7 to ops: pending, due 2026-11-27T10:01:00.000Z, tried 1 time\n"
              "  Polls and pauses before 2026-11-27T09:00:00.000Z are not known any more.\n");
}

TEST(history_text, tells_of_a_run_that_is_watched) {
    EXPECT_EQ(history_text(R"({"test_id":"t","run_id":"r","watch":{"test_id":"t","run_id":"r","status":null,
        "labels":{"env":"a\u001b[31m"},"sinks":["ops","b"],"origin":"api","first_seen_at":"2026-11-27T10:00:00.000Z"},
        "result":null,"result_removed_at":null,"status_changes":[],"polls":[],"polls_kept_since":null,"pauses":[],
        "deliveries":[],"attempts":[]})"),
              "t/r\n  watched since 2026-11-27T10:00:00.000Z by api, not yet seen; to ops b; env=a?[31m\n");
}

TEST(history_text, stands_what_it_does_not_know) {
    EXPECT_EQ(history_text("{}"), "/\n");
    EXPECT_EQ(history_text(R"({"polls":[{}],"attempts":[{}],"deliveries":[{}],"watch":{},"result":{}})").find("/\n"),
              0U);
}

TEST(daemon_answers, are_read_back) {
    auto const watch = read_watch(R"({"test_id":"t","run_id":"r\"","status":"running","labels":{"a\"b":"c","d":""},
        "sinks":["x"],"origin":"follow","first_seen_at":"2026-11-27T10:00:00.500Z","later":[1]})");
    EXPECT_EQ(watch.key.ref(), "t/r\"");
    EXPECT_EQ(watch.status_text, "running");
    EXPECT_EQ(watch.labels, (std::map<std::string, std::string>{{"a\"b", "c"}, {"d", ""}}));
    EXPECT_EQ(watch.sinks, std::vector<std::string>{"x"});
    EXPECT_EQ(watch.origin, watch_origin::follow);
    EXPECT_EQ(format_timestamp(watch.first_seen_at), "2026-11-27T10:00:00.500Z");
    auto const delivery = read_delivery(R"({"id":12,"state":"dead","sink":"ops","result":{"id":"i","type":"run.error"},
        "test_id":"t","run_id":"r","attempts":3,"owed_since":"2026-11-27T10:00:00.000Z","due":null,"error":"why"})");
    EXPECT_EQ(delivery.id, 12);
    EXPECT_EQ(delivery.state, delivery_state::dead);
    EXPECT_EQ(delivery.result_type, "run.error");
    EXPECT_EQ(delivery.attempts, 3U);
    EXPECT_EQ(delivery.error, "why");
    EXPECT_EQ(as_json_array(read_objects(R"([{"a":1}, {"b":2}])")), "[\n{\"a\":1},\n{\"b\":2}\n]\n");
    EXPECT_EQ(as_json_array({}), "[]\n");
}

TEST(watch_table, shows_a_line_for_each_run) {
    std::vector<watch_record> watches(2);
    watches[0].key = run_key{"test", "one"};
    watches[0].status_text = "running";
    watches[0].labels = {{"env", "staging"}};
    watches[0].origin = watch_origin::api;
    watches[1].key = run_key{"test", "two\x1b"};
    watches[1].sinks = {"ops", "b"};
    auto const now = timestamp{} + std::chrono::minutes{5};
    EXPECT_EQ(watch_table(watches, now, 0), "STATUS   BY      SINCE  SINKS  RUN\n"
                                            "running  api     5 m    all    test/one\n"
                                            "  env=staging\n"
                                            "-        config  5 m    ops,b  test/two?\n"
                                            "2 runs\n");
    EXPECT_EQ(watch_table({}, now, 0), "no runs are watched\n");
}

} // namespace
} // namespace runwatch::cli
