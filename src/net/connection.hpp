#pragma once

#include "net/origin.hpp"
#include "net/proxy.hpp"
#include "runwatch/http_client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace runwatch {

/// One connection to a peer, over TCP or TLS, perhaps through a proxy. One exchange at a time.
class connection {
public:
    using deadline_time = std::chrono::steady_clock::time_point;
    using message = boost::beast::http::request<boost::beast::http::string_body>;

    /// What came of one exchange.
    struct exchanged {
        result<http_response> response{failure{}};
        /// The connection can carry another exchange.
        bool reusable = false;
        /// The peer had closed the connection before it answered with a single byte.
        bool closed_before_answer = false;
    };

    connection(boost::asio::any_io_executor executor, boost::asio::ssl::context& tls, origin peer);

    /// Connects, through the proxy unless null, and shakes hands. Returns the failure, if any.
    boost::asio::awaitable<std::optional<failure>> open(proxy const* proxy, std::string name_servers,
                                                        deadline_time deadline);

    /// Sends a request and reads its whole response, within the size limits of the options; `shorten` as in
    /// http_request::shorten_body.
    boost::asio::awaitable<exchanged> exchange(message request, std::function<body_filter()> shorten,
                                               http_options const& options, deadline_time deadline);

    origin const& peer() const { return peer_; }

    /// Tells whether the connection is open and silent, as an idle one must be.
    bool is_idle();

private:
    using plain_stream = boost::beast::tcp_stream;
    using tls_stream = boost::asio::ssl::stream<plain_stream>;

    boost::asio::awaitable<std::optional<failure>> connect(origin to, std::string name_servers, deadline_time deadline);
    boost::asio::awaitable<std::optional<failure>> tunnel(proxy const& proxy, deadline_time deadline);
    boost::asio::awaitable<std::optional<failure>> shake_hands(deadline_time deadline);
    plain_stream& socket();

    boost::asio::any_io_executor executor_;
    boost::asio::ssl::context& tls_;
    origin peer_;
    std::optional<plain_stream> plain_;
    std::optional<tls_stream> secure_;
    boost::beast::flat_buffer buffer_;
};

} // namespace runwatch
