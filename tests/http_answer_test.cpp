#include "runwatch/http_client.hpp"

#include "support/loopback.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace runwatch {
namespace {

using namespace support;

/// A server that answers one request with these bytes and closes the connection.
scripted_server& serve_once(loopback& net, std::string bytes) {
    auto& server = net.serve();
    server.on_connection().receive().send(std::move(bytes)).close();
    return server;
}

/// What the client makes of these bytes as an answer, with `SERVER` for the server's name.
std::string reading_of(loopback& net, std::string bytes, std::string const& method = "GET") {
    auto const& server = serve_once(net, std::move(bytes));
    auto request = get_request(server.url("http"));
    request.method = method;
    return text_of(net.send(request), server);
}

TEST(http_answer, may_be_chunked) {
    loopback net;
    EXPECT_EQ(reading_of(net, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "3\r\nabc\r\nA;note=x\r\n0123456789\r\n0\r\nX-Trailer: y\r\n\r\n"),
              "200 abc0123456789");
}

TEST(http_answer, may_come_a_byte_at_a_time) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().receive().trickle(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", duration{0});
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 ab");
}

TEST(http_answer, may_end_with_the_connection) {
    loopback net;
    EXPECT_EQ(reading_of(net, "HTTP/1.1 200 OK\r\n\r\nuntil the end"), "200 until the end");
    EXPECT_EQ(reading_of(net, "HTTP/1.0 200 OK\r\n\r\n"), "200 ");
}

TEST(http_answer, ends_with_the_connection_only_where_tls_says_so) {
    loopback net;
    auto& server = net.serve();
    server.on_connection()
        .start_tls(net.identify({"localhost"}))
        .receive()
        .send("HTTP/1.1 200 OK\r\n\r\nuntil the end")
        .close();
    server.on_connection()
        .start_tls(net.identify({"localhost"}))
        .receive()
        .send("HTTP/1.1 200 OK\r\n\r\nuntil som")
        .cut();
    EXPECT_EQ(text_of(net.get(server.url("https"))), "200 until the end");
    EXPECT_EQ(text_of(net.get(server.url("https")), server),
              "transient: SERVER closed the connection in the middle of its answer");
}

TEST(http_answer, to_a_head_request_has_no_body_whatever_its_length) {
    loopback net;
    auto& server = net.serve();
    server.on_connection()
        .receive()
        .send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        .receive()
        .send(ok("ab"))
        .hang();
    auto request = get_request(server.url("http"));
    request.method = "HEAD";
    auto const answer = net.send(request);
    ASSERT_EQ(text_of(answer), "200 ");
    EXPECT_EQ(answer->header("Content-Length"), "5");
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 ab");
}

TEST(http_answer, may_follow_interim_answers) {
    loopback net;
    auto& server = net.serve();
    server.on_connection()
        .receive()
        .send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + ok("end"))
        .receive()
        .send(ok("next"))
        .hang();
    auto const answer = net.get(server.url("http"));
    ASSERT_EQ(text_of(answer), "200 end");
    EXPECT_EQ(answer->header("Link"), "");
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 next");
}

TEST(http_answer, must_come_before_too_many_interim_ones) {
    loopback net;
    std::string many;
    for (int count = 0; count < 100; ++count)
        many += "HTTP/1.1 102 Processing\r\n\r\n";
    EXPECT_EQ(reading_of(net, many), "transient: SERVER sends interim answers without end");
}

TEST(http_answer, is_limited_in_size) {
    loopback net;
    net.options.max_body_bytes = 1000;
    std::string const most(1000, 'x');
    auto const more = most + 'x';
    std::string const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string const until_close = "HTTP/1.1 200 OK\r\n\r\n";
    EXPECT_EQ(reading_of(net, ok(most)), "200 " + most);
    EXPECT_EQ(reading_of(net, chunked + "3e8\r\n" + most + "\r\n0\r\n\r\n"), "200 " + most);
    EXPECT_EQ(reading_of(net, until_close + most), "200 " + most);

    auto const refusal = "transient: the answer of SERVER is larger than 1000 bytes";
    EXPECT_EQ(reading_of(net, ok(more)), refusal);
    EXPECT_EQ(reading_of(net, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), refusal);
    EXPECT_EQ(reading_of(net, chunked + "3e9\r\n" + more + "\r\n0\r\n\r\n"), refusal);
    EXPECT_EQ(reading_of(net, chunked + "3e8\r\n" + most + "\r\n1\r\nx\r\n0\r\n\r\n"), refusal);
    EXPECT_EQ(reading_of(net, chunked + "ffffffff\r\n"), refusal);
    EXPECT_EQ(reading_of(net, until_close + more), refusal);
}

/// Leaves out every `x`.
std::string without_x(std::string_view piece) {
    std::string left{piece};
    std::erase(left, 'x');
    return left;
}

/// A request whose answer may be longer than the limit by as many `x` as it likes.
http_request shortening_request(std::string const& url) {
    auto request = get_request(url);
    request.shorten_body = [] { return body_filter{without_x}; };
    return request;
}

/// What the client makes of these bytes as an answer to such a request.
std::string short_reading_of(loopback& net, std::string bytes) {
    auto const& server = serve_once(net, std::move(bytes));
    return text_of(net.send(shortening_request(server.url("http"))), server);
}

TEST(http_answer, goes_through_a_filter_only_beyond_the_limit) {
    loopback net;
    net.options.max_body_bytes = 1000;
    std::string const most(1000, 'x');
    std::string const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(short_reading_of(net, ok(most)), "200 " + most);
    EXPECT_EQ(short_reading_of(net, ok(most + "y")), "200 y");
    EXPECT_EQ(short_reading_of(net, ok("a" + most + most + "bc" + most)), "200 abc");
    EXPECT_EQ(short_reading_of(net, chunked + "3e8\r\n" + most + "\r\n2\r\nxy\r\n0\r\n\r\n"), "200 y");
    EXPECT_EQ(short_reading_of(net, "HTTP/1.1 200 OK\r\n\r\ny" + most + "z"), "200 yz");

    std::string const kept(1000, 'y');
    auto const refusal = "transient: the answer of SERVER is larger than 1000 bytes";
    EXPECT_EQ(short_reading_of(net, ok(most + kept)), "200 " + kept);
    EXPECT_EQ(short_reading_of(net, ok(kept + "x")), "200 " + kept);
    EXPECT_EQ(short_reading_of(net, ok(kept + "xy")), refusal);
    EXPECT_EQ(short_reading_of(net, chunked + "3e8\r\n" + kept + "\r\n1\r\ny\r\n0\r\n\r\n"), refusal);
    EXPECT_EQ(short_reading_of(net, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + kept + "y"), refusal);
    EXPECT_EQ(short_reading_of(net, ok("x" + most + "y") + "z"), "200 y");
}

TEST(http_answer, is_filtered_whole_and_in_order_however_long_it_is) {
    loopback net;
    net.options.max_body_bytes = 300'000;
    std::string body;
    std::string left;
    for (int number = 0; body.size() < 1'000'000; ++number) {
        left += std::to_string(number) + ',';
        body += std::to_string(number) + ',' + std::string(30, 'x');
    }
    EXPECT_EQ(short_reading_of(net, ok(body)), "200 " + left);
}

TEST(http_answer, gets_a_filter_of_its_own_and_leaves_the_connection_usable) {
    loopback net;
    net.options.max_body_bytes = 10;
    auto& server = net.serve();
    server.on_connection()
        .start_tls(net.identify({"localhost"}))
        .receive()
        .send(ok("yxxxxxxxxxxy"))
        .receive()
        .send(ok("zxxxxxxxxxxz"))
        .hang();
    auto made = 0;
    auto request = shortening_request(server.url("https"));
    request.shorten_body = [&made] {
        ++made;
        // What a filter holds back comes with the pieces that follow.
        return body_filter{[held = std::string{}](std::string_view piece) mutable {
            held += without_x(piece);
            return held.size() < 2 ? std::string{} : std::exchange(held, {});
        }};
    };
    EXPECT_EQ(text_of(net.send(request)), "200 yy");
    EXPECT_EQ(text_of(net.send(request)), "200 zz");
    EXPECT_EQ(made, 2);
    EXPECT_EQ(server.connections(), 1U);
}

TEST(http_answer, is_cut_at_the_limit_if_the_caller_asks_for_no_more) {
    loopback net;
    net.options.max_body_bytes = 1000;
    net.options.cut_long_bodies = true;
    std::string const most(1000, 'x');
    std::string const chunked = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(reading_of(net, ok(most)), "200 " + most);
    EXPECT_EQ(reading_of(net, "HTTP/1.1 503 Oops\r\nContent-Length: 99999999999\r\n\r\n"), "503 ");
    EXPECT_EQ(reading_of(net, chunked + "3e8\r\n" + most + "\r\n1\r\nx\r\n0\r\n\r\n"), "404 " + most);
    EXPECT_TRUE(reading_of(net, "HTTP/1.1 302 Found\r\n\r\n" + most + most).starts_with("302 "));
}

TEST(http_answer, has_a_header_of_limited_size) {
    loopback net;
    net.options.max_header_bytes = 1000;
    std::string const head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
    EXPECT_EQ(reading_of(net, head + "X-Long: " + std::string(900, 'x') + "\r\n\r\n"), "200 ");

    auto const refusal = "transient: the answer of SERVER has a header larger than 1000 bytes";
    EXPECT_EQ(reading_of(net, head + "X-Long: " + std::string(2000, 'x') + "\r\n\r\n"), refusal);
    std::string many = head;
    for (int count = 0; count < 1000; ++count)
        many += "A: b\r\n";
    EXPECT_EQ(reading_of(net, many + "\r\n"), refusal);
    EXPECT_EQ(reading_of(net, "HTTP/1.1 200 " + std::string(2000, 'x')), refusal);
}

TEST(http_answer, is_a_failure_when_cut_short) {
    loopback net;
    auto const cut = "transient: SERVER closed the connection in the middle of its answer";
    EXPECT_EQ(reading_of(net, ""), "transient: SERVER closed the connection without an answer");
    EXPECT_EQ(reading_of(net, "HTTP/1.1 200 O"), cut);
    EXPECT_EQ(reading_of(net, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"), cut);
    EXPECT_EQ(reading_of(net, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd"), cut);
    EXPECT_EQ(reading_of(net, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcd"), cut);
    EXPECT_EQ(reading_of(net, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"), cut);
    EXPECT_EQ(reading_of(net, "HTTP/1.1 100 Continue\r\n\r\n"),
              "transient: SERVER closed the connection without an answer");
}

TEST(http_answer, is_a_failure_when_reset_in_the_middle) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().receive().send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab").reset();
    EXPECT_EQ(net.get(server.url("http")).error().kind, failure_kind::transient);
}

TEST(http_answer, must_be_http) {
    loopback net;
    for (auto const* garbage :
         {"SSH-2.0-OpenSSH_9.2p1\r\n", "220 mail.example.test ESMTP\r\n", "<html>hello</html>\r\n\r\n", "\x15\x03\x01",
          "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
        auto const reading = reading_of(net, garbage);
        EXPECT_TRUE(reading.starts_with("transient: the answer of SERVER is not HTTP: ") ||
                    reading == "transient: SERVER closed the connection in the middle of its answer")
            << garbage << " -> " << reading;
    }
}

} // namespace
} // namespace runwatch
