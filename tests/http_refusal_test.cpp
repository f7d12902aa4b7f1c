#include "runwatch/http_server.hpp"

#include "support/server_bench.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::string_literals;
using namespace support;

struct refusal_case {
    std::string sent;
    char const* status;
    char const* why;
};

/// Requests that two readers could understand differently, and what nobody means to send.
std::vector<refusal_case> cases() {
    auto const head = "POST /a HTTP/1.1\r\nHost: h\r\n"s;
    auto const chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
    return {
        // Where the body ends.
        {head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400",
         "the request has more than one Content-Length header"},
        {head + "Content-Length: 3\r\nX: y\r\ncontent-length: 3\r\n\r\nabc", "400",
         "the request has more than one Content-Length header"},
        {head + "Content-Length: 3, 3\r\n\r\nabc", "400", "the Content-Length header is not a number"},
        {head + "Content-Length: -3\r\n\r\nabc", "400", "the Content-Length header is not a number"},
        {head + "Content-Length: +3\r\n\r\nabc", "400", "the Content-Length header is not a number"},
        {head + "Content-Length: 0x3\r\n\r\nabc", "400", "the Content-Length header is not a number"},
        {head + "Content-Length: 3a\r\n\r\nabc", "400", "the Content-Length header is not a number"},
        {head + "Content-Length: 3 3\r\n\r\nabc", "400", "the Content-Length header is not a number"},
        {head + "Content-Length: 1e2\r\n\r\nabc", "400", "the Content-Length header is not a number"},
        {head + "Content-Length:\r\n\r\nabc", "400", "the Content-Length header is not a number"},
        {head + "Content-Length: 18446744073709551619\r\n\r\nabc", "400",
         "the number in the Content-Length header is too large"},
        {head + "Content-Length: 99999999999\r\n\r\nabc", "413", "the request's body is larger than 1000 bytes"},
        {head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400",
         "the request has both a Content-Length and a Transfer-Encoding header"},
        {head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "400",
         "the request has both a Content-Length and a Transfer-Encoding header"},
        {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400",
         "the request has more than one Transfer-Encoding header"},
        {head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400",
         "the only Transfer-Encoding that this server takes is chunked"},
        {head + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "400",
         "the only Transfer-Encoding that this server takes is chunked"},
        {head + "Transfer-Encoding: identity\r\n\r\n", "400",
         "the only Transfer-Encoding that this server takes is chunked"},
        {head + "Transfer-Encoding: xchunked\r\n\r\n", "400",
         "the only Transfer-Encoding that this server takes is chunked"},
        {head + "Transfer-Encoding: \"chunked\"\r\n\r\n", "400",
         "the only Transfer-Encoding that this server takes is chunked"},
        {head + "Transfer-Encoding:\x0b" + "chunked\r\n\r\n", "400", "a header holds a control character"},
        {"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400",
         "a request of HTTP/1.0 cannot have a Transfer-Encoding header"},
        // Chunks.
        {chunked + "-1\r\nabc\r\n0\r\n\r\n", "400", "this is no valid request: bad chunk"},
        {chunked + "+3\r\nabc\r\n0\r\n\r\n", "400", "this is no valid request: bad chunk"},
        {chunked + "0x3\r\nabc\r\n0\r\n\r\n", "400", "this is no valid request: "},
        {chunked + " 3\r\nabc\r\n0\r\n\r\n", "400", "this is no valid request: bad chunk"},
        {chunked + "3 \r\nabc\r\n0\r\n\r\n", "400", ""},
        {chunked + "3;a=b\r\nabc\r\n0\r\n\r\n", "400",
         "a chunk of the request's body has more than its size in its first line"},
        {chunked + "3;\nxx\r\nabc\r\n0\r\n\r\n", "400", ""},
        {chunked + "\r\nabc\r\n0\r\n\r\n", "400", "this is no valid request: bad chunk"},
        {chunked + "g\r\nabc\r\n0\r\n\r\n", "400", "this is no valid request: bad chunk"},
        {chunked + "3\nabc\r\n0\r\n\r\n", "400", ""},
        {chunked + "3\r\nabcde\r\n0\r\n\r\n", "400", "this is no valid request: bad chunk"},
        {chunked + "3\rabc\r\n0\r\n\r\n", "400", "this is no valid request: bad line ending"},
        {chunked + "10000000000000003\r\nabc\r\n0\r\n\r\n", "400", "this is no valid request: bad chunk"},
        {chunked + "ffffffffffffffff\r\nabc\r\n0\r\n\r\n", "413", "the request's body is larger than 1000 bytes"},
        {chunked + "3e9\r\n", "413", "the request's body is larger than 1000 bytes"},
        {chunked + "0\r\nContent-Length: 3\r\n\r\n", "400", "this is no valid request: bad Content-Length"},
        {chunked + "0\r\n" + std::string(30'000, 'a'), "400",
         "there is too much between two chunks of the request's body, or behind the last"},
        {chunked + std::string(30'000, '1'), "400",
         "there is too much between two chunks of the request's body, or behind the last"},
        // Lines and headers.
        {"GET /a HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", "400",
         "a header line begins with a space: headers may not go on over several lines"},
        {"GET /a HTTP/1.1\r\nHost: h\r\nX: a\r\n\tb\r\n\r\n", "400",
         "a header line begins with a space: headers may not go on over several lines"},
        {"GET /a HTTP/1.1\r\n Host: h\r\n\r\n", "400",
         "a header line begins with a space: headers may not go on over several lines"},
        {"GET /a HTTP/1.1\r\nHost : h\r\n\r\n", "400",
         "a header has no name, or a space between its name and the colon"},
        {"GET /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding\t: chunked\r\n\r\n", "400",
         "a header has no name, or a space between its name and the colon"},
        {"GET /a HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", "400",
         "a header has no name, or a space between its name and the colon"},
        {"GET /a HTTP/1.1\r\nHost: h\r\nnothing\r\n\r\n", "400", "a header line has no colon"},
        {"GET /a HTTP/1.1\r\nHost: h\r\nA B: x\r\n\r\n", "400", "this is no valid request: bad field"},
        {"GET /a HTTP/1.1\r\nHost: h\r\nA[]: x\r\n\r\n", "400", "this is no valid request: bad field"},
        {"GET /a HTTP/1.1\nHost: h\n\n", "400", "a line of the request's head ends by LF without CR"},
        {"GET /a HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", "400", "a line of the request's head ends by LF without CR"},
        {"GET /a HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", "400", "a CR without LF stands in the request's head"},
        {"GET /a HTTP/1.1\r\nHost: h\r\r\n\r\n", "400", "a CR without LF stands in the request's head"},
        {"GET /a HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s, "400",
         "the request's head holds a zero byte: if the client speaks TLS, let it not"},
        {"\x16\x03\x01\x02\0\x01"s, "400",
         "the request's head holds a zero byte: if the client speaks TLS, let it not"},
        {"GET /a HTTP/1.1\r\nHost: h\r\nX: a\x01\r\n\r\n", "400", "a header holds a control character"},
        // Who is asked.
        {"GET /a HTTP/1.1\r\n\r\n", "400", "the request has no Host header"},
        {"GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400", "the request has more than one Host header"},
        {"GET /a HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", "400", "the request has more than one Host header"},
        {"GET /a HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n", "400", "the request has more than one Host header"},
        {"GET /a HTTP/1.1\r\nHost: a, b\r\n\r\n", "400", "the Host header is not of the form HOST:PORT"},
        {"GET /a HTTP/1.1\r\nHost: u@a\r\n\r\n", "400", "the Host header is not of the form HOST:PORT"},
        // The request line.
        {"GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n", "400", "the request's target does not begin with a slash"},
        {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "400", "the request's target does not begin with a slash"},
        {"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", "400", "the request's target does not begin with a slash"},
        {"GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", "400", "the request's target does not begin with a slash"},
        {"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "400", "the request's target holds what would have to be encoded"},
        {"GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", "400", "the request's target holds what would have to be encoded"},
        {"GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n", "400",
         "the request's target holds what would have to be encoded"},
        {"GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n", "400", "the request's target holds what would have to be encoded"},
        {"GET /a\r\nHost: h\r\n\r\n", "400", "the request line is not of the form METHOD /PATH HTTP/1.1"},
        {"GET\r\n\r\n", "400", "the request line is not of the form METHOD /PATH HTTP/1.1"},
        {" GET /a HTTP/1.1\r\nHost: h\r\n\r\n", "400", "the request line is not of the form METHOD /PATH HTTP/1.1"},
        {"G(T /a HTTP/1.1\r\nHost: h\r\n\r\n", "400", "this is no valid request: bad method"},
        {"GET /a HTTP/2.0\r\nHost: h\r\n\r\n", "505", "this server speaks HTTP/1.1 and HTTP/1.0"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", "this server speaks HTTP/1.1 and HTTP/1.0"},
        {"GET /a HTTP/1.2\r\nHost: h\r\n\r\n", "505", "this server speaks HTTP/1.1 and HTTP/1.0"},
        {"GET /a HTTP/11\r\nHost: h\r\n\r\n", "505", "this server speaks HTTP/1.1 and HTTP/1.0"},
        {"GET /a HTTP/1.1 \r\nHost: h\r\n\r\n", "400", "the request line is not of the form METHOD /PATH HTTP/1.1"},
        {"GET /a http/1.1\r\nHost: h\r\n\r\n", "400", "the request line is not of the form METHOD /PATH HTTP/1.1"},
        // Too much.
        {"GET /" + std::string(5'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", "431",
         "the request's head is larger than 4096 bytes"},
        {"GET /a HTTP/1.1\r\nHost: h\r\nX: " + std::string(50'000, 'a'), "431",
         "the request's head is larger than 4096 bytes"},
        {"GET /a HTTP/1.1\r\nHost: h\r\n" +
             [] {
                 std::string many;
                 for (int count = 0; count < 101; ++count)
                     many += "a: b\r\n";
                 return many;
             }() +
             "\r\n",
         "431", "the request has more than 100 headers"},
        {head + "Content-Length: 3\r\nExpect: 200-ok\r\n\r\nabc", "417",
         "the only expectation that this server meets is 100-continue"},
    };
}

TEST(http_refusal, says_what_is_wrong_and_closes) {
    for (auto const& each : cases()) {
        server_bench bench;
        bench.most.max_header_bytes = 4096;
        bench.most.max_body_bytes = 1000;
        auto& client = bench.connect();
        // What stands behind must not be taken for a request.
        client.send(each.sent + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
        client.finish();
        auto const& answer = client.wait_until_closed();
        auto const shown = each.sent.substr(0, 120) + "\n→ " + answer;
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::string{each.status} + ' ')) << shown;
        EXPECT_EQ(count_of(answer, "\r\nDate: "), 1) << shown;
        EXPECT_EQ(count_of(answer, "Connection: close\r\n"), 1) << shown;
        EXPECT_TRUE(body_of(answer).starts_with("{\"error\": \"" + std::string{each.why})) << shown;
        EXPECT_TRUE(bench.requests.empty()) << shown;
    }
}

TEST(http_refusal, does_not_depend_on_how_the_bytes_come) {
    for (auto const& each : cases()) {
        if (each.sent.size() > 1'000)
            continue;
        server_bench bench;
        bench.most.max_header_bytes = 4096;
        bench.most.max_body_bytes = 1000;
        auto& client = bench.connect();
        for (auto const letter : each.sent) {
            client.send(std::string(1, letter));
            run_ready(bench.io);
        }
        client.finish();
        auto const& answer = client.wait_until_closed();
        auto const shown = each.sent + "\n→ " + answer;
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::string{each.status} + ' ')) << shown;
        EXPECT_TRUE(bench.requests.empty()) << shown;
    }
}

TEST(http_refusal, follows_the_good_requests_before_it) {
    server_bench bench;
    auto const answers = bench.exchange("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n"
                                        "GET /c HTTP/1.1\nHost: h\n\nGET /d HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(count_of(answers, "HTTP/1.1 200 OK\r\n"), 2);
    EXPECT_EQ(count_of(answers, "HTTP/1.1 400 Bad Request\r\n"), 1);
    EXPECT_EQ(bench.requests.size(), 2);
}

TEST(http_refusal, reaches_a_client_that_is_still_sending) {
    server_bench bench;
    bench.most.max_body_bytes = 1000;
    auto& client = bench.connect();
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x'));
    client.finish();
    EXPECT_EQ(body_of(client.wait_until_closed()), "{\"error\": \"the request's body is larger than 1000 bytes\"}\n");
}

TEST(http_refusal, repeats_nothing_of_the_request) {
    server_bench bench;
    auto const answer = bench.exchange("GET /a?token=s3cret HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer s3cret\r\n"
                                       "Content-Length: s3cret\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 "));
    EXPECT_EQ(answer.find("s3cret"), std::string::npos);
}

} // namespace
} // namespace runwatch
