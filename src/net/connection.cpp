#include "net/connection.hpp"

#include "net/answer_body.hpp"
#include "net/resolver.hpp"
#include "net/tls.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace runwatch {
namespace {

using steady = std::chrono::steady_clock;

/// Asio reports cancellation as an error code like any other; ours is always an exception.
void throw_if_aborted(boost::system::error_code error) {
    if (error == asio::error::operation_aborted)
        throw boost::system::system_error{error};
}

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

http_response to_response(http::response<answer_body>&& message) {
    http_response response;
    response.status = message.result_int();
    for (auto const& field : message.base())
        response.headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
    response.body = message.body().take();
    return response;
}

/// Interim answers (100 Continue, 103 Early Hints) come before the one that counts; more than a few are abuse.
constexpr int most_interim_answers = 10;

template <class Stream>
asio::awaitable<connection::exchanged>
exchange_over(Stream& stream, beast::flat_buffer& buffer, origin const& peer, connection::message const& request,
              std::function<body_filter()> const& shorten, http_options const& options) {
    connection::exchanged outcome;
    boost::system::error_code error;
    co_await http::async_write(stream, request, asio::redirect_error(asio::use_awaitable, error));
    throw_if_aborted(error);
    if (error) {
        // A server may answer (413, 400) and close before it has read everything; what it said is still there to read,
        // but our requests are small: its close is the whole story.
        outcome.closed_before_answer = is_close(error);
        outcome.response = explain_exchange(peer, error, false, options);
        co_return outcome;
    }
    for (int interim = 0;; ++interim) {
        http::response_parser<answer_body> parser;
        parser.header_limit(options.max_header_bytes);
        parser.body_limit(options.max_body_bytes);
        parser.get().body().limit(options.max_body_bytes, shorten);
        if (shorten)
            // How much of it will be left, only the body itself knows.
            parser.body_limit(boost::none);
        parser.skip(request.method() == http::verb::head);
        co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
        throw_if_aborted(error);
        if (error == http::error::body_limit && options.cut_long_bodies) {
            // The limit counts once the header is whole. What is left of the body makes the connection useless.
            outcome.response = to_response(parser.release());
            co_return outcome;
        }
        if (error) {
            outcome.closed_before_answer = is_close(error) && !parser.got_some() && interim == 0;
            outcome.response = explain_exchange(peer, error, parser.got_some(), options);
            co_return outcome;
        }
        if (parser.get().result_int() / 100 == 1) {
            if (interim < most_interim_answers)
                continue;
            outcome.response =
                failure(failure_kind::transient, peer.authority() + " sends interim answers without end");
            co_return outcome;
        }
        // Bytes behind the answer that nobody asked for mean that the two sides disagree on where it ended.
        outcome.reusable = parser.keep_alive() && buffer.size() == 0;
        outcome.response = to_response(parser.release());
        co_return outcome;
    }
}

/// How long one address may take while others are left to try: a black hole must not eat the whole deadline.
constexpr auto address_patience = std::chrono::seconds{3};

} // namespace

connection::connection(asio::any_io_executor executor, asio::ssl::context& tls, origin peer)
    : executor_(std::move(executor)), tls_(tls), peer_(std::move(peer)) {}

beast::tcp_stream& connection::socket() { return secure_ ? secure_->next_layer() : *plain_; }

asio::awaitable<std::optional<failure>> connection::open(proxy const* proxy, std::string name_servers,
                                                         deadline_time deadline) {
    std::optional<failure> failed;
    auto const first_hop = proxy != nullptr ? proxy->peer : peer_;
    failed = co_await connect(first_hop, name_servers, deadline);
    if (failed && proxy != nullptr)
        failed->message = "the proxy cannot be reached: " + failed->message;
    if (!failed && proxy != nullptr)
        failed = co_await tunnel(*proxy, deadline);
    if (!failed && peer_.tls)
        failed = co_await shake_hands(deadline);
    co_return failed;
}

asio::awaitable<std::optional<failure>> connection::connect(origin to, std::string name_servers,
                                                            deadline_time deadline) {
    std::optional<failure> failed;
    auto const found = co_await resolve(to.host, name_servers, deadline);
    if (!found) {
        failed = found.error();
        co_return failed;
    }
    for (auto address = found->begin(); address != found->end(); ++address) {
        auto const last = std::next(address) == found->end();
        // A stream that timed out is spent: each address gets a new one.
        plain_.emplace(executor_);
        plain_->expires_at(last ? deadline : std::min(deadline, steady::now() + address_patience));
        asio::ip::tcp::endpoint const endpoint(*address, to.port);
        boost::system::error_code error;
        co_await plain_->async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
        throw_if_aborted(error);
        if (!error) {
            boost::system::error_code ignored;
            plain_->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
            failed.reset();
            co_return failed;
        }
        auto const why = error == beast::error::timeout ? std::string("no answer in time") : error.message();
        failed = failure(failure_kind::transient, "cannot connect to " + to.authority() + ": " + why);
        if (steady::now() >= deadline)
            break;
    }
    co_return failed;
}

asio::awaitable<std::optional<failure>> connection::tunnel(proxy const& proxy, deadline_time deadline) {
    std::optional<failure> failed;
    auto const authority = peer_.authority();
    http::request<http::empty_body> ask(http::verb::connect, authority, 11);
    ask.set(http::field::host, authority);
    if (!proxy.authorization.empty())
        ask.set(http::field::proxy_authorization, proxy.authorization);

    plain_->expires_at(deadline);
    http::response_parser<http::empty_body> parser;
    // The answer to CONNECT has no body: what follows its header belongs to the tunnel.
    parser.skip(true);
    boost::system::error_code error;
    co_await http::async_write(*plain_, ask, asio::redirect_error(asio::use_awaitable, error));
    throw_if_aborted(error);
    if (!error)
        co_await http::async_read_header(*plain_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    throw_if_aborted(error);
    auto const via = "the proxy " + proxy.peer.authority();
    if (error) {
        auto const why =
            error == beast::error::timeout ? std::string("did not answer in time") : "broke off: " + error.message();
        failed = failure(failure_kind::transient, via + ", asked to connect to " + authority + ", " + why);
        co_return failed;
    }
    auto const status = parser.get().result_int();
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

asio::awaitable<std::optional<failure>> connection::shake_hands(deadline_time deadline) {
    std::optional<failure> failed;
    secure_.emplace(std::move(*plain_), tls_);
    secure_->next_layer().expires_at(deadline);
    if (!expect_peer(secure_->native_handle(), peer_)) {
        failed = failure(failure_kind::permanent, "no certificate can be checked for the host " + peer_.host);
        co_return failed;
    }
    boost::system::error_code error;
    co_await secure_->async_handshake(asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
    throw_if_aborted(error);
    if (error)
        failed = explain_handshake(secure_->native_handle(), peer_, error);
    co_return failed;
}

asio::awaitable<connection::exchanged> connection::exchange(message request, std::function<body_filter()> shorten,
                                                            http_options const& options, deadline_time deadline) {
    socket().expires_at(deadline);
    exchanged outcome;
    if (secure_)
        outcome = co_await exchange_over(*secure_, buffer_, peer_, request, shorten, options);
    else
        outcome = co_await exchange_over(*plain_, buffer_, peer_, request, shorten, options);
    socket().expires_never();
    co_return outcome;
}

bool connection::is_idle() {
    char byte = 0;
    auto const handle = socket().socket().native_handle();
    auto const read = ::recv(handle, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    auto const silent = read < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    // Data on an idle connection is a TLS close or an answer to nothing: either way it is done. TLS may have read it
    // already, behind the last answer.
    return silent && (!secure_ || ::BIO_ctrl_pending(::SSL_get_rbio(secure_->native_handle())) == 0);
}

} // namespace runwatch
