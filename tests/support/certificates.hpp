#pragma once

#include "runwatch/time.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace runwatch::support {

/// A certificate and the private key that belongs to it, both in PEM.
struct identity {
    std::string certificate_pem;
    std::string key_pem;
};

/// A certificate authority that exists for one test: trust `own.certificate_pem` to trust what it issues.
struct authority {
    identity own;
};

/// What a certificate is to say. By default it is valid from yesterday, for 30 days.
struct certificate_request {
    certificate_request();
    explicit certificate_request(std::vector<std::string> for_names);

    /// Host names, wildcards such as `*.sim.test`, and IP addresses. The first one is also the common name.
    std::vector<std::string> names;
    timestamp not_before;
    timestamp not_after;
};

/// Makes an authority with a new EC P-256 key. Throws runtime_error with OpenSSL's reason when that fails.
authority make_authority(std::string_view name);

/// Issues a certificate for TLS servers and clients, with a new EC P-256 key. Throws as make_authority() does.
identity issue(authority const& issuer, certificate_request const& request);

/// Makes a certificate that nobody but itself vouches for. Throws as make_authority() does.
identity self_signed(certificate_request const& request);

} // namespace runwatch::support
