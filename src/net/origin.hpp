#pragma once

#include "runwatch/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace runwatch {

/// The peer a connection is made to.
struct origin {
    bool tls = true;
    /// A name or an address, in lower case; an IPv6 address without brackets.
    std::string host;
    std::uint16_t port = 0;

    /// `host:port`, with brackets around an IPv6 address.
    std::string authority() const;

    /// The authority as a Host header has it: the port only where it is not the scheme's own.
    std::string host_header() const;

    bool operator==(origin const&) const = default;
};

/// A URL taken apart for a request.
struct target {
    origin peer;
    /// Path and query, at least `/`.
    std::string path;
};

/// Takes an http:// or https:// URL apart. Fails as permanent for anything else, an empty host, or userinfo.
result<target> parse_target(std::string_view url);

/// Takes URLs apart as parse_target() does, at a fraction of the cost where one after the other is of the same origin.
class target_reader {
public:
    result<target> read(std::string_view url);

private:
    /// Of the last URL, up to the slash behind its authority; empty if it was of no use.
    std::string front_;
    origin peer_;
};

/// Tells whether a host is this machine: localhost, *.localhost, 127.0.0.0/8 or ::1.
bool is_loopback(std::string_view host);

} // namespace runwatch
