#include "runwatch/http_server.hpp"

#include "support/server_bench.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;
namespace asio = boost::asio;

/// What does not count of a body.
constexpr std::size_t small = std::size_t{16} * 1024;

/// What all requests may hold of what counts.
constexpr std::size_t room = 100'000;

/// The largest body that has room while there is no other.
constexpr std::size_t largest = small + room;

constexpr char const* no_room =
    "{\"error\": \"there is no room for this body beside those of other requests: try again later\"}\n";

std::string head_for(std::size_t size, std::string const& target = "/a") {
    return "POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

std::string request_of(std::size_t size, std::string const& target = "/a") {
    return head_for(size, target) + std::string(size, 'x');
}

class http_bodies : public ::testing::Test {
protected:
    http_bodies() {
        bench.most.held_body_bytes = room;
        bench.answer = [this](incoming_request request) { return answer(std::move(request)); };
    }

    /// The status of what a client of its own is answered.
    std::string status_for(std::string const& request) {
        auto& client = bench.connect();
        client.send(request);
        client.wait_for("\r\n\r\n");
        return client.received().substr(9, 3);
    }

    /// Proves that nothing is held any more: one byte would be too much.
    void expect_all_room(char const* after) { EXPECT_EQ(status_for(request_of(largest)), "200") << after; }

    /// A client of whose request all came but the last byte, with no room left for others.
    raw_client& fill() {
        auto& client = bench.connect();
        client.send(head_for(largest + 1) + std::string(largest, 'x'));
        run_ready(bench.io);
        EXPECT_EQ(status_for(request_of(small + 1)), "503");
        return client;
    }

    asio::awaitable<server_answer> answer(incoming_request request) {
        if (request.target == "/throw")
            throw std::runtime_error{"no answer"};
        if (request.target == "/wait")
            co_await wait_at_gate();
        http_response response;
        response.status = 200;
        if (request.target != "/stream")
            co_return server_answer(std::move(response));
        body_stream stream = [this](body_writer) { return wait_at_gate(); };
        co_return server_answer(std::move(response), std::move(stream));
    }

    asio::awaitable<void> wait_at_gate() {
        boost::system::error_code error;
        co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }

    server_bench bench;
    asio::steady_timer gate{bench.io, asio::steady_timer::time_point::max()};
};

TEST_F(http_bodies, that_would_take_more_than_all_may_are_refused) {
    auto& first = bench.connect();
    first.send(head_for(small + 60'000) + std::string(small + 50'000, 'x'));
    run_ready(bench.io);
    auto& second = bench.connect();
    second.send(head_for(small + 60'000) + std::string(small + 50'001, 'x'));
    EXPECT_EQ(body_of(second.wait_until_closed()), no_room);
    EXPECT_TRUE(second.received().starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << second.received();
    first.send(std::string(10'000, 'x'));
    first.wait_for("200 OK");
    expect_all_room("both are gone");
}

TEST_F(http_bodies, count_however_they_come) {
    auto& client = fill();
    EXPECT_EQ(status_for("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4001\r\n" +
                         std::string(small + 1, 'x') + "\r\n0\r\n\r\n"),
              "503");
    client.leave();
}

TEST_F(http_bodies, that_are_small_are_taken_though_there_is_no_room) {
    auto& client = fill();
    EXPECT_EQ(status_for("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"), "200");
    EXPECT_EQ(status_for(request_of(small)), "200");
    client.leave();
}

TEST_F(http_bodies, that_are_but_promised_take_no_room) {
    for (int count = 0; count < 10; ++count)
        bench.connect().send(head_for(largest));
    run_ready(bench.io);
    expect_all_room("nothing came");
}

TEST_F(http_bodies, give_their_room_back_however_a_request_ends) {
    auto& left = fill();
    left.leave();
    run_ready(bench.io);
    expect_all_room("the client left");

    fill().send("x");
    expect_all_room("one byte too much");

    auto& kept = bench.connect();
    kept.send(request_of(largest));
    kept.wait_for("200 OK");
    expect_all_room("answered, and the connection stays");
    kept.send(request_of(largest));
    kept.wait_for("200 OK", 2);

    EXPECT_EQ(status_for(request_of(largest, "/throw")), "500");
    expect_all_room("the answer is an exception");

    EXPECT_EQ(status_for("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nc000\r\n" +
                         std::string(0xc000, 'x') + "not a chunk\r\n"),
              "400");
    expect_all_room("no valid request");
}

TEST_F(http_bodies, give_their_room_back_when_they_do_not_end_in_time) {
    bench.most.read_timeout = 50ms;
    auto& client = bench.connect();
    client.send(head_for(largest + 1) + std::string(largest, 'x'));
    client.wait_for("408 Request Timeout");
    expect_all_room("timed out");
}

TEST_F(http_bodies, are_held_until_their_answer) {
    auto& client = bench.connect();
    client.send(request_of(largest, "/wait"));
    run_until(bench.io, [this] { return bench.requests.size() == 1; });
    EXPECT_EQ(status_for(request_of(small + 1)), "503");
    gate.cancel();
    client.wait_for("200 OK");
    expect_all_room("answered");
}

TEST_F(http_bodies, are_not_held_while_their_answer_is_a_stream) {
    auto& client = bench.connect();
    client.send(request_of(largest, "/stream"));
    client.wait_for("200 OK");
    expect_all_room("the stream is open");
    gate.cancel();
    client.wait_for("0\r\n\r\n");
}

TEST_F(http_bodies, that_are_refused_may_come_whole) {
    auto& full = fill();
    auto& client = bench.connect();
    client.send(request_of(1'000'000));
    EXPECT_EQ(body_of(client.wait_until_closed()), no_room);
    full.leave();
}

} // namespace
} // namespace runwatch
