#include "control/answers.hpp"
#include "control/guard.hpp"
#include "control/token.hpp"

#include "runwatch/json_text.hpp"
#include "support/temporary_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace runwatch::control {
namespace {

incoming_request request_with(std::vector<http_header> headers, std::string method = "GET", std::string body = {}) {
    incoming_request request;
    request.method = std::move(method);
    request.target = "/v1/status";
    request.headers = std::move(headers);
    request.body = std::move(body);
    return request;
}

/// The status that a request is refused with; 0 if it may pass.
unsigned refused(incoming_request const& request, token_shown token = token_shown::not_needed) {
    try {
        check_access(request, token);
        return 0;
    } catch (refusal const& why) {
        return why.status;
    }
}

TEST(control_guard, takes_an_address_and_localhost_for_a_plain_host_and_nothing_else) {
    for (auto const* const host : {"127.0.0.1", "127.0.0.1:9464", "10.1.2.3:80", "localhost", "LOCALHOST:1", "[::1]",
                                   "[::1]:9464", "[fe80::1]:80", "0.0.0.0"})
        EXPECT_TRUE(is_plain_host(host)) << host;
    for (auto const* const host : {"",
                                   "evil.example",
                                   "evil.example:9464",
                                   "localhost.evil.example",
                                   "127.0.0.1.evil.example",
                                   "[::1",
                                   "::1",
                                   "[::1]x",
                                   "[::1]:",
                                   "127.0.0.1:",
                                   "127.0.0.1:80:80",
                                   "127.1",
                                   "0x7f.1",
                                   "2130706433",
                                   "localhost:port",
                                   "user@localhost",
                                   "[127.0.0.1]",
                                   "[]",
                                   "]",
                                   "[",
                                   ":80",
                                   "localhost.",
                                   "127.0.0.1 "})
        EXPECT_FALSE(is_plain_host(host)) << host;
}

TEST(control_guard, refuses_the_name_of_a_foreign_host_unless_the_token_is_right) {
    auto const request = request_with({{"Host", "evil.example:9464"}});
    EXPECT_EQ(refused(request), 403);
    EXPECT_EQ(refused(request, token_shown::wrong), 403);
    EXPECT_EQ(refused(request, token_shown::missing), 403);
    EXPECT_EQ(refused(request, token_shown::right), 0);
    EXPECT_EQ(refused(request_with({})), 403) << "without any";
}

TEST(control_guard, takes_any_host_through_a_unix_socket) {
    auto request = request_with({{"Host", "runwatch"}});
    request.is_unix = true;
    EXPECT_EQ(refused(request), 0);
}

TEST(control_guard, refuses_what_a_page_from_elsewhere_sent) {
    struct {
        std::string name;
        std::string value;
        unsigned status;
    } const cases[]{
        {"Origin", "http://127.0.0.1:9464", 0},
        {"Origin", "HTTP://127.0.0.1:9464", 0},
        {"Origin", "https://127.0.0.1:9464", 0},
        {"Origin", "http://127.0.0.1", 403},
        {"Origin", "http://127.0.0.1:9465", 403},
        {"Origin", "https://evil.example", 403},
        {"Origin", "null", 403},
        {"Origin", "127.0.0.1:9464", 403},
        {"Sec-Fetch-Site", "none", 0},
        {"Sec-Fetch-Site", "same-origin", 0},
        {"Sec-Fetch-Site", "same-site", 403},
        {"Sec-Fetch-Site", "cross-site", 403},
        {"sec-fetch-site", "whatever", 403},
    };

    for (auto const& each : cases)
        for (auto const token : {token_shown::not_needed, token_shown::right})
            EXPECT_EQ(refused(request_with({{"Host", "127.0.0.1:9464"}, {each.name, each.value}}, "POST"), token),
                      each.status)
                << each.name << ": " << each.value;
}

TEST(control_guard, asks_for_the_token) {
    auto const request = request_with({{"Host", "127.0.0.1"}});
    EXPECT_EQ(refused(request, token_shown::right), 0);
    EXPECT_EQ(refused(request, token_shown::wrong), 401);
    try {
        check_access(request, token_shown::missing);
        FAIL();
    } catch (refusal const& why) {
        EXPECT_EQ(why.status, 401);
        auto const answer = error_answer(why.status, why.what(), why.headers);
        EXPECT_EQ(answer.header("WWW-Authenticate"), "Bearer realm=\"runwatch\"");
        EXPECT_EQ(answer.header("Content-Type"), "application/json");
        EXPECT_TRUE(is_json(answer.body)) << answer.body;
    }
}

TEST(control_guard, takes_a_body_only_as_json) {
    auto const with_type = [](std::string type, std::string method = "POST", std::string body = "{}") {
        return request_with({{"Host", "localhost"}, {"Content-Type", std::move(type)}}, std::move(method),
                            std::move(body));
    };
    EXPECT_EQ(refused(with_type("application/json")), 0);
    EXPECT_EQ(refused(with_type("Application/JSON; charset=utf-8")), 0);
    EXPECT_EQ(refused(with_type("text/plain")), 415);
    EXPECT_EQ(refused(with_type("application/x-www-form-urlencoded")), 415);
    EXPECT_EQ(refused(with_type("application/jsonx")), 415);
    EXPECT_EQ(refused(with_type("text/plain", "DELETE")), 415);
    EXPECT_EQ(refused(with_type("text/plain", "POST", "")), 0) << "no body has no type";
    EXPECT_EQ(refused(request_with({{"Host", "localhost"}}, "POST", "{}")), 415);
}

TEST(control_guard, reads_the_token_that_a_request_brings) {
    auto const token = [](std::string value) {
        auto const request = request_with({{"authorization", std::move(value)}});
        return std::string{bearer_token(request)};
    };
    EXPECT_EQ(token("Bearer abc"), "abc");
    EXPECT_EQ(token("bearer   abc "), "abc");
    EXPECT_EQ(token("Bearer"), "");
    EXPECT_EQ(token("Basic abc"), "");
    EXPECT_EQ(token("Bearerabc"), "");
    EXPECT_EQ(std::string{bearer_token(request_with({}))}, "");
}

void write(std::string const& path, std::string_view content) { std::ofstream{path} << content; }

TEST(control_token, is_equal_only_where_every_byte_is) {
    EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
    EXPECT_TRUE(equal_in_constant_time("", ""));
    for (auto const* const given : {"", "s", "secre", "secretx", "Secret", "secres", "secretsecret"})
        EXPECT_FALSE(equal_in_constant_time(given, "secret")) << given;
    EXPECT_FALSE(equal_in_constant_time("secret", ""));
}

TEST(control_token, is_read_again_when_its_file_changes_and_holds_on_while_it_is_gone) {
    support::temporary_file const file{"first\n"};
    access_token token{secret_source{secret_source::origin::file, file.path()}};
    EXPECT_TRUE(token.matches("first"));
    EXPECT_FALSE(token.matches("second"));
    write(file.path(), "the second\n");
    EXPECT_TRUE(token.matches("the second"));
    EXPECT_FALSE(token.matches("first"));
    write(file.path(), "");
    EXPECT_TRUE(token.matches("the second"));
    EXPECT_FALSE(token.matches(""));
}

TEST(control_token, has_to_be_there_at_first) {
    EXPECT_THROW(access_token(secret_source(secret_source::origin::file, "/does/not/exist")), config_error);
}

} // namespace
} // namespace runwatch::control
