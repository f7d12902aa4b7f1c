#pragma once

#include "runwatch/http_client.hpp"
#include "support/certificates.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_file.hpp"

#include <boost/asio/io_context.hpp>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace runwatch::support {

/// A loop with an HTTP client and scripted servers on it, and an authority that the client trusts.
///
/// When it goes it cancels what a failed test has left, and proves that the loop runs empty once the client is gone,
/// and that every server saw what its scripts expect.
class loopback {
public:
    loopback();
    ~loopback();

    loopback(loopback const&) = delete;
    loopback& operator=(loopback const&) = delete;

    /// Adds a server.
    scripted_server& serve(std::string const& address = "127.0.0.1");

    /// Issues a certificate that the client trusts.
    identity identify(certificate_request const& request) const;
    identity identify(std::vector<std::string> names) const;

    /// The client, made from `options` at the first call.
    http_client& client();

    /// Starts a request; the loop runs while its outcome is awaited.
    task<result<http_response>> start(http_request request);

    /// Sends a request and waits for its outcome.
    result<http_response> send(http_request request);

    /// Sends a GET and waits for its outcome.
    result<http_response> get(std::string const& url);

    boost::asio::io_context io;
    http_options options;

private:
    authority authority_;
    temporary_file trusted_;
    std::list<scripted_server> servers_;
    std::optional<http_client> client_;
    std::vector<task<result<http_response>>> started_;
};

/// Tells whether this machine has the address ::1; some containers do not.
bool has_ipv6();

/// A GET of this URL.
http_request get_request(std::string const& url);

/// A POST to this URL that must not be sent twice.
http_request post_request(std::string const& url, std::string const& body);

/// What came of a request, on one line to compare with: `200 body`, or `transient: why`.
std::string text_of(result<http_response> const& answer);

/// The same with `SERVER` in place of the server's host and port.
std::string text_of(result<http_response> const& answer, scripted_server const& server,
                    std::string const& host = "localhost");

} // namespace runwatch::support
