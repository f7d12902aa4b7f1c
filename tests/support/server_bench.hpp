#pragma once

#include "runwatch/http_server.hpp"
#include "support/raw_client.hpp"
#include "support/run_coroutine.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace runwatch::support {

/// A server on a loop of its own. When it goes, it closes the server, and proves that it ends and leaves the loop
/// empty.
class server_bench {
public:
    server_bench() = default;

    ~server_bench() {
        clients_.clear();
        if (server_) {
            server_->close();
            EXPECT_NO_THROW(running_->get());
            server_.reset();
        }
        EXPECT_TRUE(runs_empty(io)) << "something is left on the loop";
    }

    server_bench(server_bench const&) = delete;
    server_bench& operator=(server_bench const&) = delete;

    /// The server, which runs from the first call on.
    http_server& server() {
        if (server_)
            return *server_;
        server_.emplace(io.get_executor(), most, [this](incoming_request request) { return respond(request); });
        auto listener = std::make_unique<http_listener>(io.get_executor(), where);
        address_ = listener->address();
        server_->listen(std::move(listener));
        running_.emplace(io, server_->run());
        return *server_;
    }

    listen_address const& address() {
        server();
        return address_;
    }

    /// A client that stays until the end.
    raw_client& connect() { return *clients_.emplace_back(std::make_unique<raw_client>(io, address())); }

    /// All that a server sends to who sends this and waits until it closes.
    std::string exchange(std::string_view text) {
        raw_client client(io, address());
        client.send(text);
        return client.wait_until_closed();
    }

    bool ended() const { return running_->done(); }

    /// Waits until the server has ended.
    void wait_for_end() { running_->get(); }

    boost::asio::io_context io;
    http_server::limits most;
    listen_address where = parse_listen_address("127.0.0.1:0");
    /// What answers; by default `METHOD TARGET BODY`.
    http_server::responder answer;
    /// What came so far.
    std::vector<incoming_request> requests;

private:
    boost::asio::awaitable<server_answer> respond(incoming_request request) {
        requests.push_back(request);
        if (answer)
            co_return co_await answer(std::move(request));
        http_response echo;
        echo.status = 200;
        echo.headers.emplace_back("Content-Type", "text/plain");
        echo.body = request.method + ' ' + request.target + ' ' + request.body;
        co_return server_answer(std::move(echo));
    }

    std::optional<http_server> server_;
    listen_address address_;
    std::optional<task<void>> running_;
    std::vector<std::unique_ptr<raw_client>> clients_;
};

/// The body behind the head of the last answer in a text.
inline std::string body_of(std::string const& answers) { return answers.substr(answers.rfind("\r\n\r\n") + 4); }

} // namespace runwatch::support
