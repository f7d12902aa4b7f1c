#pragma once

#include "runwatch/result.hpp"
#include "runwatch/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// Options name something on our own ground that cannot be used: a file, a URL, a variable.
class config_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct http_header {
    std::string name;
    std::string value;

    http_header() = default;

    http_header(std::string name_, std::string value_) : name(std::move(name_)), value(std::move(value_)) {}
};

/// Makes a body shorter while it comes: takes the next piece of it, and returns what is left of all pieces so far and
/// was not returned before. Nothing tells it where the body ends: with the last piece it has returned all that it will.
using body_filter = std::function<std::string(std::string_view piece)>;

struct http_request {
    std::string method = "GET";
    /// Absolute, with `https://` or `http://`; its query may hold anything, its userinfo nothing.
    std::string url;
    std::vector<http_header> headers;
    std::string body;
    /// Sending it twice does no more than sending it once.
    bool idempotent = true;
    /// Makes the filter for an answer whose body exceeds http_options::max_body_bytes: all of it, from its first byte,
    /// then goes through the filter, and what is left must be within the limit. Without one no such body is taken.
    std::function<body_filter()> shorten_body;
};

struct http_response {
    unsigned status = 0;
    std::vector<http_header> headers;
    std::string body;

    /// The value of the first header of that name, in any case; empty if there is none.
    std::string_view header(std::string_view name) const;
};

/// Where requests go through a proxy, and where not.
struct proxy_settings {
    /// `http://[user:password@]host[:port]`; empty for none. Reached by CONNECT, for https:// addresses alone.
    std::string url;
    /// Hosts to reach without it, as in `NO_PROXY`: `*`, names (with their subdomains), addresses and networks
    /// (`10.0.0.0/8`), each with `:port` if wanted, separated by commas or spaces.
    std::string bypass;

    /// Reads `https_proxy`, `HTTPS_PROXY`, `no_proxy` and `NO_PROXY`; the lower-case name wins, as in curl.
    static proxy_settings from_environment();
};

struct http_options {
    /// One exchange, from name look-up to the last byte of the answer.
    duration timeout{30'000};
    /// Connections open at once, used and idle.
    std::size_t connections = 8;
    std::size_t max_body_bytes = std::size_t{16} * 1024 * 1024;
    /// Takes an answer whose body exceeds the limit with what was read of it until then, perhaps nothing, instead of
    /// failing: for who judges by the status alone.
    bool cut_long_bodies = false;
    std::uint32_t max_header_bytes = 64 * 1024;
    /// PEM file of the authorities to trust instead of the system's; empty for the system's.
    std::string ca_file;
    proxy_settings proxy;
    /// Allows http:// beyond loopback.
    bool allow_http = false;
    std::string user_agent = "runwatch";
    /// Name servers to ask instead of those of /etc/resolv.conf, as `address:port,…`.
    std::string name_servers;
    /// Path of a unix socket that requests to `http://localhost` go through, whatever their port; empty for none.
    std::string unix_socket;
};

/// Sends HTTP requests over kept-alive connections. Must outlive its requests. Loop thread only.
class http_client {
public:
    /// Throws config_error when the CA file, the proxy, a name server or the path of the unix socket cannot be used.
    http_client(boost::asio::any_io_executor executor, http_options options);
    ~http_client();

    http_client(http_client const&) = delete;
    http_client& operator=(http_client const&) = delete;

    /// Sends one request over a pooled connection and returns the whole response, whatever its status.
    ///
    /// One deadline, http_options::timeout, covers the wait for a free connection, name resolution, connect, TLS, write
    /// and read. An idempotent request on a kept connection that the peer had closed meanwhile is sent again, once, on
    /// a fresh one. Redirects are responses like any other.
    ///
    /// Fails as transient when the peer cannot be reached, times out, cuts the response short or exceeds a size limit
    /// (but see http_request::shorten_body and http_options::cut_long_bodies);
    /// as refused when its certificate, its TLS version or the proxy's credentials are not accepted; as permanent when
    /// the URL or a header cannot be used. A status of 4xx or 5xx is a response, not a failure.
    /// Throws system_error(operation_aborted) when cancelled; nothing else.
    boost::asio::awaitable<result<http_response>> send(http_request request);

    /// Connects to the host of a URL, through the proxy if there is one for it, shakes hands, and closes the connection
    /// without a request. Fails and throws like send(), within the same deadline.
    boost::asio::awaitable<result<void>> reach(std::string url);

private:
    class pool;
    std::unique_ptr<pool> pool_;
};

/// Tells whether a URL's host is this machine: localhost, *.localhost, 127.0.0.0/8 or ::1.
bool is_loopback_url(std::string_view url);

/// A URL as it may be shown: without userinfo, query and fragment; `[hidden]` if it is none but may hold a password.
std::string redacted_url(std::string_view url);

} // namespace runwatch
