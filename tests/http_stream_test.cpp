#include "runwatch/http_server.hpp"

#include "support/server_bench.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;
namespace asio = boost::asio;

constexpr char const* ask = "GET /s HTTP/1.1\r\nHost: h\r\n\r\n";

/// A server whose only answer is a stream, and what became of its streams.
class stream_bench : public server_bench {
public:
    explicit stream_bench(std::function<asio::awaitable<void>(body_writer)> body) : body_(std::move(body)) {
        answer = [this](incoming_request) { return reply(); };
    }

    std::size_t begun = 0;
    std::size_t ended = 0;
    std::size_t cancelled = 0;

private:
    asio::awaitable<server_answer> reply() {
        http_response head;
        head.status = 200;
        head.headers.emplace_back("Content-Type", "text/event-stream");
        head.body = "first;";
        body_stream stream = [this](body_writer write) { return run(std::move(write)); };
        co_return server_answer(std::move(head), std::move(stream));
    }

    asio::awaitable<void> run(body_writer write) {
        ++begun;
        try {
            co_await body_(std::move(write));
            ++ended;
        } catch (boost::system::system_error const&) {
            ++cancelled;
            throw;
        }
    }

    std::function<asio::awaitable<void>(body_writer)> body_;
};

asio::awaitable<void> three_pieces(body_writer write) {
    co_await write("one;");
    co_await write("");
    co_await write("two;");
}

/// Writes as fast as it may, until it may no more.
asio::awaitable<void> flood(body_writer write) {
    auto goes_on = true;
    while (goes_on) {
        std::string piece(10'000, 'x');
        goes_on = co_await write(std::move(piece));
    }
}

asio::awaitable<void> wait_for_ever(body_writer write) {
    co_await write("waiting;");
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);
}

TEST(http_stream, is_sent_in_chunks_and_leaves_the_connection_for_more) {
    stream_bench bench(three_pieces);
    auto& client = bench.connect();
    client.send(ask);
    client.wait_for("0\r\n\r\n");
    EXPECT_EQ(count_of(client.received(), "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                                          "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"
                                          "6\r\nfirst;\r\n4\r\none;\r\n4\r\ntwo;\r\n0\r\n\r\n"),
              1)
        << client.received();
    client.send(ask);
    client.wait_for("0\r\n\r\n", 2);
    EXPECT_EQ(bench.ended, 2);
}

TEST(http_stream, of_http_1_0_ends_with_the_connection) {
    stream_bench bench(three_pieces);
    auto const answer = bench.exchange("GET /s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(body_of(answer), "first;one;two;");
    EXPECT_EQ(answer.find("chunked"), std::string::npos);
}

TEST(http_stream, has_no_body_for_a_head) {
    stream_bench bench(three_pieces);
    auto const answer = bench.exchange("HEAD /s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(body_of(answer), "");
    EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
    EXPECT_EQ(bench.begun, 0);
}

TEST(http_stream, is_cancelled_when_the_client_leaves) {
    stream_bench bench(wait_for_ever);
    auto& client = bench.connect();
    client.send(ask);
    client.wait_for("waiting;");
    client.leave();
    run_until(bench.io, [&bench] { return bench.cancelled == 1 && bench.server().connections() == 0; });
}

TEST(http_stream, is_ended_in_good_order_when_the_server_closes) {
    stream_bench bench(wait_for_ever);
    auto& client = bench.connect();
    client.send(ask);
    client.wait_for("waiting;");
    bench.server().close();
    EXPECT_TRUE(client.wait_until_closed().ends_with("waiting;\r\n0\r\n\r\n")) << client.received();
    bench.wait_for_end();
    EXPECT_EQ(bench.cancelled, 1);
}

TEST(http_stream, keeps_what_is_asked_meanwhile_for_later) {
    stream_bench bench(three_pieces);
    auto& client = bench.connect();
    client.send(std::string{ask} + ask + ask);
    client.wait_for("0\r\n\r\n", 3);
    EXPECT_EQ(bench.ended, 3);
}

TEST(http_stream, ends_when_a_client_sends_too_much_meanwhile) {
    stream_bench bench(wait_for_ever);
    auto& client = bench.connect();
    client.send(ask);
    client.wait_for("waiting;");
    client.send(std::string(100'000, 'x'));
    client.wait_until_closed();
    EXPECT_EQ(bench.cancelled, 1);
}

TEST(http_stream, waits_for_a_slow_reader_and_holds_one_piece) {
    stream_bench bench(flood);
    auto& client = bench.connect();
    client.stop_reading();
    client.send(ask);
    run_until(bench.io, [&bench] { return bench.begun == 1; });
    // What the kernel takes is all that is ever written.
    pass(bench.io, 50ms);
    auto const before = client.received().size();
    client.go_on_reading();
    run_until(bench.io, [&] { return client.received().size() > before + 2'000'000; });
    EXPECT_FALSE(client.is_closed());
    client.leave();
    run_until(bench.io, [&bench] { return bench.server().connections() == 0; });
    EXPECT_EQ(bench.ended + bench.cancelled, 1);
}

TEST(http_stream, is_over_for_who_reads_nothing) {
    stream_bench bench(flood);
    bench.most.write_timeout = 50ms;
    auto& client = bench.connect();
    client.stop_reading();
    client.send(ask);
    run_until(bench.io, [&bench] { return bench.begun == 1 && bench.server().connections() == 0; });
    EXPECT_EQ(bench.ended + bench.cancelled, 1);
    client.go_on_reading();
    EXPECT_FALSE(client.wait_until_closed().ends_with("0\r\n\r\n"));
}

TEST(http_stream, of_a_slow_reader_ends_with_the_server) {
    stream_bench bench(flood);
    auto& client = bench.connect();
    client.stop_reading();
    client.send(ask);
    run_until(bench.io, [&bench] { return bench.begun == 1; });
    pass(bench.io, 20ms);
    bench.server().close();
    bench.wait_for_end();
    // In the middle of a chunk no last one may follow.
    client.go_on_reading();
    EXPECT_FALSE(client.wait_until_closed().ends_with("0\r\n\r\n"));
}

TEST(http_stream, that_breaks_off_has_no_last_chunk) {
    stream_bench bench([](body_writer write) -> asio::awaitable<void> {
        co_await write("one;");
        throw std::runtime_error{"a secret"};
    });
    auto const answer = bench.exchange(ask);
    EXPECT_TRUE(answer.ends_with("one;\r\n")) << answer;
}

TEST(http_stream, is_refused_when_there_are_too_many) {
    stream_bench bench(wait_for_ever);
    bench.most.streams = 2;
    auto& one = bench.connect();
    auto& two = bench.connect();
    one.send(ask);
    two.send(ask);
    one.wait_for("waiting;");
    two.wait_for("waiting;");
    auto& three = bench.connect();
    three.send(ask);
    three.wait_for("{\"error\": \"too many streams are open: try again later\"}\n");
    EXPECT_TRUE(three.received().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    one.leave();
    run_until(bench.io, [&bench] { return bench.cancelled == 1; });
    run_ready(bench.io);
    three.send(ask);
    three.wait_for("waiting;");
}

} // namespace
} // namespace runwatch
