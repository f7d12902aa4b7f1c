#pragma once

#include "runwatch/http_client.hpp"
#include "runwatch/time.hpp"
#include "support/certificates.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch::support {

/// A request as it came over the wire.
struct received_request {
    std::string method;
    std::string target;
    std::vector<http_header> headers;
    std::string body;
    /// The host name that the client asked for when it started TLS; empty if it named none.
    std::string server_name;
    /// Which of the server's connections it came over, counted from 0.
    std::size_t connection = 0;

    /// The value of the first header of that name, in any case; empty if there is none.
    std::string_view header(std::string_view name) const;
};

/// What scripts wait at until the test opens it.
class gate {
public:
    explicit gate(boost::asio::io_context& io);
    ~gate();

    void open();

    /// Returns once the gate is open.
    boost::asio::awaitable<void> pass();

private:
    struct lock;
    std::unique_ptr<lock> lock_;
    bool open_ = false;
};

/// The newest TLS version that a server speaks.
enum class tls_version { newest, tls_1_2, tls_1_1 };

/// What a server does with one connection, step by step. At the end of the script it closes the connection.
class script {
public:
    class session;
    using step = std::function<boost::asio::awaitable<void>(session&)>;

    /// Shakes hands as this identity. The script ends here when the client breaks off.
    script& start_tls(identity own, tls_version at_most = tls_version::newest);
    /// Reads one request and records it. A client that leaves instead is reported by scripted_server::complaints().
    script& receive();
    /// Sends these bytes as they are.
    script& send(std::string bytes);
    /// Sends these bytes one at a time, for as long as the client stays: from the start again after the last one.
    script& trickle(std::string bytes, duration gap);
    /// Reads and drops whatever comes until the client closes the connection.
    script& hang();
    /// Waits at a gate, which must outlive the loop's work.
    script& wait_at(gate& gate);
    /// Calls back.
    script& then(std::function<void()> action);
    /// Ends TLS, if there is any, and closes the connection.
    script& close();
    /// Closes the connection in the middle of TLS.
    script& cut();
    /// Ends the connection with a reset.
    script& reset();
    /// Passes bytes to and fro between the client and a port of 127.0.0.1 until one of the two closes.
    script& tunnel_to(std::uint16_t port);

private:
    friend class scripted_server;
    std::vector<step> steps_;
};

/// A server on this machine, for TLS or not, that follows a script with each connection. It runs on the test's loop.
class scripted_server {
public:
    explicit scripted_server(boost::asio::io_context& io, std::string const& address = "127.0.0.1");
    ~scripted_server();

    scripted_server(scripted_server const&) = delete;
    scripted_server& operator=(scripted_server const&) = delete;

    /// Adds the script for one more connection, in the order in which they come.
    script& on_connection();

    std::uint16_t port() const;

    /// `scheme://host:port` of this server, by the name that the client is to use for it.
    std::string url(std::string const& scheme, std::string const& host = "localhost") const;

    /// The requests so far, in the order in which they came.
    std::vector<received_request> const& requests() const;

    /// Connections accepted so far.
    std::size_t connections() const;

    /// Stops listening, so that the loop can run empty once every script has ended.
    void stop();

    /// What went otherwise than scripted, a line each: connections that nobody expected or that never came, requests
    /// that a client left out.
    std::string complaints() const;

private:
    friend class script::session;
    struct state;
    std::unique_ptr<state> state_;
};

/// An answer of status 200 with this body and its length.
std::string ok(std::string_view body);

} // namespace runwatch::support
