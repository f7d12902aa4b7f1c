#pragma once

#include "net/origin.hpp"
#include "runwatch/result.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <string>

namespace runwatch {

/// Makes the context of a TLS 1.2+ client that verifies chains against a PEM file, or against the system's authorities
/// if the name is empty. Throws config_error when the file cannot be read or holds no certificate.
boost::asio::ssl::context make_tls_context(std::string const& ca_file);

/// Prepares a handshake: server name indication, and the name or address that the certificate must be for. False if
/// OpenSSL cannot check for that name; without it any trusted certificate would do.
bool expect_peer(SSL* ssl, origin const& peer);

/// Says why a handshake failed, and what to do: refused if the peer's certificate or TLS version is not accepted,
/// transient otherwise.
failure explain_handshake(SSL* ssl, origin const& peer, boost::system::error_code error);

} // namespace runwatch
