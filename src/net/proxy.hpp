#pragma once

#include "net/origin.hpp"
#include "runwatch/http_client.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace runwatch {

/// A proxy that connections are tunnelled through by CONNECT.
struct proxy {
    /// Where it listens; reached without TLS.
    origin peer;
    /// The value of the Proxy-Authorization header; empty for none. A secret.
    std::string authorization;
};

/// Reads a proxy's URL, `http://[user:password@]host[:port]`; `http://` may be left out, the port is 3128 unless given.
/// Throws config_error, without the credentials in its text, for anything else.
proxy parse_proxy(std::string_view url);

/// Tells whether a bypass list (see proxy_settings::bypass) names this peer.
bool bypasses_proxy(std::string_view list, origin const& peer);

/// Reads the proxy variables with `get`, which returns null for a variable that is not set.
proxy_settings proxy_settings_from(std::function<char const*(char const*)> const& get);

} // namespace runwatch
