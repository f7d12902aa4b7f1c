#include "net/connection.hpp"

#include "net/answer_parser.hpp"
#include "net/resolver.hpp"
#include "net/tls.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace runwatch {
namespace {

using steady = std::chrono::steady_clock;

bool is_close(boost::system::error_code error) {
    return error == http::error::end_of_stream || error == asio::error::eof || error == asio::error::connection_reset ||
           error == asio::error::broken_pipe || error == asio::error::connection_aborted ||
           error == asio::ssl::error::stream_truncated;
}

failure explain_exchange(origin const& peer, boost::system::error_code error, bool answered,
                         http_options const& options) {
    auto const who = peer.authority();
    if (error == beast::error::timeout)
        return {failure_kind::transient,
                (answered ? "the answer of " + who + " did not end within " : "no answer from " + who + " within ") +
                    std::to_string(options.timeout.count()) + " ms"};
    if (error == http::error::body_limit)
        return {failure_kind::transient,
                "the answer of " + who + " is larger than " + std::to_string(options.max_body_bytes) + " bytes"};
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
        return {failure_kind::transient, "the answer of " + who + " has a header larger than " +
                                             std::to_string(options.max_header_bytes) + " bytes"};
    if (error == http::error::partial_message || (answered && is_close(error)))
        return {failure_kind::transient, who + " closed the connection in the middle of its answer"};
    if (is_close(error))
        return {failure_kind::transient, who + " closed the connection without an answer"};
    if (error.category() == http::make_error_code(http::error::bad_version).category())
        return {failure_kind::transient, "the answer of " + who + " is not HTTP: " + error.message()};
    return {failure_kind::transient, "the exchange with " + who + " failed: " + error.message()};
}

/// Interim answers (100 Continue, 103 Early Hints) come before the one that counts; more than a few are abuse.
constexpr int most_interim_answers = 10;

/// How long one address may take while others are left to try: a black hole must not eat the whole deadline.
constexpr auto address_patience = std::chrono::seconds{3};

/// What is read at once: a TLS record.
constexpr std::size_t most_at_once = std::size_t{16} * 1024;

/// A peer that sends faster than we read never makes us wait: after so much the loop gets its turn all the same.
constexpr std::size_t most_in_a_row = std::size_t{256} * 1024;

} // namespace

connection::connection(asio::any_io_executor executor, deadlines& all, asio::ssl::context& tls, origin peer)
    : executor_(std::move(executor)), deadlines_(all), tls_(tls), peer_(std::move(peer)) {}

asio::awaitable<std::optional<failure>> connection::open(proxy const* proxy, std::string name_servers,
                                                         deadline::time until) {
    std::optional<failure> failed;
    auto const first_hop = proxy != nullptr ? proxy->peer : peer_;
    failed = co_await connect(first_hop, name_servers, until);
    if (failed && proxy != nullptr)
        failed->message = "the proxy cannot be reached: " + failed->message;
    if (!failed)
        channel_->set_deadline(until);
    if (!failed && proxy != nullptr)
        failed = co_await tunnel(*proxy);
    if (!failed && peer_.tls)
        failed = co_await shake_hands();
    if (!failed)
        channel_->lift_deadline();
    co_return failed;
}

asio::awaitable<std::optional<failure>> connection::open_unix(std::string path, deadline::time until) {
    std::optional<failure> failed;
    boost::system::error_code error;
    asio::local::stream_protocol::endpoint const endpoint(path);
    channel_.emplace(executor_, deadlines_);
    channel_->set_deadline(until);
    co_await channel_->connect(endpoint, error);
    channel_->lift_deadline();
    if (error)
        failed = failure(failure_kind::transient, "cannot connect to unix:" + path + ": " + error.message());
    co_return failed;
}

asio::awaitable<std::optional<failure>> connection::connect(origin to, std::string name_servers, deadline::time until) {
    std::optional<failure> failed;
    auto const found = co_await resolve(to.host, name_servers, until);
    if (!found) {
        failed = found.error();
        co_return failed;
    }
    for (auto address = found->begin(); address != found->end(); ++address) {
        auto const last = std::next(address) == found->end();
        // A channel that timed out is spent: each address gets a new one.
        channel_.emplace(executor_, deadlines_);
        channel_->set_deadline(last ? until : std::min(until, steady::now() + address_patience));
        asio::ip::tcp::endpoint const endpoint(*address, to.port);
        boost::system::error_code error;
        co_await channel_->connect(endpoint, error);
        if (!error) {
            failed.reset();
            co_return failed;
        }
        auto const why = error == beast::error::timeout ? std::string("no answer in time") : error.message();
        failed = failure(failure_kind::transient, "cannot connect to " + to.authority() + ": " + why);
        if (steady::now() >= until)
            break;
    }
    co_return failed;
}

asio::awaitable<std::optional<failure>> connection::tunnel(proxy const& proxy) {
    std::optional<failure> failed;
    auto const authority = peer_.authority();
    auto ask = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
    if (!proxy.authorization.empty())
        ask += "Proxy-Authorization: " + proxy.authorization + "\r\n";
    ask += "\r\n";

    answer_parser parser;
    // The answer to CONNECT has no body: what follows its header belongs to the tunnel.
    parser.skip(true);
    boost::system::error_code error;
    co_await channel_->write(ask, error);
    if (!error)
        co_await read_answer(parser, error);
    auto const via = "the proxy " + proxy.peer.authority();
    if (error) {
        auto const why =
            error == beast::error::timeout ? std::string("did not answer in time") : "broke off: " + error.message();
        failed = failure(failure_kind::transient, via + ", asked to connect to " + authority + ", " + why);
        co_return failed;
    }
    auto const status = parser.status();
    if (status == 407)
        failed =
            failure(failure_kind::refused, via + " refused our credentials (407): set the user name and password in "
                                                 "HTTPS_PROXY, as http://user:password@host:port");
    else if (status / 100 != 2)
        failed = failure(failure_kind::transient,
                         via + " refused to connect to " + authority + ": it answered " + std::to_string(status));
    buffer_.consume(buffer_.size());
    co_return failed;
}

asio::awaitable<std::optional<failure>> connection::shake_hands() {
    std::optional<failure> failed;
    auto* const session = channel_->begin_tls(tls_, peer_);
    if (session == nullptr) {
        failed = failure(failure_kind::permanent, "no certificate can be checked for the host " + peer_.host);
        co_return failed;
    }
    boost::system::error_code error;
    co_await channel_->shake_hands(error);
    if (error)
        failed = explain_handshake(session, peer_, error);
    co_return failed;
}

asio::awaitable<connection::exchanged> connection::exchange(message const& request,
                                                            std::function<body_filter()> const& shorten,
                                                            http_options const& options, deadline::time until) {
    channel_->set_deadline(until);
    auto outcome = co_await exchange_in_time(request, shorten, options);
    channel_->lift_deadline();
    co_return outcome;
}

asio::awaitable<connection::exchanged> connection::exchange_in_time(message const& request,
                                                                    std::function<body_filter()> const& shorten,
                                                                    http_options const& options) {
    exchanged outcome;
    boost::system::error_code error;
    co_await channel_->write(request.text, error);
    if (error) {
        // A server may answer (413, 400) and close before it has read everything; what it said is still there to read,
        // but our requests are small: its close is the whole story.
        outcome.closed_before_answer = is_close(error);
        outcome.response = explain_exchange(peer_, error, false, options);
        co_return outcome;
    }
    for (int interim = 0;; ++interim) {
        answer_parser parser(options, shorten);
        parser.skip(request.asks_for_header);
        co_await read_answer(parser, error);
        if (error == http::error::body_limit && options.cut_long_bodies) {
            // The limit counts once the header is whole. What is left of the body makes the connection useless.
            outcome.response = parser.take();
            co_return outcome;
        }
        if (error) {
            outcome.closed_before_answer = is_close(error) && !parser.got_some() && interim == 0;
            outcome.response = explain_exchange(peer_, error, parser.got_some(), options);
            co_return outcome;
        }
        if (parser.status() / 100 == 1) {
            if (interim < most_interim_answers)
                continue;
            outcome.response =
                failure(failure_kind::transient, peer_.authority() + " sends interim answers without end");
            co_return outcome;
        }
        // Bytes behind the answer that nobody asked for mean that the two sides disagree on where it ended.
        outcome.reusable = parser.keep_alive() && buffer_.size() == 0;
        outcome.response = parser.take();
        co_return outcome;
    }
}

/// Reads until an answer is whole, or cannot become so.
asio::awaitable<void> connection::read_answer(answer_parser& parser, boost::system::error_code& error) {
    std::size_t in_a_row = 0;
    for (;;) {
        if (buffer_.size() != 0)
            buffer_.consume(parser.put(buffer_.data(), error));
        if (error == http::error::need_more)
            error = {};
        if (error || parser.is_done())
            co_return;
        auto const room = buffer_.prepare(most_at_once);
        auto const bytes = co_await channel_->read(room, error);
        buffer_.commit(bytes);
        in_a_row += bytes;
        if (!error && in_a_row >= most_in_a_row) {
            in_a_row = 0;
            co_await channel_->let_others_run(error);
        }
        if (error == asio::error::eof) {
            error = {};
            if (parser.got_some())
                parser.put_eof(error);
            else
                error = http::error::end_of_stream;
            co_return;
        }
        if (error)
            co_return;
    }
}

} // namespace runwatch
