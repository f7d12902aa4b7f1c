#include "runwatch/telnyx.hpp"
#include "telnyx/trigger.hpp"

#include "support/telnyx_over_loopback.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

constexpr auto base = "https://api.example/v2";

run_order test_order(std::string version = {}) {
    run_order order{"T1", ""};
    order.version = std::move(version);
    order.idempotency_key = "key-1";
    return order;
}

run_order suite_order(std::string name = "nightly") {
    run_order order{"", std::move(name)};
    order.idempotency_key = "key-1";
    return order;
}

started_runs read(run_order const& order, std::string body, std::string content_type = "application/json",
                  unsigned status = 201) {
    http_response response;
    response.status = status;
    response.headers.emplace_back("Content-Type", std::move(content_type));
    response.body = std::move(body);
    auto started = telnyx::read_trigger_answer(response, order, timestamp{});
    EXPECT_TRUE(started) << started.error().message;
    return started ? *std::move(started) : started_runs{};
}

failure refusal(run_order const& order, unsigned status, std::string body) {
    http_response response;
    response.status = status;
    response.body = std::move(body);
    auto const started = telnyx::read_trigger_answer(response, order, timestamp{});
    EXPECT_FALSE(started);
    return started ? failure{} : started.error();
}

std::string refs_of(started_runs const& started) {
    std::string refs;
    for (auto const& run : started.runs)
        refs += (refs.empty() ? "" : " ") + run.key.ref();
    return refs;
}

std::string header_of(http_request const& request, std::string_view name) {
    for (auto const& header : request.headers)
        if (header.name == name)
            return header.value;
    return {};
}

TEST(telnyx_orders, are_tests_and_suites_by_their_names) {
    EXPECT_EQ(parse_test(" T1 ")->test_id, "T1");
    EXPECT_EQ(parse_suite("night shift / a+b")->suite, "night shift / a+b");
    EXPECT_EQ(describe(test_order()), "the test T1");
    EXPECT_EQ(describe(suite_order("a\nb")), "the suite \"a?b\"");
}

TEST(telnyx_orders, refuse_what_names_none) {
    for (auto const* text : {"", " ", ".", "..", "t/r", "a b", "t\x7f", "https://user:hunter2@api.example/t"}) {
        auto const order = parse_test(text);
        ASSERT_FALSE(order) << text;
        EXPECT_EQ(order.error().message.find("hunter2"), std::string::npos);
    }
    EXPECT_EQ(parse_test("t/r").error().message, "\"t/r\" does not name a test: write its TEST_ID alone");
    for (auto const* text : {"", " ", ".", "..", "a\nb"})
        EXPECT_FALSE(parse_suite(text)) << text;
}

TEST(telnyx_trigger, posts_to_the_runs_of_what_is_ordered) {
    auto const of_test = telnyx::trigger_request(base, test_order()).value();
    EXPECT_EQ(of_test.method, "POST");
    EXPECT_EQ(of_test.url, "https://api.example/v2/ai/assistants/tests/T1/runs");
    EXPECT_EQ(of_test.body, "");
    EXPECT_EQ(header_of(of_test, "Idempotency-Key"), "key-1");
    EXPECT_EQ(header_of(of_test, "Content-Type"), "");
    EXPECT_TRUE(of_test.idempotent);
    EXPECT_EQ(telnyx::trigger_request(base, suite_order("a/b c")).value().url,
              "https://api.example/v2/ai/assistants/tests/test-suites/a%2Fb%20c/runs");
    EXPECT_FALSE(telnyx::trigger_request(base, suite_order("..")));
}

TEST(telnyx_trigger, names_the_version_in_its_body) {
    auto const request = telnyx::trigger_request(base, test_order("v\"1")).value();
    EXPECT_EQ(request.body, R"({"destination_version_id":"v\"1"})");
    EXPECT_EQ(header_of(request, "Content-Type"), "application/json");
}

TEST(telnyx_trigger, reads_the_run_that_was_started) {
    auto const body = R"({"run_id": "R1", "test_id": "t1", "status": "pending", "price": 1.10})";
    auto const started = read(test_order(), body);
    EXPECT_EQ(refs_of(started), "T1/R1") << "by the name that it was ordered by";
    EXPECT_EQ(started.flaw, "");
    EXPECT_EQ(started.runs[0].status, run_status::pending);
    EXPECT_EQ(started.runs[0].raw, body);
}

TEST(telnyx_trigger, reads_runs_however_they_are_wrapped) {
    EXPECT_EQ(refs_of(read(test_order(), R"({"data":{"run_id":"R1"}})")), "T1/R1");
    EXPECT_EQ(refs_of(read(test_order(), R"([{"run_id":"R1"}])")), "T1/R1");
    EXPECT_EQ(refs_of(read(test_order(), R"({"run_id":"R1"})", "text/plain", 200)), "T1/R1");
    auto const two = R"([{"run_id":"R1","test_id":"A"}, {"run_id":"R2","test_id":"B","z":1e5}])";
    EXPECT_EQ(refs_of(read(suite_order(), two)), "A/R1 B/R2");
    EXPECT_EQ(read(suite_order(), two).runs[1].raw, R"({"run_id":"R2","test_id":"B","z":1e5})");
    EXPECT_EQ(refs_of(read(suite_order(), std::string{R"({"data":)"} + two + "}")), "A/R1 B/R2");
    EXPECT_EQ(refs_of(read(suite_order(), R"({"data":[{"run_id":"R1","test_id":"A"}],"meta":{}})")), "A/R1");
}

TEST(telnyx_trigger, takes_an_empty_suite_for_what_it_is) {
    auto const started = read(suite_order(), "[]");
    EXPECT_EQ(started.runs.size(), 0U);
    EXPECT_EQ(started.flaw, "");
}

TEST(telnyx_trigger, never_takes_an_odd_answer_for_a_success) {
    for (auto const* body :
         {"", "{}", "[]", "[1]", "null", "{\"run_id\":7}", "{\"run_id\":\"\"}", "{\"run_id\":\"..\"}",
          "{\"run_id\":\"a b\"}", "{\"data\":{}}", "{\"run_id\":\"R1\"", "{\"run_id\":\"R1\",\"test_id\":\"T2\"}"}) {
        auto const started = read(test_order(), body);
        EXPECT_EQ(started.runs.size(), 0U) << body;
        EXPECT_TRUE(started.flaw.starts_with("the API's answer makes no sense: ")) << body << ": " << started.flaw;
    }
    EXPECT_NE(read(suite_order(), R"([{"run_id":"R1"}])").flaw, "") << "a run of whichever test";
    EXPECT_EQ(read(test_order(), "<html>", "text/html", 200).flaw,
              "the API's answer is an HTML page (HTTP 200), likely of a gateway in between: check the base URL");
}

TEST(telnyx_trigger, keeps_the_runs_that_are_named_beside_one_that_is_not) {
    auto const started = read(suite_order(), R"([{"run_id":"R1","test_id":"A"},{"test_id":"B"},7])");
    EXPECT_EQ(refs_of(started), "A/R1");
    EXPECT_EQ(started.flaw, "its run_id is missing");
}

TEST(telnyx_trigger, says_what_to_do_about_a_refusal) {
    auto const error = R"({"errors":[{"code":"10005","title":"No"}]})";
    auto const said = [&](run_order const& order, unsigned status) {
        auto const seen = refusal(order, status, error);
        return std::string{to_string(seen.kind)} + ": " + seen.message;
    };
    EXPECT_EQ(said(test_order(), 404),
              "not_found: the API knows no such test (HTTP 404, code 10005: No): check the id, "
              "and that the key belongs to the same account");
    EXPECT_EQ(said(suite_order(), 404), "not_found: the API knows no such suite (HTTP 404, code 10005: No): check the "
                                        "name, and that the key belongs to the same account");
    EXPECT_EQ(said(test_order("v1"), 400),
              "permanent: the API refused the request (HTTP 400, code 10005: No): check the version, \"v1\"");
    EXPECT_EQ(said(test_order(), 400), "permanent: the API refused the request (HTTP 400, code 10005: No)");
    EXPECT_EQ(said(test_order(), 422), "permanent: the API refused the request (HTTP 422, code 10005: No)");
    EXPECT_EQ(said(test_order(), 403),
              "refused: the API does not let this key start it (HTTP 403, code 10005: No): use "
              "a key of the account that owns it");
    EXPECT_EQ(said(test_order(), 401),
              "refused: the API refused the key (HTTP 401, code 10005: No): check that the API "
              "key is valid and whole");
    for (auto const status : {408U, 409U, 500U, 502U, 503U, 302U})
        EXPECT_EQ(refusal(test_order(), status, error).kind, failure_kind::transient) << status;
    EXPECT_EQ(refusal(test_order(), 429, error).kind, failure_kind::throttled);
    EXPECT_EQ(refusal(test_order(), 404, "<html>").kind, failure_kind::transient) << "a gateway's page";
}

/// A source against a scripted server.
class telnyx_start_test : public support::telnyx_over_loopback {
protected:
    result<started_runs> start() { return run(net.io, source().start(test_order())); }

    static std::string answer(std::string const& status, std::string const& body, std::string const& lines = "") {
        return "HTTP/1.1 " + status + "\r\n" + lines + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               body;
    }
};

constexpr auto born = R"({"run_id":"R1","status":"pending","created_at":"2026-01-02T02:59:00.250Z"})";

TEST_F(telnyx_start_test, sends_the_key_and_the_order) {
    server.on_connection().receive().send(answer("201 Created", born)).hang();
    auto const started = start();
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_EQ(refs_of(*started), "T1/R1");
    auto const& request = server.requests().at(0);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/v2/ai/assistants/tests/T1/runs");
    EXPECT_EQ(request.header("Authorization"), "Bearer KEY-1");
    EXPECT_EQ(request.header("Idempotency-Key"), "key-1");
    EXPECT_EQ(request.header("Content-Length"), "0");
}

TEST_F(telnyx_start_test, is_sent_again_on_a_fresh_connection_under_the_same_key) {
    server.on_connection().receive().send(answer("201 Created", born)).receive().close();
    server.on_connection().receive().send(answer("201 Created", born)).hang();
    EXPECT_TRUE(start());
    EXPECT_TRUE(start()) << "the kept connection was closed in the middle of it";
    ASSERT_EQ(server.requests().size(), 3U);
    EXPECT_EQ(server.requests()[1].header("Idempotency-Key"), server.requests()[2].header("Idempotency-Key"));
}

TEST_F(telnyx_start_test, is_sent_once_more_with_a_key_that_has_changed) {
    server.on_connection()
        .receive()
        .then([this] { std::ofstream{key_file.path()} << "KEY-2"; })
        .send(answer("401 Unauthorized", "{}"))
        .receive()
        .send(answer("201 Created", born))
        .hang();
    EXPECT_TRUE(start());
    EXPECT_EQ(server.requests().at(1).header("Authorization"), "Bearer KEY-2");
    EXPECT_EQ(server.requests().at(1).header("Idempotency-Key"), "key-1");
}

TEST_F(telnyx_start_test, tells_no_key_that_an_odd_answer_quotes) {
    server.on_connection().receive().send(answer("201 Created", "Bearer KEY-1 is welcome")).hang();
    auto const started = start();
    ASSERT_TRUE(started);
    EXPECT_EQ(started->flaw,
              "the API's answer makes no sense: it is not valid JSON, or was cut short: Bearer *** is welcome");
}

TEST_F(telnyx_start_test, takes_the_skew_of_the_apis_clock_out_of_the_times) {
    server.on_connection()
        .receive()
        .send(answer("201 Created", born, "Date: Fri, 02 Jan 2026 03:00:00 GMT\r\n"))
        .hang();
    auto const started = start();
    ASSERT_TRUE(started);
    EXPECT_EQ(source().clock_skew(), 2h + 500ms);
    EXPECT_EQ(format_timestamp(*started->runs.at(0).created_at), "2026-01-02T00:58:59.750Z");
}

} // namespace
} // namespace runwatch
