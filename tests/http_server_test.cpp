#include "runwatch/http_server.hpp"

#include "support/server_bench.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fcntl.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;
namespace asio = boost::asio;

TEST(http_server, hands_over_requests_whole_and_sends_what_is_answered) {
    server_bench bench;
    auto const answer = bench.exchange("POST /v1/a?b=c%20d&e HTTP/1.1\r\nHost: here:1\r\nX-One:  two \r\n"
                                       "Content-Length: 5\r\nConnection: close\r\n\r\nhello");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << answer;
    EXPECT_EQ(count_of(answer, " GMT\r\nContent-Type: text/plain\r\nContent-Length: 26\r\nConnection: close\r\n\r\n"),
              1)
        << answer;
    EXPECT_EQ(body_of(answer), "POST /v1/a?b=c%20d&e hello");
    ASSERT_EQ(bench.requests.size(), 1);
    auto const& request = bench.requests.front();
    EXPECT_EQ(request.path(), "/v1/a");
    EXPECT_EQ(request.query(), "b=c%20d&e");
    EXPECT_EQ(request.header("x-ONE"), "two");
    EXPECT_EQ(request.header("X-Two"), "");
    EXPECT_FALSE(request.is_unix);
}

TEST(http_server, answers_pipelined_requests_in_their_order) {
    server_bench bench;
    bench.answer = [&bench](incoming_request request) -> asio::awaitable<server_answer> {
        // The first is the slowest.
        asio::steady_timer timer(bench.io, request.target == "/1" ? 20ms : 0ms);
        co_await timer.async_wait(asio::use_awaitable);
        http_response response;
        response.status = 200;
        response.body = "<" + request.target + request.body + ">";
        co_return server_answer(response);
    };
    auto& client = bench.connect();
    client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nGET "
                "\r\nGET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
    client.wait_for("</3>");
    EXPECT_LT(client.received().find("</1>"), client.received().find("</2GET >"));
    EXPECT_LT(client.received().find("</2GET >"), client.received().find("</3>"));
    client.send("GET /4 HTTP/1.1\r\nHost: h\r\n\r\n");
    client.wait_for("</4>");
    EXPECT_FALSE(client.is_closed());
    EXPECT_EQ(bench.server().connections(), 1);
}

TEST(http_server, takes_a_request_byte_by_byte) {
    server_bench bench;
    auto& client = bench.connect();
    for (char const letter : std::string{"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                                         "3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Trailer: ignored\r\n\r\n"}) {
        client.send(std::string(1, letter));
        run_ready(bench.io);
    }
    client.wait_for("POST /a abc0123456789");
    for (char const letter :
         std::string{"POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"}) {
        client.send(std::string(1, letter));
        run_ready(bench.io);
    }
    client.wait_for("POST /b ");
    EXPECT_EQ(bench.requests.front().header("X-Trailer"), "");
    EXPECT_EQ(bench.requests.back().body, "");
}

struct exchange_case {
    char const* name;
    std::string sent;
    std::string status;
    std::string body;
};

TEST(http_server, knows_the_ways_of_http) {
    std::vector<exchange_case> const cases{
        {"the length of what a HEAD does not get", "HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "200 OK",
         ""},
        {"HTTP/1.0 closes", "GET /a HTTP/1.0\r\n\r\n", "200 OK", "GET /a "},
        {"an empty line before a request", "\r\n\r\nGET /a HTTP/1.0\r\n\r\n", "200 OK", "GET /a "},
        {"a body with a GET", "GET /a HTTP/1.0\r\nContent-Length: 2\r\n\r\nab", "200 OK", "GET /a ab"},
        {"a length with zeros before it", "GET /a HTTP/1.0\r\nContent-Length: 0002\r\n\r\nab", "200 OK", "GET /a ab"},
        {"any method", "BREW /a HTTP/1.0\r\n\r\n", "200 OK", "BREW /a "},
    };
    for (auto const& each : cases) {
        server_bench bench;
        auto const answer = bench.exchange(each.sent);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + each.status + "\r\n")) << each.name << ": " << answer;
        EXPECT_EQ(body_of(answer), each.body) << each.name;
        EXPECT_EQ(count_of(answer, "Connection: close\r\n"), 1) << each.name;
        if (each.body.empty()) {
            EXPECT_EQ(count_of(answer, "Content-Length: 8\r\n"), 1) << each.name << ": " << answer;
        }
    }
}

TEST(http_server, keeps_a_connection_of_http_1_0_that_asks_for_it) {
    server_bench bench;
    auto& client = bench.connect();
    client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    client.wait_for("GET /a");
    client.send("GET /b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    client.wait_for("GET /b");
    EXPECT_EQ(count_of(client.received(), "Connection: keep-alive\r\n"), 2);
}

TEST(http_server, says_that_a_body_may_come_only_if_it_may) {
    server_bench bench;
    bench.most.max_body_bytes = 10;
    auto& client = bench.connect();
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    client.wait_for("HTTP/1.1 100 Continue\r\n\r\n");
    client.send("12345");
    client.wait_for("POST /a 12345");
    auto const refused =
        bench.exchange("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 413 Content Too Large\r\n")) << refused;
}

TEST(http_server, leaves_out_a_body_where_there_is_none) {
    server_bench bench;
    bench.answer = [](incoming_request) -> asio::awaitable<server_answer> {
        http_response response;
        response.status = 204;
        co_return server_answer(response);
    };
    auto const answer = bench.exchange("GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 No Content\r\n")) << answer;
    EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
}

TEST(http_server, tells_nothing_of_what_an_answer_throws) {
    server_bench bench;
    bench.answer = [](incoming_request request) -> asio::awaitable<server_answer> {
        if (request.target == "/throw")
            throw std::runtime_error{"a secret"};
        http_response response;
        response.status = 200;
        response.headers.emplace_back("X-Secret", "a secret\r\nX-Forged: yes");
        co_return server_answer(response);
    };
    auto& client = bench.connect();
    client.send("GET /throw HTTP/1.1\r\nHost: h\r\n\r\nGET /forge HTTP/1.1\r\nHost: h\r\n\r\n");
    client.wait_for("{\"error\": \"the request could not be answered\"}\n", 2);
    EXPECT_EQ(count_of(client.received(), "HTTP/1.1 500 Internal Server Error\r\n"), 2);
    EXPECT_EQ(client.received().find("secret"), std::string::npos);
    EXPECT_EQ(client.received().find("Forged"), std::string::npos);
}

TEST(http_server, gives_up_on_a_request_that_does_not_end) {
    for (auto const* const half : {"GET", "GET / HTTP/1.1\r\nHost: h\r\n",
                                   "POST / HTTP/1.1\r\nHost: h\r\n"
                                   "Content-Length: 5\r\n\r\nab",
                                   "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
        server_bench bench;
        bench.most.read_timeout = 50ms;
        auto const answer = bench.exchange(half);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << answer;
        EXPECT_EQ(body_of(answer), "{\"error\": \"the request did not come to its end in time\"}\n");
        EXPECT_TRUE(bench.requests.empty());
    }
}

constexpr std::size_t much = 20'000'000;

asio::awaitable<server_answer> answer_much(incoming_request /*request*/) {
    http_response response;
    response.status = 200;
    response.body.assign(much, 'x');
    co_return server_answer(std::move(response));
}

TEST(http_server, gives_up_on_a_client_that_does_not_take_its_answer) {
    server_bench bench;
    bench.most.write_timeout = 50ms;
    bench.answer = answer_much;
    auto& client = bench.connect();
    client.stop_reading();
    client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    run_until(bench.io, [&bench] { return bench.requests.size() == 1; });
    run_until(bench.io, [&bench] { return bench.server().connections() == 0; });
    client.go_on_reading();
    EXPECT_LT(client.wait_until_closed().size(), much);
}

TEST(http_server, gives_a_client_that_takes_it_all_of_a_large_answer) {
    server_bench bench;
    bench.answer = answer_much;
    EXPECT_EQ(body_of(bench.exchange("GET /a HTTP/1.0\r\n\r\n")).size(), much);
}

TEST(http_server, closes_idle_connections_without_a_word) {
    server_bench bench;
    bench.most.idle_timeout = 50ms;
    EXPECT_EQ(bench.exchange(""), "");
    EXPECT_EQ(bench.exchange("\r\n\r\n\r\n"), "");
    auto& client = bench.connect();
    client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(body_of(client.wait_until_closed()), "GET /a ");
    run_until(bench.io, [&bench] { return bench.server().connections() == 0; });
}

TEST(http_server, takes_no_more_connections_than_it_may) {
    server_bench bench;
    bench.most.connections = 3;
    for (int count = 0; count < 3; ++count)
        bench.connect().send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    run_until(bench.io, [&bench] { return bench.requests.size() == 3; });
    // Some of them are told in good order, the rest in a hurry.
    std::vector<std::unique_ptr<raw_client>> beyond;
    for (int count = 0; count < 100; ++count)
        beyond.push_back(std::make_unique<raw_client>(bench.io, bench.address()));
    for (auto& client : beyond) {
        client->send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
        client->finish();
        auto const& answer = client->wait_until_closed();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << answer;
        EXPECT_EQ(body_of(answer), "{\"error\": \"too many connections are open: try again later\"}\n");
    }
    EXPECT_EQ(bench.server().connections(), 3);
    EXPECT_EQ(bench.requests.size(), 3);
}

TEST(http_server, makes_room_when_a_client_leaves) {
    server_bench bench;
    bench.most.connections = 1;
    auto& first = bench.connect();
    first.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    first.wait_for("GET /a");
    first.leave();
    run_until(bench.io, [&bench] { return bench.server().connections() == 0; });
    auto& second = bench.connect();
    second.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    second.wait_for("GET /b");
}

TEST(http_server, gives_requests_under_way_their_answer_when_it_closes) {
    server_bench bench;
    bool asked = false;
    asio::steady_timer gate(bench.io, asio::steady_timer::time_point::max());
    bench.answer = [&](incoming_request request) -> asio::awaitable<server_answer> {
        asked = true;
        boost::system::error_code error;
        co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, error));
        http_response response;
        response.status = 200;
        response.body = "<" + request.target + ">";
        co_return server_answer(response);
    };
    auto& idle = bench.connect();
    auto& busy = bench.connect();
    auto& half = bench.connect();
    half.send("GET /half HTTP/1.1\r\nHo");
    busy.send("GET /busy HTTP/1.1\r\nHost: h\r\n\r\n");
    run_until(bench.io, [&] { return asked && bench.server().connections() == 3; });
    run_ready(bench.io);
    bench.server().close();
    EXPECT_EQ(idle.wait_until_closed(), "");
    EXPECT_FALSE(bench.ended());
    gate.cancel();
    EXPECT_EQ(body_of(busy.wait_until_closed()), "</busy>");
    EXPECT_EQ(count_of(busy.received(), "Connection: close\r\n"), 1);
    half.send("st: h\r\n\r\n");
    run_until(bench.io, [&] { return bench.requests.size() == 2; });
    run_ready(bench.io);
    gate.cancel();
    EXPECT_EQ(body_of(half.wait_until_closed()), "</half>");
    bench.wait_for_end();
    EXPECT_THROW(raw_client(bench.io, bench.address()), boost::system::system_error);
}

TEST(http_server, ends_when_it_is_cancelled) {
    asio::io_context io;
    http_server server(io.get_executor(), {},
                       [](incoming_request) -> asio::awaitable<server_answer> { co_return server_answer(); });
    auto listener = std::make_unique<http_listener>(io.get_executor(), parse_listen_address("127.0.0.1:0"));
    auto const where = listener->address();
    server.listen(std::move(listener));
    task<void> running(io, server.run());
    raw_client idle(io, where);
    run_until(io, [&server] { return server.connections() == 1; });
    running.cancel();
    EXPECT_TRUE(ends_cancelled(running));
    EXPECT_EQ(server.connections(), 0);
    idle.leave();
    server.listen(nullptr);
    EXPECT_TRUE(runs_empty(io));
}

TEST(http_server, goes_on_with_open_connections_when_it_listens_elsewhere) {
    server_bench bench;
    auto& old = bench.connect();
    old.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    old.wait_for("GET /a");
    auto other = std::make_unique<http_listener>(bench.io.get_executor(), parse_listen_address("127.0.0.1:0"));
    auto const where = other->address();
    bench.server().listen(std::move(other));
    EXPECT_THROW(raw_client(bench.io, bench.address()), boost::system::system_error);
    raw_client fresh(bench.io, where);
    fresh.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    fresh.wait_for("GET /b");
    old.send("GET /c HTTP/1.1\r\nHost: h\r\n\r\n");
    old.wait_for("GET /c");
}

/// Leaves this process no file to open until it goes.
class no_files_left {
public:
    no_files_left() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        auto const next = ::dup(0);
        ::close(next);
        auto none = before_;
        none.rlim_cur = static_cast<rlim_t>(next);
        ::setrlimit(RLIMIT_NOFILE, &none);
    }

    ~no_files_left() { ::setrlimit(RLIMIT_NOFILE, &before_); }

    no_files_left(no_files_left const&) = delete;
    no_files_left& operator=(no_files_left const&) = delete;

private:
    rlimit before_{};
};

TEST(http_server, waits_for_files_to_be_closed_when_there_are_too_many) {
#ifdef __SANITIZE_ADDRESS__
    // UBSan finds out by a pipe whether an object's memory can be read: without a descriptor it reports what is none.
    GTEST_SKIP() << "a sanitizer needs descriptors of its own";
#endif
    server_bench bench;
    std::vector<std::string> reports;
    bench.server().report_to([&reports](std::string const& trouble) { reports.push_back(trouble); });
    auto& client = bench.connect();
    client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    {
        no_files_left const shortage;
        run_until(bench.io, [&reports] { return !reports.empty(); });
        // It neither spins nor reports again while nothing changes.
        auto const handlers = [&bench] {
            asio::steady_timer timer(bench.io, 250ms);
            bool over = false;
            timer.async_wait([&over](boost::system::error_code) { over = true; });
            std::size_t count = 0;
            run_until(bench.io, [&] {
                ++count;
                return over;
            });
            return count;
        }();
        EXPECT_LT(handlers, 20);
    }
    client.wait_for("GET /a");
    ASSERT_EQ(reports.size(), 1);
    EXPECT_EQ(reports[0], "cannot accept connections on " + bench.address().text() + ": Too many open files");
}

} // namespace
} // namespace runwatch
