#pragma once

#include "net/channel.hpp"
#include "net/origin.hpp"
#include "net/proxy.hpp"
#include "runwatch/http_client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace runwatch {

class answer_parser;

/// One connection to a peer, over TCP or TLS, perhaps through a proxy, or over a unix socket. One exchange at a time.
class connection {
public:
    /// A request as it is sent.
    struct message {
        std::string text;
        /// Its answer has no body, whatever its header says: HEAD.
        bool asks_for_header = false;
    };

    /// What came of one exchange.
    struct exchanged {
        result<http_response> response{failure{}};
        /// The connection can carry another exchange.
        bool reusable = false;
        /// The peer had closed the connection before it answered with a single byte.
        bool closed_before_answer = false;
    };

    /// The context and `all`, which watches over what takes too long, must outlive the connection.
    connection(boost::asio::any_io_executor executor, deadlines& all, boost::asio::ssl::context& tls, origin peer);

    /// Connects, through the proxy unless null, and shakes hands. Returns the failure, if any.
    boost::asio::awaitable<std::optional<failure>> open(proxy const* proxy, std::string name_servers,
                                                        deadline::time until);

    /// Connects to a unix socket instead. Returns the failure, if any.
    boost::asio::awaitable<std::optional<failure>> open_unix(std::string path, deadline::time until);

    /// Sends a request, which must stay until then, and reads its whole response, within the size limits of the
    /// options; `shorten` as in http_request::shorten_body.
    boost::asio::awaitable<exchanged> exchange(message const& request, std::function<body_filter()> const& shorten,
                                               http_options const& options, deadline::time until);

    origin const& peer() const { return peer_; }

    /// Tells whether the connection is open and silent, as an idle one must be.
    bool is_idle() { return channel_->is_idle(); }

private:
    boost::asio::awaitable<std::optional<failure>> connect(origin to, std::string name_servers, deadline::time until);
    boost::asio::awaitable<std::optional<failure>> tunnel(proxy const& proxy);
    boost::asio::awaitable<std::optional<failure>> shake_hands();
    boost::asio::awaitable<exchanged>
    exchange_in_time(message const& request, std::function<body_filter()> const& shorten, http_options const& options);
    boost::asio::awaitable<void> read_answer(answer_parser& parser, boost::system::error_code& error);

    boost::asio::any_io_executor executor_;
    deadlines& deadlines_;
    boost::asio::ssl::context& tls_;
    origin peer_;
    /// Unset until it is opened.
    std::optional<channel> channel_;
    /// Read, but not yet used.
    boost::beast::flat_buffer buffer_;
};

} // namespace runwatch
