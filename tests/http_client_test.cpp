#include "runwatch/http_client.hpp"

#include "support/loopback.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

TEST(http_client, gets_an_answer_over_tls) {
    loopback net;
    auto& server = net.serve();
    server.on_connection()
        .start_tls(net.identify({"localhost"}))
        .receive()
        .send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Empty:\r\nContent-Length: 2\r\n\r\n{}")
        .hang();
    auto request = get_request(server.url("https") + "/v2/runs?page=1&name=a%20b");
    request.headers.emplace_back("Authorization", "Bearer KEY");
    auto const answer = net.send(request);
    ASSERT_EQ(text_of(answer), "200 {}");
    EXPECT_EQ(answer->header("content-TYPE"), "application/json");
    EXPECT_EQ(answer->header("X-Empty"), "");
    EXPECT_EQ(answer->header("X-Missing"), "");

    auto const& seen = server.requests().at(0);
    EXPECT_EQ(seen.method, "GET");
    EXPECT_EQ(seen.target, "/v2/runs?page=1&name=a%20b");
    EXPECT_EQ(seen.header("Host"), "localhost:" + std::to_string(server.port()));
    EXPECT_EQ(seen.header("User-Agent"), "runwatch");
    EXPECT_EQ(seen.header("Authorization"), "Bearer KEY");
    EXPECT_EQ(seen.header("Content-Length"), "");
    EXPECT_EQ(seen.server_name, "localhost");
}

TEST(http_client, posts_a_body_with_its_length) {
    loopback net;
    auto& server = net.serve();
    server.on_connection()
        .receive()
        .send("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        .receive()
        .send(ok(""))
        .hang();
    EXPECT_EQ(text_of(net.send(post_request(server.url("http") + "/hook", R"({"a":1})"))), "202 ");
    EXPECT_EQ(text_of(net.send(post_request(server.url("http") + "/hook", ""))), "200 ");
    EXPECT_EQ(server.requests().at(0).method, "POST");
    EXPECT_EQ(server.requests().at(0).body, R"({"a":1})");
    EXPECT_EQ(server.requests().at(0).header("Content-Length"), "7");
    EXPECT_EQ(server.requests().at(1).header("Content-Length"), "0");
}

TEST(http_client, returns_every_final_status_as_a_response) {
    loopback net;
    auto& server = net.serve();
    auto& script = server.on_connection();
    for (auto const* status : {"204 No Content", "304 Not Modified"})
        script.receive().send(std::string{"HTTP/1.1 "} + status + "\r\n\r\n");
    for (auto const* status : {"301 Moved", "401 Unauthorized", "404 Not Found", "429 Slow", "500 Oops", "999 Odd"})
        script.receive().send(std::string{"HTTP/1.1 "} + status + "\r\nLocation: /\r\nContent-Length: 1\r\n\r\nx");
    script.hang();
    for (auto const* expected : {"204 ", "304 ", "301 x", "401 x", "404 x", "429 x", "500 x", "999 x"})
        EXPECT_EQ(text_of(net.get(server.url("http") + "/")), expected);
    EXPECT_EQ(server.connections(), 1U);
}

TEST(http_client, sends_many_requests_over_one_kept_connection) {
    loopback net;
    auto& server = net.serve();
    auto& script = server.on_connection().start_tls(net.identify({"localhost"}));
    for (int count = 0; count < 20; ++count)
        script.receive().send(ok(std::to_string(count)));
    script.hang();
    for (int count = 0; count < 20; ++count)
        EXPECT_EQ(text_of(net.get(server.url("https") + "/")), "200 " + std::to_string(count));
    EXPECT_EQ(server.connections(), 1U);
}

TEST(http_client, closes_a_connection_that_the_server_will_not_keep) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().receive().send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na").hang();
    server.on_connection().receive().send("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nb").hang();
    server.on_connection().receive().send(ok("c")).hang();
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 a");
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 b");
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 c");
}

TEST(http_client, keeps_connections_of_different_peers_apart) {
    loopback net;
    auto& plain = net.serve();
    plain.on_connection().receive().send(ok("localhost")).receive().send(ok("localhost again")).hang();
    plain.on_connection().receive().send(ok("127.0.0.1")).hang();
    EXPECT_EQ(text_of(net.get(plain.url("http", "localhost"))), "200 localhost");
    EXPECT_EQ(text_of(net.get(plain.url("http", "127.0.0.1"))), "200 127.0.0.1");
    EXPECT_EQ(text_of(net.get(plain.url("http", "LOCALHOST"))), "200 localhost again");
}

TEST(http_client, closes_the_longest_idle_connection_to_make_room) {
    loopback net;
    net.options.connections = 2;
    bool first_closed = false;
    auto& first = net.serve();
    first.on_connection().receive().send(ok("1")).hang().then([&] { first_closed = true; });
    auto& second = net.serve();
    second.on_connection().receive().send(ok("2")).receive().send(ok("2 again")).hang();
    auto& third = net.serve();
    third.on_connection().receive().send(ok("3")).hang();
    EXPECT_EQ(text_of(net.get(first.url("http"))), "200 1");
    EXPECT_EQ(text_of(net.get(second.url("http"))), "200 2");
    EXPECT_EQ(text_of(net.get(third.url("http"))), "200 3");
    run_until(net.io, [&] { return first_closed; });
    EXPECT_EQ(text_of(net.get(second.url("http"))), "200 2 again");
}

TEST(http_client, opens_no_more_connections_than_allowed) {
    loopback net;
    net.options.connections = 3;
    auto& server = net.serve();
    gate answers(net.io);
    for (int count = 0; count < 3; ++count)
        server.on_connection().receive().wait_at(answers).send(ok("")).receive().send(ok("")).hang();
    std::vector<task<result<http_response>>> requests;
    requests.reserve(6);
    for (int count = 0; count < 6; ++count)
        requests.push_back(net.start(get_request(server.url("http"))));
    run_until(net.io, [&] { return server.requests().size() == 3; });
    answers.open();
    for (auto& request : requests)
        EXPECT_EQ(text_of(request.get()), "200 ");
    EXPECT_EQ(server.connections(), 3U);
}

TEST(http_client, gives_a_free_connection_to_who_waits_longest_and_not_to_a_newcomer) {
    loopback net;
    net.options.connections = 1;
    auto& server = net.serve();
    auto& script = server.on_connection();
    for (int count = 0; count < 9; ++count)
        script.receive().send(ok(""));
    script.hang();
    std::vector<task<result<http_response>>> requests;
    for (auto const* path : {"/1", "/2", "/3"})
        requests.push_back(net.start(get_request(server.url("http") + path)));
    // Whoever asks at the moment when a connection has just become free finds three others waiting.
    for (auto const* path : {"/4", "/5", "/6", "/7", "/8", "/9"}) {
        auto const next = requests.size() - 3;
        EXPECT_EQ(text_of(requests[next].get()), "200 ");
        requests.push_back(net.start(get_request(server.url("http") + path)));
    }
    for (auto next = requests.size() - 3; next < requests.size(); ++next)
        EXPECT_EQ(text_of(requests[next].get()), "200 ");
    std::string order;
    for (auto const& request : server.requests())
        order += request.target;
    EXPECT_EQ(order, "/1/2/3/4/5/6/7/8/9");
}

TEST(http_client, counts_the_wait_for_a_connection_against_the_deadline) {
    loopback net;
    net.options.connections = 1;
    net.options.timeout = 300ms;
    auto& server = net.serve();
    gate answer(net.io);
    server.on_connection().receive().wait_at(answer).send(ok("")).receive().hang();
    auto first = net.start(get_request(server.url("http")));
    auto second = net.start(get_request(server.url("http")));
    auto const began = std::chrono::steady_clock::now();
    pass(net.io, 200ms);
    answer.open();
    EXPECT_EQ(text_of(first.get()), "200 ");
    EXPECT_EQ(text_of(second.get(), server), "transient: no answer from SERVER within 300 ms");
    EXPECT_LT(std::chrono::steady_clock::now() - began, 450ms);
}

TEST(http_client, gives_up_when_no_connection_becomes_free_in_time) {
    loopback net;
    net.options.connections = 0;
    net.options.timeout = 50ms;
    EXPECT_EQ(text_of(net.get("http://localhost:1/")),
              "transient: no connection to localhost:1 became free in time: all are busy");
}

TEST(http_client, repeats_an_idempotent_request_on_a_fresh_connection) {
    loopback net;
    auto& server = net.serve();
    // The request is read before the close: nothing tells the client of it before it has sent.
    server.on_connection().start_tls(net.identify({"localhost"})).receive().send(ok("1")).receive().close();
    server.on_connection().start_tls(net.identify({"localhost"})).receive().send(ok("2")).hang();
    EXPECT_EQ(text_of(net.get(server.url("https") + "/1")), "200 1");
    EXPECT_EQ(text_of(net.get(server.url("https") + "/2")), "200 2");
    EXPECT_EQ(server.requests().size(), 3U);
}

TEST(http_client, repeats_an_idempotent_request_after_a_reset) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().receive().send(ok("1")).receive().reset();
    server.on_connection().receive().send(ok("2")).hang();
    EXPECT_EQ(text_of(net.get(server.url("http") + "/1")), "200 1");
    EXPECT_EQ(text_of(net.get(server.url("http") + "/2")), "200 2");
}

TEST(http_client, never_repeats_a_request_that_is_not_idempotent) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().receive().send(ok("1")).receive().close();
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 1");
    EXPECT_EQ(text_of(net.send(post_request(server.url("http"), "once")), server),
              "transient: SERVER closed the connection without an answer");
    EXPECT_EQ(server.requests().size(), 2U);
}

TEST(http_client, repeats_no_more_than_once) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().receive().send(ok("1")).receive().close();
    server.on_connection().receive().close();
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 1");
    EXPECT_EQ(text_of(net.get(server.url("http")), server),
              "transient: SERVER closed the connection without an answer");
    EXPECT_EQ(server.requests().size(), 3U);
}

TEST(http_client, does_not_repeat_on_a_fresh_connection_that_is_closed) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().receive().close();
    EXPECT_EQ(text_of(net.get(server.url("http")), server),
              "transient: SERVER closed the connection without an answer");
}

TEST(http_client, does_not_repeat_once_an_answer_has_begun) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().receive().send(ok("1")).receive().send("HTTP/1.1 200 OK\r\nContent-Le").close();
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 1");
    EXPECT_EQ(text_of(net.get(server.url("http")), server),
              "transient: SERVER closed the connection in the middle of its answer");
}

TEST(http_client, sends_on_a_fresh_connection_what_cannot_be_repeated_when_the_kept_one_is_closed) {
    for (auto const* scheme : {"http", "https"}) {
        loopback net;
        auto& server = net.serve();
        bool closed = false;
        auto& first = server.on_connection();
        auto& second = server.on_connection();
        if (scheme == std::string_view{"https"}) {
            first.start_tls(net.identify({"localhost"}));
            second.start_tls(net.identify({"localhost"}));
        }
        first.receive().send(ok("1")).close().then([&] { closed = true; });
        second.receive().send(ok("2")).hang();
        EXPECT_EQ(text_of(net.get(server.url(scheme))), "200 1");
        run_until(net.io, [&] { return closed; });
        EXPECT_EQ(text_of(net.send(post_request(server.url(scheme), "once"))), "200 2");
    }
}

TEST(http_client, trusts_no_connection_on_which_more_came_than_was_asked_for) {
    for (auto const* scheme : {"http", "https"}) {
        loopback net;
        auto& server = net.serve();
        auto& first = server.on_connection();
        auto& second = server.on_connection();
        if (scheme == std::string_view{"https"}) {
            first.start_tls(net.identify({"localhost"}));
            second.start_tls(net.identify({"localhost"}));
        }
        // Two answers to one request, at once and apart.
        bool sent = false;
        first.receive().send(ok("1")).send(ok("smuggled")).then([&] { sent = true; }).hang();
        second.receive().send(ok("2") + ok("smuggled")).hang();
        auto& third = server.on_connection();
        if (scheme == std::string_view{"https"})
            third.start_tls(net.identify({"localhost"}));
        third.receive().send(ok("3")).hang();
        EXPECT_EQ(text_of(net.get(server.url(scheme))), "200 1");
        run_until(net.io, [&] { return sent; });
        EXPECT_EQ(text_of(net.get(server.url(scheme))), "200 2");
        EXPECT_EQ(text_of(net.get(server.url(scheme))), "200 3");
    }
}

TEST(http_client, refuses_plain_http_beyond_loopback_unless_allowed) {
    loopback net;
    EXPECT_EQ(text_of(net.get("http://example.test/a?secret=1")),
              "permanent: refused to send to http://example.test/a without TLS: use https://, or allow it with "
              "--allow-http (allow_http)");
    EXPECT_EQ(net.get("http://192.0.2.1/").error().kind, failure_kind::permanent);
    EXPECT_EQ(net.get("http://localhost.example.test/").error().kind, failure_kind::permanent);
}

TEST(http_client, sends_plain_http_beyond_loopback_where_allowed) {
    loopback net;
    net.options.allow_http = true;
    // A name server that is not there: the request gets as far as looking for the name.
    net.options.name_servers = "127.0.0.1:1";
    net.options.timeout = 50ms;
    EXPECT_NE(text_of(net.get("http://example.test/")).find("transient: cannot find the host example.test"),
              std::string::npos);
}

TEST(http_client, refuses_urls_that_it_cannot_use) {
    loopback net;

    struct {
        char const* url;
        char const* why;
    } const rows[] = {
        {"", "it is not an absolute URL"},
        {"localhost", "it is not an absolute URL"},
        {"https:/localhost", "it names no host"},
        {"https://", "it names no host"},
        {"https://:443/", "it names no host"},
        {"https://a b/", "it is not an absolute URL"},
        {"https://a%0d%0ab/", "it names no host"},
        {"https://localhost/a b", "it is not an absolute URL"},
        {"https://localhost/a\r\nX: y", "it is not an absolute URL"},
        {"ftp://localhost/", "it must begin with https:// (or http://)"},
        {"https://localhost:0/", "its port is not a number from 1 to 65535"},
        {"https://localhost:65536/", "its port is not a number from 1 to 65535"},
        {"https://localhost:x/", "it is not an absolute URL"},
        {"https://name:secret@localhost/", "it holds a user name or a password"},
        {"https://name@localhost/", "it holds a user name or a password"},
    };

    for (auto const& row : rows) {
        auto const answer = net.get(row.url);
        ASSERT_FALSE(answer) << row.url;
        EXPECT_EQ(answer.error().kind, failure_kind::permanent) << row.url;
        EXPECT_NE(answer.error().message.find(row.why), std::string::npos) << row.url << ": " << answer.error().message;
        EXPECT_EQ(answer.error().message.find("secret"), std::string::npos) << answer.error().message;
    }
}

TEST(http_client, refuses_headers_that_would_break_out_of_their_line) {
    loopback net;
    auto& server = net.serve();
    for (auto const& header :
         {http_header{"X-A", "b\r\nX-Evil: c"}, http_header{"X-A", "b\nc"}, http_header{"X-A", std::string{"b\0c", 3}},
          http_header{"X A", "b"}, http_header{"X-A:", "b"}, http_header{"", "b"}, http_header{"X-A\r\nX", "b"},
          http_header{"X-A", std::string(70'000, 'b')}, http_header{std::string(70'000, 'b'), ""}}) {
        auto request = get_request(server.url("http"));
        request.headers.push_back(header);
        auto const answer = net.send(request);
        ASSERT_FALSE(answer) << header.name;
        EXPECT_EQ(answer.error().kind, failure_kind::permanent);
        EXPECT_EQ(answer.error().message.find('\n'), std::string::npos);
        EXPECT_EQ(answer.error().message.find("Evil"), std::string::npos);
    }
}

TEST(http_client, shows_urls_without_secrets) {
    struct {
        char const* url;
        char const* shown;
    } const rows[] = {
        {"https://host/path", "https://host/path"},
        {"https://host/path?key=secret#secret", "https://host/path"},
        {"https://name:secret@host:1/path", "https://host:1/path"},
        {"https://host/@team/x@y", "https://host/@team/x@y"},
        {"https://na@me:secret@host/", "[hidden]"},
        {"https://name:sec/ret@host/", "[hidden]"},
        {"https://name:sec?ret@host/", "[hidden]"},
        {"https://name:sec ret@host/a?b", "[hidden]"},
        {"https://host/a b?token=c@d", "[hidden]"},
        {"name:secret@host", "[hidden]"},
        {"not a URL?key=secret", "not a URL"},
        {"", ""},
    };

    for (auto const& row : rows)
        EXPECT_EQ(redacted_url(row.url), row.shown) << row.url;
}

} // namespace
} // namespace runwatch
