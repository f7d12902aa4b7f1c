#include "runwatch/telnyx.hpp"

#include "runwatch/run_json.hpp"
#include "support/telnyx_over_loopback.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

run_list const of_test{"T1"};
run_list const of_suite{"night & day", "S/1"};

constexpr auto one_run = R"({"data":[{"run_id":"R1","test_id":"T1","status":"passed"}],"meta":{"total_pages":1}})";
constexpr auto api_error = R"({"errors":[{"code":"10005","title":"Resource not found","detail":"No."}]})";

/// An answer of this status with these lines in its header, each with its line end.
std::string answer(std::string const& status, std::string const& body, std::string const& lines = "") {
    return "HTTP/1.1 " + status + "\r\n" + lines + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// A source against a scripted server, asked for lists and tests.
class telnyx_list_test : public support::telnyx_over_loopback {
protected:
    result<run_page> list(run_list const& what = of_test, std::size_t page = 1) {
        return run(net.io, source().list(what, page));
    }

    result<test_description> describe(std::string const& test_id = "T1") {
        return run(net.io, source().describe(test_id));
    }

    /// The failure of a list, without a key in it.
    failure failure_of_list(run_list const& what = of_test) {
        auto const seen = list(what);
        EXPECT_FALSE(seen);
        auto failed = seen ? failure{} : seen.error();
        EXPECT_EQ(failed.message.find("KEY-"), std::string::npos) << failed.message;
        return failed;
    }

    std::string target_of_request(std::size_t number) const { return server.requests().at(number).target; }
};

TEST_F(telnyx_list_test, asks_for_a_full_page_of_a_tests_runs) {
    serve().receive().send(ok(one_run)).receive().send(ok(R"({"data":[]})")).hang();
    auto const page = list();
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->runs.size(), 1U);
    EXPECT_EQ(page->runs[0].run.key.ref(), "T1/R1");
    EXPECT_EQ(page->total_pages, 1U);
    EXPECT_EQ(target_of_request(0), "/v2/ai/assistants/tests/T1/runs?page%5Bnumber%5D=1&page%5Bsize%5D=100");
    EXPECT_EQ(server.requests().at(0).header("Authorization"), "Bearer KEY-1");
    EXPECT_TRUE(list(run_list{"a/b?c"}, 7));
    EXPECT_EQ(target_of_request(1), "/v2/ai/assistants/tests/a%2Fb%3Fc/runs?page%5Bnumber%5D=7&page%5Bsize%5D=100");
}

TEST_F(telnyx_list_test, asks_for_the_runs_of_a_suite_run_or_of_all) {
    serve().receive().send(ok(one_run)).receive().send(ok(one_run)).hang();
    EXPECT_TRUE(list(of_suite, 2));
    EXPECT_EQ(target_of_request(0), "/v2/ai/assistants/tests/test-suites/night%20%26%20day/runs?"
                                    "test_suite_run_id=S%2F1&page%5Bnumber%5D=2&page%5Bsize%5D=100");
    EXPECT_TRUE(list(run_list{"nightly", ""}));
    EXPECT_EQ(target_of_request(1),
              "/v2/ai/assistants/tests/test-suites/nightly/runs?page%5Bnumber%5D=1&page%5Bsize%5D=100");
}

TEST_F(telnyx_list_test, asks_for_nothing_whose_name_leads_elsewhere) {
    for (auto const& what : {run_list{".."}, run_list{"."}, run_list{}, run_list{"..", "S1"}})
        EXPECT_EQ(failure_of_list(what).kind, failure_kind::permanent);
    EXPECT_EQ(describe("..").error().kind, failure_kind::permanent);
    EXPECT_EQ(describe("").error().message, R"(nothing is known of the test : the API has no address for the name "")");
}

TEST_F(telnyx_list_test, asks_once_more_with_a_key_that_has_changed_meanwhile) {
    for (std::size_t count = 1; count <= 2; ++count)
        serve()
            .receive()
            .then([this, count] { std::ofstream{key_file.path()} << "KEY-new-" + std::string(count, '2'); })
            .send(answer("401 Unauthorized", api_error, "Connection: close\r\n"));
    serve().receive().send(ok(one_run)).receive().send(ok(R"({"test_id":"T1"})")).hang();
    EXPECT_FALSE(list()) << "only once";
    EXPECT_TRUE(list());
    EXPECT_EQ(server.requests().at(2).header("Authorization"), "Bearer KEY-new-22");
    EXPECT_TRUE(describe());
}

TEST_F(telnyx_list_test, takes_the_skew_of_the_apis_clock_out_of_every_runs_times) {
    constexpr auto body = R"({"data":[{"run_id":"R1","status":"running","created_at":"2026-01-02T02:59:00Z"},)"
                          R"({"run_id":"R2","status":"passed","created_at":"2026-01-02T02:59:00Z",)"
                          R"("completed_at":"2026-01-02T02:59:30Z"}]})";
    serve().receive().send(answer("200 OK", body, "Date: Fri, 02 Jan 2026 03:00:00 GMT\r\n")).hang();
    auto const page = list();
    ASSERT_TRUE(page);
    EXPECT_EQ(source().clock_skew(), 2h + 500ms);
    for (auto const& each : page->runs)
        EXPECT_EQ(format_timestamp(*each.run.created_at), "2026-01-02T00:58:59.500Z");
    EXPECT_EQ(format_timestamp(*page->runs[1].run.completed_at), "2026-01-02T00:59:29.500Z");
    EXPECT_FALSE(page->runs[0].run.completed_at);
}

TEST_F(telnyx_list_test, says_which_list_failed_and_what_to_do) {
    struct row {
        std::string answer;
        failure_kind kind;
        std::string message;
    };

    std::string const test = "the runs of the test T1 cannot be listed: ";
    std::vector<row> const rows{
        {answer("401 No", R"({"errors":[{"code":"10009","title":"Bearer KEY-1"}]})"), failure_kind::refused,
         "the API refused the key (HTTP 401, code 10009: Bearer ***): check that the API key is valid and whole"},
        {answer("403 No", R"({"errors":[{"code":"10010"}]})"), failure_kind::refused,
         "the API does not let this key read these runs (HTTP 403, code 10010): use a key of the account that owns "
         "them"},
        {answer("404 No", api_error), failure_kind::not_found,
         "the API knows no such list of runs (HTTP 404, code 10005: Resource not found: No.): check the ids, and that "
         "the "
         "key belongs to the same account"},
        {answer("404 No", "<html>KEY-1", "Content-Type: text/html\r\n"), failure_kind::transient,
         "the address was not found, and not by the API itself (HTTP 404, an HTML page, not the API's answer): check "
         "the "
         "base URL"},
        {answer("422 No", R"({"detail":[{"loc":["query","page"],"msg":"too large"}]})"), failure_kind::permanent,
         "the API refused the request (HTTP 422, page: too large): check the ids"},
        {answer("429 No", "", "Retry-After: 3\r\n"), failure_kind::throttled, "the API asks to slow down (HTTP 429)"},
        {answer("500 No", "KEY-1"), failure_kind::transient, "the API failed (HTTP 500, ***)"},
        {answer("503 No", ""), failure_kind::transient, "the API failed (HTTP 503)"},
        {answer("200 OK", "<html>", "Content-Type: text/html\r\n"), failure_kind::transient,
         "the API's answer is an HTML page (HTTP 200), likely of a gateway in between: check the base URL"},
        {answer("200 OK", ""), failure_kind::transient, "the API's answer makes no sense: it is empty"},
        {answer("200 OK", "KEY-1"), failure_kind::transient,
         "the API's answer makes no sense: it is no whole JSON object, or was cut short"},
        {answer("200 OK", R"({"data":{"KEY-1":1}})"), failure_kind::transient,
         "the API's answer makes no sense: it holds no list of runs"},
    };
    auto& script = serve();
    for (auto const& each : rows)
        script.receive().send(each.answer);
    script.hang();
    for (auto const& each : rows) {
        auto const failed = failure_of_list();
        EXPECT_EQ(failed.kind, each.kind) << each.message;
        EXPECT_EQ(failed.message, test + each.message);
    }
}

TEST_F(telnyx_list_test, names_the_suite_and_hides_what_a_terminal_would_obey) {
    serve().receive().send(answer("503 No", "")).receive().send(answer("503 No", "")).hang();
    EXPECT_EQ(failure_of_list(of_suite).message,
              "the runs of the suite \"night & day\" cannot be listed: the API failed (HTTP 503)");
    EXPECT_EQ(failure_of_list(run_list{"a\x1b[31m"}).message,
              "the runs of the test a?[31m cannot be listed: the API failed (HTTP 503)");
}

TEST_F(telnyx_list_test, says_so_when_the_api_cannot_be_reached) {
    serve().receive();
    auto const failed = failure_of_list();
    EXPECT_EQ(failed.kind, failure_kind::transient);
    EXPECT_TRUE(failed.message.starts_with("the runs of the test T1 cannot be listed: localhost")) << failed.message;
}

TEST_F(telnyx_list_test, fails_for_a_page_over_the_limit) {
    net.options.max_body_bytes = 10'000;
    serve().receive().send(
        ok(R"({"data":[{"run_id":"R1","status":"passed","logs":")" + std::string(10'000, 'x') + R"("}]})"));
    auto const failed = failure_of_list();
    EXPECT_EQ(failed.kind, failure_kind::transient);
    EXPECT_NE(failed.message.find("is larger than 10000 bytes"), std::string::npos) << failed.message;
}

TEST_F(telnyx_list_test, leaves_long_logs_out_of_a_page_over_the_limit) {
    net.options.max_body_bytes = 250'000;
    auto const entry = [](std::string const& id, std::size_t logs) {
        return R"({"run_id":")" + id + R"(","status":"passed","detail_status":[],"logs":")" + std::string(logs, 'x') +
               R"("})";
    };
    serve()
        .receive()
        .send(ok(R"({"data":[)" + entry("R1", 150'000) + ',' + entry("R2", 50'000) + ',' + entry("R3", 150'000) +
                 R"(],"meta":{"total_pages":7}})"))
        .hang();
    auto const page = list();
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->runs.size(), 3U);
    EXPECT_FALSE(page->runs[0].whole);
    EXPECT_TRUE(page->runs[1].whole);
    EXPECT_EQ(logs_of(page->runs[1].run).size(), 50'000U);
    EXPECT_FALSE(page->runs[2].whole);
    EXPECT_EQ(page->total_pages, 7U);
}

/// A page of ten megabytes.
std::string long_page() {
    std::string body = R"({"data":[)";
    for (int number = 0; number < 100; ++number)
        body.append(number == 0 ? "" : ",")
            .append(R"({"run_id":")" + std::to_string(number) + R"(","status":"passed","detail_status":[],"logs":")")
            .append(std::string(100'000, '.') + R"("})");
    return body + "]}";
}

/// Lines of a header that are told to who listens for the rate limit, just before an answer is read.
constexpr auto some_limit = "x-ratelimit-limit: 1\r\nx-ratelimit-remaining: 1\r\nx-ratelimit-reset: 1\r\n";

TEST_F(telnyx_list_test, lets_the_loop_work_while_it_reads_a_long_page) {
    serve().receive().send(answer("200 OK", long_page(), some_limit)).hang();
    task<result<run_page>> reading{net.io, source().list(of_test, 1)};
    int turns = 0;
    std::function<void()> const take_turn = [&] {
        ++turns;
        if (!reading.done())
            boost::asio::post(net.io, take_turn);
    };
    source().set_rate_listener([&](rate_limit_note const&) { boost::asio::post(net.io, take_turn); });
    auto const page = reading.get();
    run_ready(net.io);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->runs.size(), 100U);
    EXPECT_EQ(logs_of(page->runs[99].run).size(), 100'000U);
    EXPECT_TRUE(page->runs[99].whole);
    EXPECT_GT(turns, 30) << "one between every two pieces";
}

TEST_F(telnyx_list_test, stops_reading_a_long_page_when_cancelled) {
    serve().receive().send(answer("200 OK", long_page(), some_limit)).hang();
    task<result<run_page>> reading{net.io, source().list(of_test, 1)};
    source().set_rate_listener([&](rate_limit_note const&) { boost::asio::post(net.io, [&] { reading.cancel(); }); });
    EXPECT_TRUE(ends_cancelled(reading));
}

TEST_F(telnyx_list_test, asks_for_runs_of_a_status) {
    serve().receive().send(ok(one_run)).hang();
    auto running = of_test;
    running.status = "running";
    EXPECT_TRUE(list(running));
    EXPECT_EQ(target_of_request(0),
              "/v2/ai/assistants/tests/T1/runs?status=running&page%5Bnumber%5D=1&page%5Bsize%5D=100");
}

TEST_F(telnyx_list_test, lists_the_names_of_suites) {
    serve()
        .receive()
        .send(ok(R"({"data":["nightly","a b",7,"","..","nightly/2"]})"))
        .receive()
        .send(ok(R"({"data":[]})"))
        .receive()
        .send(ok(R"({"data":{}})"))
        .receive()
        .send(answer("404 No", api_error))
        .hang();
    auto const ask = [this] { return run(net.io, source().list_suites()); };
    EXPECT_EQ(*ask(), (std::vector<std::string>{"nightly", "a b", "nightly/2"}));
    EXPECT_EQ(target_of_request(0), "/v2/ai/assistants/tests/test-suites");
    EXPECT_TRUE(ask()->empty());
    EXPECT_EQ(ask().error().message,
              "the suites cannot be listed: the API's answer makes no sense: it holds no list of suites");
    auto const refused = ask().error();
    EXPECT_EQ(refused.kind, failure_kind::not_found);
    EXPECT_EQ(refused.message, "the suites cannot be listed: the API knows no list of suites (HTTP 404, code 10005: "
                               "Resource not found: No.): check the ids, and that the key belongs to the same account");
}

TEST_F(telnyx_list_test, describes_a_test) {
    serve()
        .receive()
        .send(ok(R"({"test_id":"t1","name":"x","test_suite":"nightly","max_duration_seconds":300,"rubric":[]})"))
        .receive()
        .send(ok(R"({"data":{"test_id":"T1","test_suite":null,"max_duration_seconds":null}})"))
        .hang();
    auto const test = describe();
    ASSERT_TRUE(test) << test.error().message;
    EXPECT_EQ(test->suite, "nightly");
    EXPECT_EQ(test->max_duration, 300s);
    EXPECT_EQ(target_of_request(0), "/v2/ai/assistants/tests/T1");
    auto const bare = describe();
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->suite, "");
    EXPECT_FALSE(bare->max_duration);
}

TEST_F(telnyx_list_test, says_what_is_wrong_with_the_description_of_a_test) {
    auto& script = serve();
    std::string const about = "nothing is known of the test T1: ";
    std::vector<std::pair<std::string, std::string>> const rows{
        {answer("404 No", api_error),
         "the API knows no such test (HTTP 404, code 10005: Resource not found: No.): check the ids, and that the key "
         "belongs to the same account"},
        {answer("403 No", "KEY-1"),
         "the API does not let this key read the test (HTTP 403, ***): use a key of the account that owns it"},
        {ok("KEY-1"), "the API's answer makes no sense: it is not valid JSON, or was cut short: ***"},
        {ok("{}"), "the API's answer makes no sense: it names no test_id"},
        {ok(R"({"test_id":"T2"})"), "the API's answer makes no sense: it is about another test, T2"},
    };
    for (auto const& each : rows)
        script.receive().send(each.first);
    script.hang();
    for (auto const& each : rows) {
        auto const test = describe();
        ASSERT_FALSE(test) << each.second;
        EXPECT_EQ(test.error().message, about + each.second);
    }
}

TEST_F(telnyx_list_test, tells_the_rate_limit_of_every_answer_that_has_one) {
    auto const limits = [](int remaining) {
        return "X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: " + std::to_string(remaining) +
               "\r\nX-RateLimit-Reset: 2.5\r\n";
    };
    serve()
        .receive()
        .send(answer("200 OK", one_run, limits(4)))
        .receive()
        .then([this] { std::ofstream{key_file.path()} << "KEY-number-2"; })
        .send(answer("401 No", api_error, limits(3)))
        .receive()
        .send(answer("429 No", "", limits(0)))
        .receive()
        .send(answer("200 OK", R"({"run_id":"R1","status":"passed"})", limits(2)))
        .receive()
        .send(answer("200 OK", R"({"run_id":"R1","status":"passed"})"))
        .hang();
    std::vector<std::uint64_t> told;
    source().set_rate_listener([&](rate_limit_note const& note) {
        EXPECT_EQ(note.limit, 10U);
        EXPECT_EQ(note.reset, 2500ms);
        told.push_back(note.remaining);
    });
    EXPECT_TRUE(list());
    EXPECT_FALSE(describe());
    EXPECT_TRUE(run(net.io, source().fetch({"T1", "R1"})));
    EXPECT_TRUE(run(net.io, source().fetch({"T1", "R1"})));
    EXPECT_EQ(told, (std::vector<std::uint64_t>{4, 3, 0, 2}));
}

} // namespace
} // namespace runwatch
