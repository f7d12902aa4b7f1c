#include "runwatch/run_json.hpp"
#include "runwatch/telnyx.hpp"
#include "telnyx/answer.hpp"
#include "telnyx/decode.hpp"
#include "telnyx/urls.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

constexpr auto base = "https://api.telnyx.com/v2";
run_key const asked{"T1", "R1"};
auto const noon = *parse_timestamp("2026-11-23T12:00:00Z");

http_response answer(unsigned status, std::string body = "", std::vector<http_header> headers = {}) {
    http_response response;
    response.status = status;
    response.body = std::move(body);
    response.headers = std::move(headers);
    return response;
}

failure failure_of(http_response const& response) {
    auto const seen = telnyx::read_answer(response, asked, noon);
    EXPECT_FALSE(seen) << response.status;
    return seen ? failure{} : seen.error();
}

constexpr auto api_error = R"({"errors":[{"code":"10005","title":"Resource not found","detail":"No such run."}]})";
constexpr auto html = "<html><body>502 Bad Gateway</body></html>";

TEST(telnyx_urls, percent_encode_ids) {
    EXPECT_EQ(telnyx::run_url(base, {"T-1_a.~", "R1"}),
              "https://api.telnyx.com/v2/ai/assistants/tests/T-1_a.~/runs/R1");
    EXPECT_EQ(telnyx::run_url(base, {"a/b?c#d", "é%20+&="}),
              "https://api.telnyx.com/v2/ai/assistants/tests/a%2Fb%3Fc%23d/runs/%C3%A9%2520%2B%26%3D");
}

TEST(telnyx_urls, base_url_has_a_plain_form) {
    EXPECT_EQ(plain_base_url("https://api.telnyx.com/v2/"), base);
    EXPECT_EQ(plain_base_url("HTTPS://API.telnyx.com/v2"), base);
    EXPECT_EQ(plain_base_url("http://[::1]:8080"), "http://[::1]:8080");
    for (auto const* url : {"", "api.telnyx.com/v2", "ftp://x/v2", "https://", "https:///v2", "https://u:p@x/v2",
                            "https://x/v2?a=b", "https://x/v2#a", "https://x y/v2", "https://x:80y/v2"})
        EXPECT_THROW(plain_base_url(url), config_error) << url;
}

TEST(telnyx_urls, base_url_errors_hold_no_password) {
    for (auto const* url : {"https://user:hunter2@x/v2", "https://user:a/hunter2@x/v2"})
        try {
            plain_base_url(url);
            FAIL();
        } catch (config_error const& error) {
            EXPECT_EQ(std::string{error.what()}.find("hunter2"), std::string::npos);
        }
}

TEST(telnyx_refs, are_ids_or_the_runs_url) {
    EXPECT_EQ(*parse_ref("T1/R1", base), asked);
    EXPECT_EQ(*parse_ref("  T1/R1\r", base), asked);
    EXPECT_EQ(*parse_ref("https://api.telnyx.com/v2/ai/assistants/tests/T1/runs/R1", base), asked);
    EXPECT_EQ(*parse_ref("https://API.TELNYX.com:443/v2/ai/assistants/tests/T1/runs/R1/?x=y", base), asked);
    EXPECT_EQ(parse_ref("https://api.telnyx.com/v2/ai/assistants/tests/a%2Fb/runs/R%201", base).error().kind,
              failure_kind::permanent)
        << "white space in an id";
    EXPECT_EQ(parse_ref("https://api.telnyx.com/v2/ai/assistants/tests/a%2Fb/runs/R1", base)->test_id, "a/b");
}

TEST(telnyx_refs, refuse_what_names_no_run) {
    for (auto const* text : {"",
                             "T1",
                             "/",
                             "T1/",
                             "/R1",
                             "T1/R1/x",
                             "T1/..",
                             "./R1",
                             "T 1/R1",
                             "T1/R\n1",
                             "T1/R1\x7f",
                             "http://api.telnyx.com/v2/ai/assistants/tests/T1/runs/R1",
                             "https://api.telnyx.com:444/v2/ai/assistants/tests/T1/runs/R1",
                             "https://evil.example/v2/ai/assistants/tests/T1/runs/R1",
                             "https://api.telnyx.com.evil.example/v2/ai/assistants/tests/T1/runs/R1",
                             "https://api.telnyx.com@evil.example/v2/ai/assistants/tests/T1/runs/R1",
                             "https://api.telnyx.com/v1/ai/assistants/tests/T1/runs/R1",
                             "https://api.telnyx.com/v2/ai/assistants/tests/T1",
                             "https://api.telnyx.com/v2/ai/assistants/tests/T1/runs/",
                             "https://api.telnyx.com/v2/ai/assistants/tests//runs/R1",
                             "https://api.telnyx.com/v2/ai/assistants/tests/T1/runs/R1/x",
                             "https://api.telnyx.com/v2/ai/assistants/tests/T1/runs/%2e%2e"}) {
        auto const key = parse_ref(text, base);
        EXPECT_FALSE(key) << text;
        EXPECT_FALSE(key.error().message.empty());
    }
    EXPECT_FALSE(parse_ref(std::string(300, 'x') + "/R1", base));
}

TEST(telnyx_decode, reads_every_field_it_needs) {
    auto const run = telnyx::decode_run(
        R"({"run_id":"r1","test_id":"T1","status":"failed","triggered_by":"cron","created_at":"2024-01-24T10:30:00Z",)"
        R"("completed_at":"2024-01-24T10:31:32Z","logs":"it broke","detail_status":[{"name":"Empathy","status":"passed"},)"
        R"({"name":"Résumé","status":"failed"}],"price":1.10})",
        asked);
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_EQ(run->status, run_status::failed);
    EXPECT_EQ(run->key.run_id, "R1") << "named as the user named it";
    EXPECT_EQ(*run->completed_at - *run->created_at, 92s);
    EXPECT_EQ(logs_of(*run), "it broke");
    auto const criteria = criteria_of(*run);
    ASSERT_EQ(criteria.size(), 2U);
    EXPECT_EQ(criteria[1].name, "Résumé");
    EXPECT_EQ(criteria[1].status, "failed");
    EXPECT_NE(run->raw.find(R"("price":1.10})"), std::string::npos);
}

TEST(telnyx_decode, tolerates_everything_that_does_not_touch_the_verdict) {
    for (auto const* body : {
             R"({"run_id":"R1","status":"passed"})",
             R"({"run_id":"R1","status":"passed","created_at":null,"completed_at":7,"logs":{},"detail_status":null})",
             R"({"run_id":"R1","status":"passed","detail_status":[null,1,{"name":3},{}],"created_at":"yesterday"})",
             "\xEF\xBB\xBF {\"run_id\":\"R1\",\n\"status\":\"passed\"}\n",
             R"({"data":{"run_id":"R1","status":"passed"}})",
             R"({"run_id":"R1","status":"passed","data":{"run_id":"R2","status":"failed"}})",
             "{\"run_id\":\"R1\",\"status\":\"passed\",\"logs\":\"broken \xFF byte\"}",
             R"({"run_id":"R1","status":"passed","logs":"cut in the middle \ud83d"})",
             R"({"run_id":"R1","status":"passed","logs":"\ude00 \ud83d\ude00 \\ud83d \ud83d\u0041"})",
             R"({"run_id":"R1","status":"running","status":"passed"})",
         }) {
        auto const run = telnyx::decode_run(body, asked);
        ASSERT_TRUE(run) << body << ": " << run.error().message;
        EXPECT_EQ(run->status, run_status::passed);
        EXPECT_EQ(run->raw.find('\n'), std::string::npos);
    }
}

TEST(telnyx_decode, unwraps_data_byte_for_byte) {
    auto const run = telnyx::decode_run(R"({"data": {"run_id":"R1", "status":"passed","n":1e5} })", asked);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->raw, R"({"run_id":"R1", "status":"passed","n":1e5})");
}

TEST(telnyx_decode, reads_deep_answers) {
    auto const deep = std::string(200, '[') + std::string(200, ']');
    EXPECT_TRUE(telnyx::decode_run(R"({"run_id":"R1","status":"passed","x":)" + deep + '}', asked));
    EXPECT_FALSE(telnyx::decode_run(std::string(100'000, '['), asked));
}

TEST(telnyx_decode, answers_that_say_nothing_of_the_run_are_transient) {
    for (auto const* body :
         {"", " ", "null", "[]", "\"passed\"", "{", "{}", R"({"run_id":"R1","status":"pas)", R"({"run_id":"R1"})",
          R"({"run_id":"R1","status":null})", R"({"run_id":"R1","status":""})", R"({"run_id":"R1","status":1})",
          R"({"run_id":"R2","status":"passed"})", R"({"status":"passed"})", R"({"run_id":7,"status":"passed"})",
          R"({"errors":[{"code":"1"}]})", html, R"({"data":[{"run_id":"R1","status":"passed"}]})"}) {
        auto const run = telnyx::decode_run(body, asked);
        ASSERT_FALSE(run) << body;
        EXPECT_EQ(run.error().kind, failure_kind::transient) << body;
        EXPECT_FALSE(run.error().message.empty());
    }
}

TEST(telnyx_decode, a_status_nobody_knows_is_no_failure) {
    auto const run = telnyx::decode_run(R"({"run_id":"R1","status":"judging"})", asked);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->status, run_status::unknown);
    EXPECT_EQ(run->status_text, "judging");
}

struct status_case {
    unsigned status;
    char const* body;
    failure_kind kind;
};

class telnyx_status : public testing::TestWithParam<status_case> {};

TEST_P(telnyx_status, says_what_the_caller_must_do) {
    auto const failed = failure_of(answer(GetParam().status, GetParam().body));
    EXPECT_EQ(failed.kind, GetParam().kind) << to_string(failed.kind);
    EXPECT_EQ(failed.message.find('\n'), std::string::npos);
    EXPECT_NE(failed.message.find("HTTP " + std::to_string(GetParam().status)), std::string::npos) << failed.message;
}

INSTANTIATE_TEST_SUITE_P(
    answers, telnyx_status,
    testing::Values(
        status_case{401, api_error, failure_kind::refused}, status_case{401, html, failure_kind::refused},
        status_case{403, api_error, failure_kind::refused}, status_case{403, "", failure_kind::refused},
        status_case{404, api_error, failure_kind::not_found},
        status_case{404, R"({"detail":"Not Found"})", failure_kind::not_found},
        status_case{404, html, failure_kind::transient}, status_case{404, "", failure_kind::transient},
        status_case{400, api_error, failure_kind::permanent}, status_case{400, html, failure_kind::transient},
        status_case{408, api_error, failure_kind::transient}, status_case{409, api_error, failure_kind::transient},
        status_case{425, api_error, failure_kind::transient},
        status_case{422, R"({"detail":[{"loc":["path","run_id"],"msg":"not a uuid","type":"x"}]})",
                    failure_kind::permanent},
        status_case{429, api_error, failure_kind::throttled}, status_case{429, "", failure_kind::throttled},
        status_case{500, api_error, failure_kind::transient}, status_case{502, html, failure_kind::transient},
        status_case{503, "", failure_kind::transient}, status_case{599, "x", failure_kind::transient},
        status_case{301, "", failure_kind::transient}, status_case{304, "", failure_kind::transient}));

TEST(telnyx_answer, quotes_what_the_api_said) {
    EXPECT_NE(failure_of(answer(404, api_error)).message.find("code 10005: Resource not found: No such run."),
              std::string::npos);
    auto const body = R"({"detail":[{"loc":["path","run_id"],"msg":"not a uuid","type":"x"}]})";
    EXPECT_NE(failure_of(answer(422, body)).message.find("run_id: not a uuid"), std::string::npos);
    EXPECT_NE(failure_of(answer(401, R"({"title":"Invalid security scheme used","status":401})"))
                  .message.find("Invalid security scheme used"),
              std::string::npos);
}

TEST(telnyx_answer, names_a_gateways_page_as_such) {
    auto const page = answer(200, html, {{"Content-Type", "text/html; charset=utf-8"}});
    EXPECT_NE(failure_of(page).message.find("HTML page"), std::string::npos);
    auto const bad_gateway = answer(502, html, {{"content-type", "text/html"}});
    EXPECT_NE(failure_of(bad_gateway).message.find("HTML page"), std::string::npos);
}

TEST(telnyx_answer, shows_a_redirect_without_its_query) {
    auto const failed = failure_of(answer(302, "", {{"location", "https://u:p@login.example/x?token=1"}}));
    EXPECT_NE(failed.message.find("https://login.example/x,"), std::string::npos) << failed.message;
}

TEST(telnyx_answer, the_api_may_overrule_what_a_status_means) {
    EXPECT_EQ(failure_of(answer(400, api_error, {{"x-should-retry", "true"}})).kind, failure_kind::transient);
    EXPECT_EQ(failure_of(answer(503, api_error, {{"x-should-retry", "false"}})).kind, failure_kind::permanent);
    EXPECT_EQ(failure_of(answer(503, api_error, {{"x-should-retry", "maybe"}})).kind, failure_kind::transient);
}

std::optional<duration> wait_of(unsigned status, std::vector<http_header> headers) {
    return telnyx::retry_after(answer(status, "", std::move(headers)), noon);
}

TEST(telnyx_retry_after, reads_every_style) {
    EXPECT_EQ(wait_of(429, {{"retry-after-ms", "1500"}, {"retry-after", "60"}}), 1500ms);
    EXPECT_EQ(wait_of(429, {{"Retry-After", "2"}}), 2s);
    EXPECT_EQ(wait_of(429, {{"Retry-After", "0.5"}}), 500ms);
    EXPECT_EQ(wait_of(503, {{"Retry-After", "Mon, 23 Nov 2026 12:00:07 GMT"}}), 7s);
    EXPECT_EQ(
        wait_of(503, {{"Retry-After", "Mon, 23 Nov 2026 12:00:07 GMT"}, {"Date", "Mon, 23 Nov 2026 12:00:04 GMT"}}), 3s)
        << "both by the peer's clock";
    EXPECT_EQ(wait_of(429, {{"x-ratelimit-reset", "30"}}), 30s);
}

TEST(telnyx_retry_after, ignores_what_makes_no_sense) {
    EXPECT_EQ(wait_of(429, {}), std::nullopt);
    for (auto const* value : {"", "soon", "-3", "0", "NaN", "inf", "1e9", "2 s", "Mon, 23 Nov 2026 11:59:00 GMT"})
        EXPECT_EQ(wait_of(429, {{"retry-after", value}}), std::nullopt) << value;
    EXPECT_EQ(wait_of(429, {{"x-ratelimit-limit", "0"}, {"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "0"}}),
              std::nullopt);
    EXPECT_EQ(wait_of(503, {{"x-ratelimit-reset", "30"}}), std::nullopt);
    EXPECT_EQ(wait_of(429, {{"retry-after-ms", "x"}, {"retry-after", "4"}}), 4s);
}

TEST(telnyx_retry_after, is_an_hour_at_the_most) {
    EXPECT_EQ(wait_of(429, {{"retry-after", "99999999999999"}}), 1h);
    EXPECT_EQ(wait_of(429, {{"retry-after", "Mon, 23 Nov 2099 12:00:07 GMT"}}), 1h);
}

TEST(telnyx_retry_after, reads_a_reset_that_is_a_time) {
    EXPECT_EQ(wait_of(429, {{"x-ratelimit-reset", "1795435230"}}), 30s);
    EXPECT_EQ(wait_of(429, {{"x-ratelimit-reset", "1795435199"}}), std::nullopt);
}

std::optional<rate_limit_note> rate_of(char const* limit, char const* remaining, char const* reset) {
    return telnyx::read_rate_limit(
        answer(200, "",
               {{"X-RateLimit-Limit", limit}, {"x-ratelimit-remaining", remaining}, {"x-ratelimit-reset", reset}}),
        noon);
}

TEST(telnyx_rate_limit, is_what_the_headers_say) {
    EXPECT_EQ(rate_of("100", "7", "30"), (rate_limit_note{100, 7, 30s}));
    EXPECT_EQ(rate_of(" 100 ", "0", "0"), (rate_limit_note{100, 0, 0s}));
    EXPECT_EQ(rate_of("100", "7", "0.2504"), (rate_limit_note{100, 7, 251ms})) << "rounded up";
    EXPECT_EQ(rate_of("100", "7", "1795435230"), (rate_limit_note{100, 7, 30s})) << "seconds since 1970";
    EXPECT_EQ(rate_of("100", "7", "1795435200250"), (rate_limit_note{100, 7, 250ms})) << "milliseconds since 1970";
    EXPECT_EQ(rate_of("100", "7", "1795435100"), (rate_limit_note{100, 7, 0s})) << "the window is over";
    for (auto const* far : {"3601", "999999999", "99999999999", "999999999999999999999999999999"})
        EXPECT_EQ(rate_of("100", "7", far), (rate_limit_note{100, 7, 1h})) << far;
}

TEST(telnyx_rate_limit, is_nothing_where_the_headers_make_no_sense) {
    EXPECT_EQ(telnyx::read_rate_limit(answer(200), noon), std::nullopt);
    EXPECT_EQ(rate_of("0", "0", "0"), std::nullopt) << "unknown, not never";
    EXPECT_EQ(rate_of("0", "0", "60"), std::nullopt) << "a limit of nothing is none";
    for (auto const* senseless : {"", "x", "-1", "1e3", "1,2", "0x10", "NaN", "inf", "1 2", "99999999999999999999x"}) {
        EXPECT_EQ(rate_of(senseless, "7", "30"), std::nullopt) << senseless;
        EXPECT_EQ(rate_of("100", senseless, "30"), std::nullopt) << senseless;
        EXPECT_EQ(rate_of("100", "7", senseless), std::nullopt) << senseless;
    }
    EXPECT_EQ(rate_of("99999999999999999999", "7", "30"), std::nullopt);
}

TEST(telnyx_decode, bounds_how_long_a_test_may_last) {
    auto const longest = [](std::string const& seconds) {
        auto const test = telnyx::decode_test(R"({"test_id":"T1","max_duration_seconds":)" + seconds + "}", "T1");
        EXPECT_TRUE(test) << seconds;
        return test->max_duration;
    };
    EXPECT_EQ(longest("1"), 1s);
    EXPECT_EQ(longest("3600"), 1h);
    EXPECT_EQ(longest("1.5"), 1500ms);
    for (auto const* senseless : {"0", "-5", "1e300", "\"300\"", "null", "[]", "86401"})
        EXPECT_EQ(longest(senseless), std::nullopt) << senseless;
}

TEST(telnyx_date, is_when_the_api_wrote_an_answer) {
    EXPECT_EQ(telnyx::date_of(answer(200, "", {{"date", "Mon, 23 Nov 2026 12:00:07 GMT"}}), noon), noon + 7s);
    EXPECT_EQ(telnyx::date_of(answer(200, "", {{"Date", "Sun, 22 Nov 2026 12:00:00 GMT"}, {"Age", "0"}}), noon),
              noon - 24h);
}

TEST(telnyx_date, is_nothing_where_it_may_be_another_time) {
    EXPECT_EQ(telnyx::date_of(answer(200), noon), std::nullopt);
    for (auto const* value :
         {"", "now", "0", "2026-11-23T12:00:00Z", "Mon, 23 Nov 2026 12:00:07", "Thu, 01 Jan 1970 00:00:00 GMT",
          "Mon, 23 Nov 2099 12:00:07 GMT", "Mon, 23 Nov 2026 12:00:07 GMT, Mon, 23 Nov 2026"})
        EXPECT_EQ(telnyx::date_of(answer(200, "", {{"Date", value}}), noon), std::nullopt) << value;
    for (auto const* age : {"1", "3600", "x"})
        EXPECT_EQ(telnyx::date_of(answer(200, "", {{"Date", "Mon, 23 Nov 2026 12:00:07 GMT"}, {"Age", age}}), noon),
                  std::nullopt)
            << age;
}

TEST(telnyx_answer, a_failure_with_a_wait_slows_everything_down) {
    auto const failed = failure_of(answer(503, "", {{"retry-after", "4"}}));
    EXPECT_EQ(failed.kind, failure_kind::throttled);
    EXPECT_EQ(failed.retry_after, 4s);
}

TEST(telnyx_key_check, asks_for_one_test) {
    EXPECT_EQ(telnyx::one_test_url(base), "https://api.telnyx.com/v2/ai/assistants/tests?page%5Bsize%5D=1");
}

TEST(telnyx_key_check, succeeds_when_the_api_answers_with_a_list) {
    EXPECT_TRUE(telnyx::read_list_answer(answer(200, R"({"data":[],"meta":{"total_results":0}})"), noon));
}

TEST(telnyx_key_check, says_what_is_wrong_and_what_to_do) {
    struct row {
        http_response response;
        failure_kind kind;
        std::string message;
    };

    for (auto const& [response, kind, message] : std::vector<row>{
             {answer(401, R"({"errors":[{"code":"10009","title":"Authentication failed"}]})"), failure_kind::refused,
              "the API refused the key (HTTP 401, code 10009: Authentication failed): check that the API key is valid "
              "and whole"},
             {answer(403, R"({"errors":[{"code":"10010"}]})"), failure_kind::refused,
              "the API does not let this key list tests (HTTP 403, code 10010): use a key that may"},
             {answer(404, R"({"errors":[{"code":"10005"}]})"), failure_kind::not_found,
              "the API knows no list of tests (HTTP 404, code 10005): check the base URL"},
             {answer(404, html, {{"content-type", "text/html"}}), failure_kind::transient,
              "the address was not found, and not by the API itself (HTTP 404, an HTML page, not the API's answer): "
              "check the base URL"},
             {answer(200, html, {{"content-type", "text/html"}}), failure_kind::transient,
              "the answer is not the API's (HTTP 200, an HTML page, not the API's answer): check the base URL"},
             {answer(429, "", {{"retry-after", "3"}}), failure_kind::throttled, "the API asks to slow down (HTTP 429)"},
             {answer(503), failure_kind::transient, "the API failed (HTTP 503)"},
         }) {
        auto const read = telnyx::read_list_answer(response, noon);
        ASSERT_FALSE(read) << message;
        EXPECT_EQ(read.error().kind, kind) << message;
        EXPECT_EQ(read.error().message, message);
    }
}

} // namespace
} // namespace runwatch
