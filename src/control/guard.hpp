#pragma once

#include "runwatch/http_server.hpp"

#include <string_view>

namespace runwatch::control {

/// What a request has shown of the token.
enum class token_shown {
    /// None is needed.
    not_needed,
    right,
    missing,
    wrong,
};

/// The token that a request brings, `Authorization: Bearer TOKEN`; empty if it brings none.
std::string_view bearer_token(incoming_request const& request);

/// Lets a request pass, or throws a refusal: 401 without the token that is needed, 403 for what a web page of somebody
/// else may have made a browser send, 415 for a body that is not said to be JSON.
///
/// A page from elsewhere can have a browser send requests here, but not with a token, and not without an `Origin` or a
/// `Sec-Fetch-Site` that tells. If the name of its own host is made to lead here (DNS rebinding), the browser takes us
/// for that host: then `Host` tells, as it is that name, and no address. Who brings the right token may use any name.
void check_access(incoming_request const& request, token_shown token);

/// Tells whether a `Host` names this machine by what no name server has a say in: an IP address or localhost, with a
/// port or without.
bool is_plain_host(std::string_view host);

} // namespace runwatch::control
