#include "sim/api.hpp"
#include "sim/run_list.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace runwatch::sim {
namespace {

using namespace std::chrono_literals;

/// The API with a scenario, asked at times that the test chooses.
class sim_api : public ::testing::Test {
protected:
    void play(std::string const& yaml) {
        play_ = parse_scenario(yaml, "s.yaml");
        api_.emplace(play_, timestamp{}, "key");
    }

    answer ask(std::string const& method, std::string const& path, duration now, std::string const& key = "") {
        request asked;
        asked.method = method;
        asked.target = "/v2/ai/assistants/tests" + path;
        asked.authorization = "Bearer key";
        if (!key.empty())
            asked.idempotency_key = key;
        return api_->handle(asked, now);
    }

    answer get(std::string const& path, duration now = 0s) { return ask("GET", path, now); }

    /// The run ids of a list, separated by spaces.
    std::string listed(std::string const& path, duration now = 0s) {
        std::string ids;
        auto const body = boost::json::parse(get(path, now).body);
        for (auto const& run : body.at("data").as_array())
            ids.append(ids.empty() ? "" : " ").append(run.at("run_id").as_string().c_str());
        return ids;
    }

    std::string status(std::string const& path, duration now) {
        return boost::json::parse(get(path, now).body).at("status").as_string().c_str();
    }

private:
    scenario play_;
    std::optional<api> api_;
};

TEST_F(sim_api, lets_an_unknown_run_begin_when_it_is_first_asked_for) {
    play("");
    EXPECT_EQ(status("/T/runs/R", 100s), "pending");
    EXPECT_EQ(status("/T/runs/R", 101s), "running");
    EXPECT_EQ(status("/T/runs/R", 103s), "passed");
    EXPECT_EQ(status("/T/runs/S", 103s), "pending");
}

TEST_F(sim_api, knows_no_unknown_runs_if_the_scenario_says_so) {
    play("unknown_runs: not_found");
    for (auto const* path : {"/T/runs/R", "/T/runs", "/T", "/test-suites/S/runs"})
        EXPECT_EQ(get(path).status, 404U) << path;
}

TEST_F(sim_api, hides_a_run_that_is_absent) {
    play("runs: [{test: T, run: late, starts: 3s, absent_before_start: true}, {test: T, run: shy, absent_for: 2s}]");
    EXPECT_EQ(get("/T/runs/late", 1s).status, 404U);
    EXPECT_EQ(get("/T/runs/shy", 1s).status, 404U);
    EXPECT_EQ(listed("/T/runs", 2999ms), "");
    EXPECT_EQ(listed("/T/runs?status=pending", 3s), "shy late");
    EXPECT_EQ(get("/T/runs/shy", 3s).status, 200U);
    EXPECT_EQ(get("/T/runs/late", 3s).status, 200U);
}

TEST_F(sim_api, pages_lists_with_the_newest_first) {
    play("runs: [{test: T, run: a}, {test: T, run: b}, {test: T, run: c}]");
    EXPECT_EQ(listed("/T/runs"), "c b a");
    EXPECT_EQ(listed("/T/runs?page[size]=2"), "c b");
    EXPECT_EQ(listed("/T/runs?page%5Bsize%5D=2&page%5Bnumber%5D=2"), "a");
    EXPECT_EQ(listed("/T/runs?page[number]=18446744073709551615&page[size]=100"), "");
    auto const meta = boost::json::parse(get("/T/runs?page[size]=2").body).at("meta");
    EXPECT_EQ(meta.at("total_pages").to_number<int>(), 2);
    EXPECT_EQ(meta.at("total_results").to_number<int>(), 3);
}

TEST_F(sim_api, refuses_pages_that_make_no_sense) {
    play("");
    for (auto const* query : {"page[size]=0", "page[size]=101", "page[number]=0", "page[number]=x", "page[size]="})
        EXPECT_EQ(get(std::string("/T/runs?") + query).status, 422U) << query;
}

TEST_F(sim_api, filters_lists) {
    play("runs: [{test: T, run: a, suite_run: S}, {test: T, run: b, starts: -1h}]\n"
         "tests: [{test: T, suite: nightly}]");
    EXPECT_EQ(listed("/T/runs?status=passed"), "b");
    EXPECT_EQ(listed("/test-suites/nightly/runs?test_suite_run_id=S"), "a");
    EXPECT_EQ(listed("/test-suites/nightly/runs"), "a b");
}

TEST_F(sim_api, leaves_members_out_of_lists) {
    play("list_omit: [logs, detail_status]\nruns: [{test: T, run: R, starts: -1h}]");
    EXPECT_EQ(get("/T/runs").body.find("logs"), std::string::npos);
    EXPECT_NE(get("/T/runs/R").body.find("logs"), std::string::npos);
}

/// A scenario whose test T has runs 0 to 9, each to be listed first if it is younger.
std::string ten_runs(std::string const& more) {
    std::string runs = more + "\nruns:";
    for (int number = 0; number < 10; ++number)
        runs += "\n  - {test: T, run: " + std::to_string(number) + ", suite_run: S}";
    return runs;
}

TEST_F(sim_api, lets_runs_appear_by_themselves) {
    play("tests: [{test: T, births: [{count: 50, over: 10s}, {count: 7, from: -2h, over: 1h}]}]");
    auto const total = [this](std::string const& query, duration now) {
        auto const body = boost::json::parse(get("/T/runs?page[size]=1&" + query, now).body);
        return body.at("meta").at("total_results").to_number<int>();
    };
    EXPECT_EQ(total("", 0s), 7) << "those before the start";
    EXPECT_EQ(total("status=passed", 0s), 7);
    auto const half = total("", 5s);
    EXPECT_GT(half, 15);
    EXPECT_LT(half, 50);
    EXPECT_GT(total("status=running", 5s), 0);
    EXPECT_EQ(total("", 10s), 57);
    EXPECT_EQ(total("status=passed", 14s), 57);
}

TEST_F(sim_api, scatters_lists_alike_in_each_request) {
    play("list_order: scattered\ntests: [{test: T, births: [{count: 20, over: 10s}]}]");
    auto const first = listed("/T/runs", 5s);
    EXPECT_EQ(first, listed("/T/runs", 5s));
    auto const later = listed("/T/runs", 10s);
    EXPECT_FALSE(later.starts_with(first)) << "what is new comes in anywhere";
    EXPECT_FALSE(later.ends_with(first));
}

TEST_F(sim_api, does_with_a_status_what_the_scenario_says) {
    auto const with = [this](std::string const& kind) {
        play("list_status: " + kind + "\nruns: [{test: T, run: a, starts: -1h}, {test: T, run: b, starts: start}]");
        return listed("/T/runs?status=passed", 1s);
    };
    EXPECT_EQ(with("real"), "a");
    EXPECT_EQ(with("ignored"), "b a");
    EXPECT_EQ(with("empty"), "");
    play("list_status: refused");
    EXPECT_EQ(get("/T/runs?status=passed").status, 422U);
    EXPECT_EQ(get("/T/runs").status, 200U);
}

TEST_F(sim_api, lets_tests_come_and_go) {
    play("unknown_runs: not_found\nsuites: [empty]\ntests:\n"
         "  - {test: T, suite: early, deleted_at: 5s, births: [{count: 1}]}\n"
         "  - {test: U, suite: late, created_at: 3s}");
    auto const suites = [this](duration now) { return get("/test-suites", now).body; };
    EXPECT_EQ(get("/T/runs", 4s).status, 200U);
    EXPECT_EQ(suites(0s), R"({"data":["empty","early"]})");
    EXPECT_EQ(suites(4s), R"({"data":["empty","early","late"]})");
    EXPECT_EQ(suites(5s), R"({"data":["empty","late"]})");
    for (auto const* path : {"/T", "/T/runs", "/test-suites/early/runs"})
        EXPECT_EQ(get(path, 5s).status, 404U) << path;
    EXPECT_EQ(get("/U/runs", 5s).status, 200U);
}

TEST_F(sim_api, drops_runs_from_lists_by_chance) {
    play(ten_runs("list_drop: 1"));
    EXPECT_EQ(listed("/T/runs"), "");
    auto const meta = boost::json::parse(get("/T/runs").body).at("meta");
    EXPECT_EQ(meta.at("total_results").to_number<int>(), 10);
    play(ten_runs("list_drop: 0.5"));
    auto const first = listed("/T/runs");
    EXPECT_NE(first, "9 8 7 6 5 4 3 2 1 0");
    EXPECT_NE(first, listed("/T/runs")) << "drawn for each request";
    play(ten_runs("list_drop: 0.5"));
    EXPECT_EQ(first, listed("/T/runs")) << "and alike in each play";
}

TEST_F(sim_api, does_not_begin_the_life_of_a_run_that_a_list_drops) {
    play("list_drop: 1\nruns: [{test: T, run: R}]");
    listed("/T/runs", 1s);
    EXPECT_EQ(status("/T/runs/R", 100s), "pending");
}

TEST_F(sim_api, repeats_a_pages_last_runs_on_the_next) {
    play(ten_runs("list_repeat: 2"));
    EXPECT_EQ(listed("/T/runs?page[size]=4"), "9 8 7 6");
    EXPECT_EQ(listed("/T/runs?page[size]=4&page[number]=2"), "7 6 5 4");
    EXPECT_EQ(listed("/T/runs?page[size]=4&page[number]=3"), "5 4 3 2");
    EXPECT_EQ(listed("/T/runs?page[size]=1&page[number]=2"), "8") << "never a whole page";
    EXPECT_EQ(listed("/T/runs?page[number]=18446744073709551615&page[size]=100"), "");
}

TEST_F(sim_api, creates_runs_between_two_pages) {
    play(ten_runs("list_insert: 1\ntests: [{test: T, suite: nightly}]"));
    EXPECT_EQ(listed("/T/runs?page[size]=4"), "9 8 7 6");
    EXPECT_EQ(listed("/T/runs?page[size]=4&page[number]=2"), "6 5 4 3");
    EXPECT_EQ(listed("/test-suites/nightly/runs?test_suite_run_id=S&page[size]=8&page[number]=2"), "2 1 0")
        << "of the suite run that is asked for";
    EXPECT_EQ(boost::json::parse(get("/T/runs").body).at("data").as_array().size(), 12U);
    EXPECT_EQ(listed("/test-suites/other/runs?page[number]=2"), "");
}

TEST_F(sim_api, shows_stale_runs_in_lists) {
    play("list_stale: 3s\ntests: [{test: T}]\ndefaults: {starts: start}\nruns: [{test: T, run: R}]");
    auto const in_list = [this](duration now) {
        auto const body = boost::json::parse(get("/T/runs", now).body);
        return std::string(body.at("data").at(0).at("status").as_string());
    };
    EXPECT_EQ(in_list(2s), "pending");
    EXPECT_EQ(status("/T/runs/R", 3s), "passed");
    EXPECT_EQ(in_list(3s), "pending");
    EXPECT_EQ(in_list(5999ms), "running");
    EXPECT_TRUE(get("/T/runs", 5999ms).listed.empty()) << "the report does not count it as shown";
    EXPECT_EQ(in_list(6s), "passed");
    EXPECT_EQ(get("/T/runs", 6s).listed.size(), 1U);
}

TEST_F(sim_api, shows_some_runs_of_a_list_stale_by_chance) {
    play(ten_runs("list_stale: {by: 1h, chance: 0.5}\ndefaults: {starts: start}"));
    auto const body = get("/T/runs", 10s).body;
    EXPECT_NE(body.find("passed"), std::string::npos);
    EXPECT_NE(body.find("pending"), std::string::npos);
}

TEST_F(sim_api, may_leave_out_what_a_list_says_of_itself) {
    play("list_meta: zeros");
    EXPECT_TRUE(
        get("/T/runs").body.ends_with(R"("meta":{"total_pages":0,"total_results":0,"page_number":0,"page_size":0}})"));
    play("list_meta: none");
    EXPECT_EQ(get("/T/runs").body, R"({"data":[]})");
}

TEST_F(sim_api, refuses_lists_as_a_fault_says) {
    play("faults: [{path: list, on: 1, status: 403}, {path: suite, on: 1, status: 500}]");
    EXPECT_EQ(get("/T/runs").status, 403U);
    EXPECT_EQ(get("/T/runs").status, 200U);
    EXPECT_EQ(get("/test-suites/S/runs").status, 500U);
    EXPECT_EQ(get("/T/runs/R").status, 200U);
}

TEST_F(sim_api, counts_the_requests_of_each_run_for_its_faults) {
    play("defaults: {faults: [{on: \"1-2\", status: 503}]}");
    EXPECT_EQ(get("/T/runs/R").status, 503U);
    EXPECT_EQ(get("/T/runs/S").status, 503U);
    EXPECT_EQ(get("/T/runs/R").status, 503U);
    EXPECT_EQ(get("/T/runs/R").status, 200U);
}

TEST_F(sim_api, replays_the_answer_to_an_idempotency_key) {
    play("faults: [{path: trigger, on: 1, delay: 5s}]");
    auto const first = ask("POST", "/T/runs", 0s, "k");
    EXPECT_EQ(first.status, 201U);
    EXPECT_EQ(ask("POST", "/T/runs", 4s, "k").status, 409U);
    EXPECT_EQ(ask("POST", "/T/runs", 5s, "k").body, first.body);
    EXPECT_EQ(ask("POST", "/U/runs", 5s, "k").status, 422U);
    EXPECT_EQ(ask("POST", "/T/runs", 5s, "k k").status, 400U);
    EXPECT_NE(ask("POST", "/T/runs", 25h, "k").body, first.body);
}

TEST_F(sim_api, does_not_carry_out_a_trigger_that_it_refuses) {
    play("faults: [{path: trigger, on: 1, status: 503}, {path: trigger, on: 2, close: before}]");
    EXPECT_EQ(ask("POST", "/T/runs", 0s).status, 503U);
    EXPECT_EQ(listed("/T/runs"), "");
    EXPECT_EQ(ask("POST", "/T/runs", 0s).cut, cut_point::before);
    EXPECT_NE(listed("/T/runs"), "");
}

TEST_F(sim_api, may_carry_out_a_trigger_that_it_seems_to_refuse) {
    play("faults: [{path: trigger, on: 1, status: 502, carried_out: true}]");
    auto const refused = ask("POST", "/T/runs", 0s, "k");
    EXPECT_EQ(refused.status, 502U);
    EXPECT_EQ(refused.triggered, 1U);
    auto const id = listed("/T/runs");
    auto const replay = ask("POST", "/T/runs", 1s, "k");
    EXPECT_EQ(replay.status, 201U);
    EXPECT_TRUE(replay.replayed);
    EXPECT_EQ(replay.triggered, 0U);
    EXPECT_NE(replay.body.find(id), std::string::npos);
}

TEST_F(sim_api, starts_each_test_of_a_suite) {
    play("unknown_runs: not_found\nsuites: [empty]\ntests: [{test: T, suite: s}, {test: U, suite: s}, {test: V}]");
    auto const started = ask("POST", "/test-suites/s/runs", 0s);
    EXPECT_EQ(started.status, 201U);
    EXPECT_EQ(started.triggered, 2U);
    EXPECT_EQ(ask("POST", "/test-suites/empty/runs", 0s).body, "[]");
    EXPECT_EQ(get("/test-suites/empty/runs").status, 200U);
    EXPECT_EQ(ask("POST", "/test-suites/other/runs", 0s).status, 404U);
}

TEST_F(sim_api, limits_the_rate_in_windows) {
    play("rate_limit: {requests: 2, window: 10s, retry_after: true}");
    EXPECT_EQ(get("/T", 1s).status, 200U);
    EXPECT_EQ(get("/T", 2s).status, 200U);
    auto const refused = get("/T", 3s);
    EXPECT_EQ(refused.status, 429U);
    EXPECT_EQ(refused.headers.at(0), std::pair(std::string("Retry-After"), std::string("8")));
    EXPECT_EQ(get("/T", 11s).status, 200U);
}

TEST_F(sim_api, shows_a_terminal_status_only_in_an_undamaged_answer) {
    play("defaults: {pending: 0s, starting: 0s, running: 0s}\n"
         "runs: [{test: T, run: R, faults: [{on: 1, body: truncated}]}, {test: T, run: S, fields: {status: 7}}]");
    EXPECT_FALSE(get("/T/runs/R").asked->terminal);
    EXPECT_TRUE(get("/T/runs/R").asked->terminal);
    EXPECT_FALSE(get("/T/runs/S").asked->terminal);
}

TEST(sim_route, decodes_paths_and_queries) {
    auto const way = parse_target("GET", "/v2/ai/assistants/tests/a%2Fb/runs/c%20d?x=1+2&page%5Bsize%5D=5&flag");
    EXPECT_EQ(way.what, operation::retrieve_run);
    EXPECT_EQ(way.test_id, "a/b");
    EXPECT_EQ(way.run_id, "c d");
    EXPECT_EQ(way.parameter("x"), "1 2");
    EXPECT_EQ(way.parameter("page[size]"), "5");
    EXPECT_EQ(way.parameter("flag"), "");
    EXPECT_EQ(way.parameter("none"), std::nullopt);
    EXPECT_EQ(percent_decode("100%"), "100%");
    EXPECT_EQ(parse_target("POST", "/v2/ai/assistants/tests/test-suites/s/runs").what, operation::trigger_suite_run);
    EXPECT_EQ(parse_target("PUT", "/v2/ai/assistants/tests").what, operation::wrong_method);
    EXPECT_EQ(parse_target("GET", "/v2/ai/assistants/tests/").what, operation::unknown_path);
    EXPECT_EQ(parse_target("GET", "/v2/ai/assistants/testsX").what, operation::unknown_path);
}

TEST(sim_http_text, writes_dates_and_cuts_answers) {
    EXPECT_EQ(http_date(timestamp{784'111'777s}), "Sun, 06 Nov 1994 08:49:37 GMT");
    answer reply;
    reply.body = "0123456789";
    auto const whole = to_wire(reply, "now", true);
    EXPECT_TRUE(whole.ends_with("Content-Length: 10\r\n\r\n0123456789")) << whole;
    reply.cut = cut_point::body;
    EXPECT_TRUE(to_wire(reply, "now", true).ends_with("\r\n\r\n01234"));
    reply.cut = cut_point::before;
    EXPECT_EQ(to_wire(reply, "now", true), "");
    reply.cut = cut_point::never;
    reply.chunked = true;
    EXPECT_TRUE(to_wire(reply, "now", false).ends_with("3\r\n012\r\n3\r\n345\r\n3\r\n678\r\n1\r\n9\r\n0\r\n\r\n"));
    reply.headers.emplace_back("date", "never");
    EXPECT_EQ(to_wire(reply, "now", true).find("Date: now"), std::string::npos);
}

TEST(sim_render, indents_json_without_changing_numbers_or_texts) {
    EXPECT_EQ(indent_json(R"({"a":1.10,"b":["x,\"{",{}],"c":[]})"),
              "{\n  \"a\": 1.10,\n  \"b\": [\n    \"x,\\\"{\",\n    {}\n  ],\n  \"c\": []\n}\n");
}

} // namespace
} // namespace runwatch::sim
