#include "sinks/webhook_answer.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

auto const noon = *parse_timestamp("2026-11-23T12:00:00Z");

http_response answer(unsigned status, std::vector<http_header> headers = {}) {
    http_response response;
    response.status = status;
    response.headers = std::move(headers);
    return response;
}

failure failure_of(http_response const& response, std::string_view quoted = {}) {
    auto const judged = judge_answer(response, quoted, noon);
    EXPECT_FALSE(judged) << response.status;
    return judged ? failure{} : judged.error();
}

TEST(webhook_answer, counts_by_its_status) {
    for (auto const status : {200U, 201U, 202U, 204U, 299U})
        EXPECT_TRUE(judge_answer(answer(status), "whatever it says", noon)) << status;
    for (auto const status : {404U, 408U, 425U, 500U, 502U, 503U, 504U, 599U, 999U})
        EXPECT_EQ(failure_of(answer(status)).kind, failure_kind::transient) << status;
    for (auto const status : {300U, 301U, 302U, 304U, 307U, 308U, 400U, 401U, 403U, 405U, 413U, 422U, 499U})
        EXPECT_EQ(failure_of(answer(status)).kind, failure_kind::permanent) << status;
    EXPECT_EQ(failure_of(answer(429)).kind, failure_kind::throttled);
    EXPECT_EQ(failure_of(answer(410)).kind, failure_kind::gone);
}

TEST(webhook_answer, may_ask_to_wait_a_day_at_most) {
    EXPECT_EQ(failure_of(answer(429, {{"Retry-After", "120"}})),
              failure(failure_kind::throttled, "answered HTTP 429", 120s));
    EXPECT_EQ(failure_of(answer(503, {{"Retry-After", "Mon, 23 Nov 2026 12:01:00 GMT"}})),
              failure(failure_kind::throttled, "answered HTTP 503", 60s));
    EXPECT_EQ(failure_of(answer(503, {{"Retry-After", "999999999"}})).retry_after, 24h);
    EXPECT_EQ(failure_of(answer(503, {{"Retry-After", "Mon, 23 Nov 2099 12:01:00 GMT"}})).retry_after, 24h);
    EXPECT_EQ(failure_of(answer(429, {{"Retry-After", "1.5"}})).retry_after, 1500ms);
    for (auto const* nonsense : {"", "soon", "-5", "0", "Sun, 22 Nov 2026 12:00:00 GMT"})
        EXPECT_EQ(failure_of(answer(503, {{"Retry-After", nonsense}})),
                  failure(failure_kind::transient, "answered HTTP 503"));
    EXPECT_EQ(failure_of(answer(400, {{"Retry-After", "120"}})).retry_after, std::nullopt);
    EXPECT_EQ(failure_of(answer(410, {{"Retry-After", "120"}})).kind, failure_kind::gone);
}

TEST(webhook_answer, is_quoted_in_short_and_printable) {
    EXPECT_EQ(failure_of(answer(500), " no\x1b[31m room\n\n").message, "answered HTTP 500: no?[31m room");
    EXPECT_EQ(failure_of(answer(500), std::string(1'000, 'x')).message,
              "answered HTTP 500: " + std::string(200, 'x') + "…");
    EXPECT_EQ(failure_of(answer(302, {{"Location", "https://u:p@x"}}), "moved").message,
              "answered HTTP 302, a redirect, which is never followed: set the URL to where the webhook is now");
    EXPECT_EQ(failure_of(answer(302, {{"Location", "https://new.example.com/path?token=x"}})).message,
              "answered HTTP 302, a redirect to https://new.example.com, which is never followed: set the URL to where "
              "the webhook is now");
}

} // namespace
} // namespace runwatch
