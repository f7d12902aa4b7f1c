#pragma once

#include "sim/simulation.hpp"
#include "support/certificates.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace runwatch::sim {

/// The newest TLS version that the server speaks. Below 1.2 OpenSSL's security level is lowered to 0.
enum class tls_version { tls_1_1, tls_1_2, tls_1_3 };

struct tls_settings {
    support::identity identity;
    tls_version newest = tls_version::tls_1_3;
};

struct server_settings {
    /// An IPv4 or IPv6 address, without brackets.
    std::string address = "127.0.0.1";
    /// 0 lets the system choose.
    std::uint16_t port = 0;
    /// Nothing means HTTP without TLS.
    std::optional<tls_settings> tls;
};

/// Serves the simulation until SIGTERM or SIGINT arrives; then every connection is dropped.
///
/// Calls `listening` with the base URL, such as `https://127.0.0.1:43211/v2`, once clients can connect. Logs every
/// request through spdlog. Throws runtime_error when it can't listen.
void serve(server_settings const& settings, simulation& play,
           std::function<void(std::string const& base_url)> const& listening);

} // namespace runwatch::sim
