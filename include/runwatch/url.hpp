#pragma once

#include <string>
#include <string_view>

namespace runwatch {

/// Why no request can be sent to a URL, for a message (`it is not an absolute URL`); empty if one can. Plain http://
/// beyond loopback has to be allowed.
std::string url_problem(std::string_view url, bool allow_http);

/// `scheme://host:port` of a URL, the port only where it is not the scheme's own; empty if no request can be sent to
/// it.
std::string url_origin(std::string_view url);

/// Appends a text so that it is one part of a path, or one value of a query: all but what RFC 3986 calls unreserved
/// becomes `%XX`.
void append_percent_encoded(std::string& url, std::string_view text);

/// The text alone, encoded like that.
std::string percent_encoded(std::string_view text);

} // namespace runwatch
