#include "net/origin.hpp"

#include "runwatch/http_client.hpp"
#include "runwatch/url.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cctype>
#include <optional>

namespace asio = boost::asio;
namespace urls = boost::urls;

namespace runwatch {
namespace {

std::string bracketed(std::string const& host) { return host.find(':') == std::string::npos ? host : '[' + host + ']'; }

/// Takes an absolute URL apart; nothing if the text is none.
std::optional<urls::url_view> parse_absolute(std::string_view url) {
    auto const parsed = urls::parse_uri(url);
    // Boost.URL 1.81 takes what cannot belong to a port, as in `host:80x`, for a path.
    if (!parsed || (!parsed->encoded_path().empty() && !parsed->encoded_path().starts_with('/')))
        return std::nullopt;
    return *parsed;
}

/// Takes a URL apart into a target. Returns why it cannot, or nothing.
std::string_view take_apart(std::string_view url, target& target) {
    auto const parsed = parse_absolute(url);
    if (!parsed)
        return "it is not an absolute URL";
    auto const scheme = parsed->scheme_id();
    if (scheme != urls::scheme::https && scheme != urls::scheme::http)
        return "it must begin with https:// (or http://)";
    if (parsed->has_userinfo())
        return "it holds a user name or a password";
    target.peer.tls = scheme == urls::scheme::https;
    target.peer.host = parsed->host_address();
    std::ranges::transform(target.peer.host, target.peer.host.begin(),
                           [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    if (target.peer.host.empty() ||
        target.peer.host.find_first_of(std::string_view{"\0\r\n \t/@", 7}) != std::string::npos)
        return "it names no host";
    if (parsed->has_port() && !parsed->port().empty() && parsed->port_number() == 0)
        return "its port is not a number from 1 to 65535";
    target.peer.port = parsed->port_number() != 0 ? parsed->port_number() : target.peer.tls ? 443 : 80;
    target.path = parsed->encoded_path().empty() ? "/" : std::string{parsed->encoded_path()};
    if (parsed->has_query())
        target.path.append("?").append(parsed->encoded_query());
    return {};
}

/// Tells whether a letter may stand anywhere in a path, and means itself there.
bool is_plain(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '/' || letter == '-' || letter == '.' || letter == '_' || letter == '~';
}

} // namespace

std::string origin::authority() const { return bracketed(host) + ':' + std::to_string(port); }

std::string origin::host_header() const { return port == (tls ? 443 : 80) ? bracketed(host) : authority(); }

result<target> parse_target(std::string_view url) {
    target target;
    auto const why = take_apart(url, target);
    if (!why.empty())
        return failure{failure_kind::permanent,
                       "the URL " + redacted_url(url) + " cannot be used: " + std::string{why}};
    return target;
}

result<target> target_reader::read(std::string_view url) {
    if (!front_.empty() && url.starts_with(front_) && std::all_of(url.begin() + front_.size(), url.end(), is_plain)) {
        target known;
        known.peer = peer_;
        known.path = url.substr(front_.size() - 1);
        return known;
    }
    auto parsed = parse_target(url);
    auto const authority = url.find("://");
    auto const slash = authority == std::string_view::npos ? authority : url.find_first_of("/?#", authority + 3);
    front_.clear();
    if (parsed && slash != std::string_view::npos && url[slash] == '/') {
        front_ = url.substr(0, slash + 1);
        peer_ = parsed->peer;
    }
    return parsed;
}

std::string url_problem(std::string_view url, bool allow_http) {
    target target;
    auto const why = take_apart(url, target);
    if (!why.empty())
        return std::string{why};
    if (!target.peer.tls && !allow_http && !is_loopback(target.peer.host))
        return "it has no TLS: use https://, or allow it with allow_http";
    return {};
}

std::string url_origin(std::string_view url) {
    target target;
    if (!take_apart(url, target).empty())
        return {};
    return (target.peer.tls ? "https://" : "http://") + target.peer.host_header();
}

bool is_loopback(std::string_view host) {
    if (host == "localhost" || host.ends_with(".localhost"))
        return true;
    boost::system::error_code error;
    auto const address = asio::ip::make_address(std::string{host}, error);
    return !error && address.is_loopback();
}

bool is_loopback_url(std::string_view url) {
    auto const parsed = parse_target(url);
    return parsed && is_loopback(parsed->peer.host);
}

std::string redacted_url(std::string_view url) {
    // A password with a `/`, `?` or `#` in it ends the URL's authority early: nothing tells where it ends itself.
    if (!parse_absolute(url) && url.find('@') != std::string_view::npos)
        return "[hidden]";
    url = url.substr(0, url.find_first_of("?#"));
    auto const scheme_end = url.find("://");
    auto const start = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
    auto const host_end = std::min(url.find('/', start), url.size());
    auto const at = url.substr(0, host_end).rfind('@');
    if (at == std::string_view::npos || at < start)
        return std::string{url};
    return std::string{url.substr(0, start)}.append(url.substr(at + 1));
}

} // namespace runwatch
