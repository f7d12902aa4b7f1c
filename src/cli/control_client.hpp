#pragma once

#include "runwatch/http_client.hpp"
#include "runwatch/listen_address.hpp"
#include "runwatch/secret.hpp"
#include "runwatch/time.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace runwatch::cli {

/// A running daemon cannot be asked, or does not do what it is asked; the message says why and what to do.
class daemon_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Nobody answers where a daemon should be.
class no_daemon_error : public daemon_error {
public:
    using daemon_error::daemon_error;
};

/// Where a daemon's control API is reached.
struct control_address {
    /// `http://HOST:PORT`.
    std::string url;
    /// The path of a unix socket; empty for TCP.
    std::string unix_socket;

    /// As people write it: `HOST:PORT` or `unix:/PATH`.
    std::string text() const;
};

/// Reads `HOST:PORT`, the host by address or name, with `http://` before it or without, or `unix:/PATH`. Throws
/// usage_error that says what is wrong with it.
control_address parse_control_address(std::string_view text);

/// Where a daemon is reached that listens there: every interface is reached over loopback. Throws config_error for a
/// port that only its log tells.
control_address control_address_of(listen_address const& where);

/// What a request brings to be let in.
struct control_token {
    /// Empty for none.
    secret text;
    /// In the user's words: `the variable RUNWATCH_TOKEN`.
    std::string where;
};

/// Asks a running daemon, one request after the other, and waits for each answer.
class control_client {
public:
    /// `patience` is for each request. Throws config_error for a path that is too long for a unix socket.
    control_client(control_address address, control_token token, duration patience);
    ~control_client();

    control_client(control_client&&) noexcept;
    control_client& operator=(control_client&&) = delete;

    control_address const& address() const { return address_; }

    /// Sends a request and returns whatever is answered. Throws no_daemon_error if nothing is.
    http_response send(std::string method, std::string path, std::string body = {}) const;

    /// Sends a request and returns the body of its answer, a JSON object. Throws usage_error for what the daemon says
    /// that makes no sense (400, 404, 409), config_error for a config that it refuses (422), daemon_error otherwise.
    std::string ask(std::string method, std::string path, std::string body = {}) const;

    /// What to throw where something else than a daemon has answered, and how that shows.
    daemon_error stranger(std::string const& sign = {}) const;

    /// Throws what ask() throws for an answer that is no success.
    [[noreturn]] void explain(http_response const& answer) const;

private:
    struct line;

    control_address address_;
    control_token token_;
    /// Its connection is kept from one request to the next.
    std::unique_ptr<line> line_;
};

/// What a daemon says is wrong, as it came; empty if the answer does not come from one.
std::string error_said(http_response const& answer);

} // namespace runwatch::cli
