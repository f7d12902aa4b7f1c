#pragma once

#include "runwatch/http_client.hpp"
#include "runwatch/listen_address.hpp"
#include "runwatch/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// A request that a server was sent, whole.
struct incoming_request {
    std::string method;
    /// Path and query as they came, not decoded. Always begins with `/`.
    std::string target;
    std::vector<http_header> headers;
    std::string body;
    /// It came through a unix socket: whoever may open that file may ask.
    bool is_unix = false;

    /// The value of the first header of that name, in any case; empty if there is none.
    std::string_view header(std::string_view name) const;

    /// The target up to its query.
    std::string_view path() const;

    /// What stands behind the `?`; empty if there is none.
    std::string_view query() const;
};

/// Sends one piece of a body that has no end of its own. Returns false once the client is gone, or has taken nothing
/// for http_server::limits::write_timeout: then nothing more need be written.
using body_writer = std::function<boost::asio::awaitable<bool>(std::string piece)>;

/// Writes a body piece by piece for as long as it likes. Is cancelled when the client goes away and when the server is
/// closed.
using body_stream = std::function<boost::asio::awaitable<void>(body_writer write)>;

/// What a server answers.
struct server_answer {
    http_response response;
    /// Writes the body behind what `response` has of it; empty if that is all.
    body_stream stream;

    server_answer() = default;

    explicit server_answer(http_response whole) : response(std::move(whole)) {}

    server_answer(http_response head, body_stream rest) : response(std::move(head)), stream(std::move(rest)) {}
};

/// A socket that is bound and listens. What connects waits until a server takes the listener.
class http_listener {
public:
    /// Binds and listens. A socket file that a dead process left is replaced; a new one has the mode 0660 and is
    /// removed by the destructor. `localhost` stands for both of its addresses where the machine has IPv6; `[::]` takes
    /// IPv4, too. Throws config_error that names the address and says what to do.
    /// Of inherited descriptors, which stay open, those that already listen there are used instead; their file is whose
    /// they are.
    http_listener(boost::asio::any_io_executor executor, listen_address where, std::vector<int> const& inherited = {});
    ~http_listener();

    http_listener(http_listener const&) = delete;
    http_listener& operator=(http_listener const&) = delete;

    /// Where it listens, with the port that the system picked.
    listen_address const& address() const;

    /// It listens by what was inherited.
    bool is_inherited() const;

private:
    friend class http_server;
    struct socket;
    std::unique_ptr<socket> socket_;
};

/// Answers HTTP/1.1 requests. Loop thread only.
class http_server {
public:
    /// Nobody can have more of this machine than that.
    struct limits {
        /// Connections at once; one more is answered 503 and closed. At most three quarters of the files that the
        /// process may open.
        std::size_t connections = 1'000;
        /// Streams at once; one more is answered 503.
        std::size_t streams = 100;
        std::uint32_t max_header_bytes = 16 * 1024;
        std::size_t max_body_bytes = std::size_t{1024} * 1024;
        /// What all requests under way may hold of their bodies, the first 16 KiB of each left out; a request that
        /// would hold more is answered 503.
        std::size_t held_body_bytes = std::size_t{32} * 1024 * 1024;
        /// From the first byte of a request to its last.
        duration read_timeout{10'000};
        /// Between two requests of a connection, and before the first.
        duration idle_timeout{60'000};
        /// For a client to take what it is sent.
        duration write_timeout{10'000};
    };

    /// Answers one request. What it throws, other than a cancellation, becomes a 500 that tells nothing.
    using responder = std::function<boost::asio::awaitable<server_answer>(incoming_request request)>;

    http_server(boost::asio::any_io_executor executor, limits most, responder answer);
    ~http_server();

    http_server(http_server const&) = delete;
    http_server& operator=(http_server const&) = delete;

    /// Who learns, in a line without its end, that connections cannot be accepted for a while, and why.
    void report_to(std::function<void(std::string const& trouble)> report);

    /// Accepts on this listener from now on, in place of the one before; null for none. Connections that are open stay.
    void listen(std::unique_ptr<http_listener> next);

    /// Serves until closed, and until every connection has ended then. Throws system_error(operation_aborted) when
    /// cancelled.
    boost::asio::awaitable<void> run();

    /// Accepts nothing more, ends idle connections and streams; requests under way get their answer.
    void close();

    /// Connections that are open.
    std::size_t connections() const;

private:
    class sessions;
    std::unique_ptr<sessions> sessions_;
};

} // namespace runwatch
