#include "runwatch/http_client.hpp"

#include "support/loopback.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <functional>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <tuple>
#include <unistd.h>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

/// A port that takes no connection and refuses none: its queue is full.
class full_port {
public:
    full_port() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        socklen_t length = sizeof address;
        sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::bind(sockets_[0], generic, length) != 0 || ::listen(sockets_[0], 0) != 0 ||
            ::getsockname(sockets_[0], generic, &length) != 0)
            throw std::runtime_error{"cannot listen"};
        port_ = ntohs(address.sin_port);
        // The queue is full once a connection is neither made nor refused.
        for (pollfd made{-1, POLLOUT, 0}; made.fd < 0 || ::poll(&made, 1, 20) > 0;) {
            made.fd = sockets_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            // Never at once: it is under way, or waits for a place in the queue.
            std::ignore = ::connect(made.fd, generic, length);
        }
    }

    ~full_port() {
        for (auto const socket : sockets_)
            ::close(socket);
    }

    full_port(full_port const&) = delete;
    full_port& operator=(full_port const&) = delete;

    std::uint16_t port() const { return port_; }

private:
    std::vector<int> sockets_;
    std::uint16_t port_ = 0;
};

/// A place where a peer lets a request hang: what its server does there, and what is said about it after the deadline.
struct station {
    char const* where;
    char const* scheme;
    std::function<void(loopback const&, script&)> act;
    char const* complaint;
};

std::vector<station> stations() {
    return {
        {"in the TLS handshake", "https", [](loopback const&, script&) {},
         "transient: TLS with SERVER failed: no answer in time"},
        {"before the answer", "http", [](loopback const&, script& script) { script.receive(); },
         "transient: no answer from SERVER within 100 ms"},
        {"before the answer over TLS", "https",
         [](loopback const& net, script& script) { script.start_tls(net.identify({"localhost"})).receive(); },
         "transient: no answer from SERVER within 100 ms"},
        {"in the header", "http",
         [](loopback const&, script& script) { script.receive().send("HTTP/1.1 200 OK\r\nA"); },
         "transient: the answer of SERVER did not end within 100 ms"},
        {"in the body", "http",
         [](loopback const&, script& script) {
             script.receive().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab");
         },
         "transient: the answer of SERVER did not end within 100 ms"},
        {"in the body over TLS", "https",
         [](loopback const& net, script& script) {
             script.start_tls(net.identify({"localhost"}))
                 .receive()
                 .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab");
         },
         "transient: the answer of SERVER did not end within 100 ms"},
        {"after an interim answer", "http",
         [](loopback const&, script& script) { script.receive().send("HTTP/1.1 100 Continue\r\n\r\n"); },
         "transient: no answer from SERVER within 100 ms"},
    };
}

class stopwatch {
public:
    duration elapsed() const {
        return std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - started_);
    }

private:
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

TEST(http_deadline, ends_a_request_wherever_it_hangs) {
    for (auto const& station : stations()) {
        SCOPED_TRACE(station.where);
        loopback net;
        net.options.timeout = 100ms;
        auto& server = net.serve();
        auto& script = server.on_connection();
        station.act(net, script);
        script.hang();
        stopwatch const watch;
        EXPECT_EQ(text_of(net.get(server.url(station.scheme)), server), station.complaint);
        EXPECT_GE(watch.elapsed(), 90ms);
        EXPECT_LT(watch.elapsed(), 1s);
    }
}

TEST(http_deadline, ends_a_connect_that_nobody_takes) {
    full_port const full;
    loopback net;
    net.options.timeout = 100ms;
    stopwatch const watch;
    EXPECT_EQ(text_of(net.get("http://127.0.0.1:" + std::to_string(full.port()))),
              "transient: cannot connect to 127.0.0.1:" + std::to_string(full.port()) + ": no answer in time");
    EXPECT_LT(watch.elapsed(), 1s);
}

TEST(http_deadline, bounds_the_whole_of_an_answer_that_trickles_for_ever) {
    struct {
        char const* start;
        char const* for_ever;
    } const rows[] = {
        {"HTTP/1.1 200 OK\r\n", "A: b\r\n"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", "x"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
        {"HTTP/1.1 200 OK\r\n\r\n", "x"},
    };

    for (auto const& row : rows)
        for (auto const* scheme : {"http", "https"}) {
            loopback net;
            net.options.timeout = 100ms;
            auto& server = net.serve();
            auto& script = server.on_connection();
            if (scheme == std::string_view{"https"})
                script.start_tls(net.identify({"localhost"}));
            script.receive().send(row.start).trickle(row.for_ever, 1ms);
            stopwatch const watch;
            EXPECT_EQ(text_of(net.get(server.url(scheme)), server),
                      "transient: the answer of SERVER did not end within 100 ms");
            EXPECT_GE(watch.elapsed(), 90ms);
            EXPECT_LT(watch.elapsed(), 1s);
        }
}

TEST(http_deadline, covers_a_request_and_its_repetition_together) {
    loopback net;
    net.options.timeout = 300ms;
    auto& server = net.serve();
    gate closing(net.io);
    server.on_connection().receive().send(ok("")).receive().wait_at(closing).close();
    server.on_connection().receive().hang();
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 ");
    stopwatch const watch;
    auto request = net.start(get_request(server.url("http")));
    pass(net.io, 200ms);
    closing.open();
    EXPECT_EQ(text_of(request.get(), server), "transient: no answer from SERVER within 300 ms");
    EXPECT_LT(watch.elapsed(), 450ms);
}

TEST(http_deadline, leaves_no_trace_on_the_next_request) {
    loopback net;
    net.options.timeout = 100ms;
    net.options.connections = 1;
    auto& server = net.serve();
    server.on_connection().receive().send("HTTP/1.1 200 OK\r\n").hang();
    server.on_connection().receive().send(ok("1")).receive().send(ok("2")).hang();
    EXPECT_FALSE(net.get(server.url("http")));
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 1");
    // A kept connection stays open past the deadline of the request before.
    pass(net.io, 150ms);
    EXPECT_EQ(text_of(net.get(server.url("http"))), "200 2");
}

TEST(http_cancellation, ends_a_request_at_once_wherever_it_hangs) {
    for (auto const& station : stations()) {
        SCOPED_TRACE(station.where);
        loopback net;
        net.options.connections = 1;
        auto& server = net.serve();
        auto& script = server.on_connection();
        bool reached = false;
        station.act(net, script);
        script.then([&] { reached = true; }).hang();
        auto& next = net.serve();
        next.on_connection().receive().send(ok("next")).hang();

        stopwatch const watch;
        auto request = net.start(get_request(server.url(station.scheme)));
        run_until(net.io, [&] { return reached; });
        request.cancel();
        EXPECT_TRUE(ends_cancelled(request));
        EXPECT_EQ(text_of(net.get(next.url("http"))), "200 next");
        EXPECT_LT(watch.elapsed(), 1s);
    }
}

TEST(http_cancellation, ends_a_request_that_an_answer_trickles_to) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().receive().send("HTTP/1.1 200 OK\r\n\r\n").trickle("x", duration{0});
    auto request = net.start(get_request(server.url("http")));
    run_until(net.io, [&] { return server.requests().size() == 1; });
    request.cancel();
    EXPECT_TRUE(ends_cancelled(request));
}

TEST(http_cancellation, ends_a_connect) {
    full_port const full;
    loopback net;
    net.options.connections = 1;
    auto& next = net.serve();
    next.on_connection().receive().send(ok("next")).hang();
    stopwatch const watch;
    auto request = net.start(get_request("http://127.0.0.1:" + std::to_string(full.port())));
    run_ready(net.io);
    ASSERT_FALSE(request.done());
    request.cancel();
    EXPECT_TRUE(ends_cancelled(request));
    EXPECT_EQ(text_of(net.get(next.url("http"))), "200 next");
    EXPECT_LT(watch.elapsed(), 1s);
}

TEST(http_cancellation, ends_the_wait_for_a_connection_and_passes_the_turn_on) {
    loopback net;
    net.options.connections = 1;
    auto& server = net.serve();
    gate answer(net.io);
    server.on_connection().receive().wait_at(answer).send(ok("")).receive().send(ok("")).hang();
    auto first = net.start(get_request(server.url("http") + "/first"));
    auto second = net.start(get_request(server.url("http") + "/second"));
    auto third = net.start(get_request(server.url("http") + "/third"));
    run_until(net.io, [&] { return server.requests().size() == 1; });
    second.cancel();
    EXPECT_TRUE(ends_cancelled(second));
    EXPECT_FALSE(first.done());
    answer.open();
    EXPECT_EQ(text_of(first.get()), "200 ");
    EXPECT_EQ(text_of(third.get()), "200 ");
    EXPECT_EQ(server.requests().at(1).target, "/third");
}

/// Sends a request, and calls back before anything else can happen on the loop.
boost::asio::awaitable<void> send_then(http_client& client, http_request request, std::function<void()> action) {
    auto const answer = co_await client.send(request);
    EXPECT_EQ(text_of(answer), "200 ");
    action();
}

TEST(http_cancellation, of_who_was_just_given_a_connection_gives_it_to_the_next) {
    loopback net;
    net.options.connections = 1;
    auto& server = net.serve();
    server.on_connection().receive().send(ok("")).receive().send(ok("")).hang();
    std::function<void()> when_done;
    task<void> first(net.io, send_then(net.client(), get_request(server.url("http") + "/first"), [&] { when_done(); }));
    auto second = net.start(get_request(server.url("http") + "/second"));
    auto third = net.start(get_request(server.url("http") + "/third"));
    // The second has been given its turn, but has not run yet.
    when_done = [&] { second.cancel(); };
    first.get();
    EXPECT_TRUE(ends_cancelled(second));
    EXPECT_EQ(text_of(third.get()), "200 ");
    EXPECT_EQ(server.requests().at(1).target, "/third");
}

TEST(http_cancellation, of_many_at_once_leaves_every_connection_free) {
    loopback net;
    net.options.connections = 2;
    auto& server = net.serve();
    server.on_connection().receive().hang();
    server.on_connection().receive().hang();
    server.on_connection().receive().send(ok("")).hang();
    server.on_connection().receive().send(ok("")).hang();
    std::vector<task<result<http_response>>> requests;
    requests.reserve(10);
    for (int count = 0; count < 10; ++count)
        requests.push_back(net.start(get_request(server.url("http"))));
    run_until(net.io, [&] { return server.requests().size() == 2; });
    for (auto& request : requests)
        request.cancel();
    for (auto& request : requests)
        EXPECT_TRUE(ends_cancelled(request));
    auto one = net.start(get_request(server.url("http")));
    auto other = net.start(get_request(server.url("http")));
    EXPECT_EQ(text_of(one.get()), "200 ");
    EXPECT_EQ(text_of(other.get()), "200 ");
    EXPECT_EQ(server.connections(), 4U);
}

} // namespace
} // namespace runwatch
