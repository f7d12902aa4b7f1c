#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace runwatch {

/// Where a server listens: a TCP port of one address of this machine, or a unix socket.
struct listen_address {
    /// An IP address without brackets, or `localhost`; empty for a unix socket.
    std::string host;
    /// 0 for one that the system picks.
    std::uint16_t port = 0;
    /// The path of a unix socket, absolute; empty for TCP.
    std::string path;

    bool is_unix() const { return !path.empty(); }

    /// Nobody beyond this machine can connect.
    bool is_loopback() const;

    /// As it is written in a config: `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464`, `unix:/run/runwatch/http.sock`.
    std::string text() const;

    bool operator==(listen_address const&) const = default;
};

/// Whether nobody can listen on the one of them as long as somebody listens on the other. Port 0 is none yet.
bool overlap(listen_address const& one, listen_address const& other);

/// Reads what text() writes. Throws config_error that says what is wrong with it: a name other than localhost, no port,
/// a path that is not absolute or longer than a socket's may be (107 bytes).
listen_address parse_listen_address(std::string_view text);

} // namespace runwatch
