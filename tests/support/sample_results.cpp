#include "support/sample_results.hpp"

#include "runwatch/json_text.hpp"

#include <utility>

namespace runwatch::support {
namespace {

auto const noon = *parse_timestamp("2026-11-23T12:00:00Z");

test_run run_of(run_key const& key, outcome ended) {
    test_run run;
    run.key = key;
    run.status = parse_status(to_string(ended));
    run.status_text = to_string(ended);
    run.created_at = noon - std::chrono::seconds{92};
    run.completed_at = noon;
    return run;
}

} // namespace

void write_raw(test_run& run, std::vector<criterion> const& criteria, std::string const& logs) {
    std::string details;
    for (auto const& each : criteria)
        details += (details.empty() ? "" : ",") + (R"({"name":)" + json_quote(each.name)) + R"(,"status":)" +
                   json_quote(each.status) + '}';
    run.raw = R"({"run_id":)" + json_quote(run.key.run_id) + R"(,"test_id":)" + json_quote(run.key.test_id) +
              R"(,"status":)" + json_quote(run.status_text) + R"(,"detail_status":[)" + details + R"(],"logs":)" +
              json_quote(logs) + R"(,"price":1.10})";
}

run_result result_of(outcome ended, std::string const& run_id) {
    run_result result;
    result.ended = ended;
    result.key = {"T1", run_id};
    result.first_seen_at = noon - std::chrono::seconds{90};
    result.detected_at = noon + std::chrono::milliseconds{1'500};
    result.polls = 9;
    result.labels = {{"env", "staging"}};
    if (ended == outcome::timed_out || ended == outcome::unwatchable) {
        result.reason = "no verdict in 24 h";
        return result;
    }
    result.run = run_of(result.key, ended);
    if (ended == outcome::error) {
        write_raw(*result.run, {}, "the assistant hung up\nsecond line");
        return result;
    }
    write_raw(*result.run, {{"Empathy", ended == outcome::passed ? "passed" : "failed"}, {"Greeting", "passed"}});
    return result;
}

run_result failed_result(std::string const& run_id) { return result_of(outcome::failed, run_id); }

run_result hostile_result() {
    auto result = failed_result();
    // The mark that turns the writing direction is ended: left open, it would mislead readers of this file, too.
    std::string const bad =
        "\x1b[31m*_~`<!channel>@everyone & <@U1>|[x](http://evil)\n::error::##[x]\"\\ \xFF \u202Eend\u202C";
    result.key = {bad, bad};
    result.run->key = result.key;
    std::vector<criterion> criteria{{bad, "failed"}, {std::string(5'000, '*'), "failed"}};
    for (int count = 0; count < 30; ++count)
        criteria.push_back({bad + std::to_string(count), "error"});
    for (int count = 0; count < 30; ++count)
        result.labels.emplace(bad + std::to_string(count), bad);
    write_raw(*result.run, criteria, bad);
    return result;
}

} // namespace runwatch::support
