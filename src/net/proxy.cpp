#include "net/proxy.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <boost/url/parse.hpp>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace asio = boost::asio;
namespace urls = boost::urls;

namespace runwatch {
namespace {

constexpr std::string_view separators = ", \t";

std::string lower(std::string_view text) {
    std::string lowered{text};
    std::ranges::transform(lowered, lowered.begin(),
                           [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return lowered;
}

std::string base64(std::string_view text) {
    namespace codec = boost::beast::detail::base64;
    std::string encoded(codec::encoded_size(text.size()), '\0');
    encoded.resize(codec::encode(encoded.data(), text.data(), text.size()));
    return encoded;
}

/// Tells whether an address lies in a network written as `10.0.0.0/8`; false for any other text.
bool in_network(asio::ip::address const& address, std::string const& network) {
    boost::system::error_code error;
    if (address.is_v4()) {
        auto const net = asio::ip::make_network_v4(network, error);
        return !error && asio::ip::network_v4{address.to_v4(), net.prefix_length()}.canonical() == net.canonical();
    }
    auto const net = asio::ip::make_network_v6(network, error);
    return !error && asio::ip::network_v6{address.to_v6(), net.prefix_length()}.canonical() == net.canonical();
}

bool entry_matches(std::string entry, origin const& peer) {
    if (entry == "*")
        return true;
    boost::system::error_code not_an_address;
    auto const address = asio::ip::make_address(peer.host, not_an_address);
    if (!not_an_address && entry.find('/') != std::string::npos)
        return in_network(address, entry);

    // A port behind a name, an IPv4 address or a bracketed IPv6 address limits the entry to that port.
    auto const colon = entry.rfind(':');
    if (entry.starts_with('[') || (colon != std::string::npos && entry.find(':') == colon)) {
        auto const name_end = entry.starts_with('[') ? entry.find(']') + 1 : colon;
        auto const port = entry.substr(std::min(name_end, entry.size()));
        if (!port.empty() && port != ':' + std::to_string(peer.port))
            return false;
        entry.resize(entry.size() - port.size());
        if (entry.starts_with('['))
            entry = entry.substr(1, entry.size() - 2);
    }
    if (!not_an_address) {
        boost::system::error_code error;
        auto const named = asio::ip::make_address(entry, error);
        return !error && named == address;
    }
    if (entry.starts_with("*."))
        entry.erase(0, 1);
    auto const suffix = entry.starts_with('.') ? entry : '.' + entry;
    return !entry.empty() && (peer.host == entry || peer.host.ends_with(suffix) || '.' + peer.host == suffix);
}

} // namespace

proxy parse_proxy(std::string_view url) {
    auto const text = url.find("://") == std::string_view::npos ? "http://" + std::string{url} : std::string{url};
    auto const refuse = [&text](std::string const& why) {
        return config_error{"the proxy " + redacted_url(text) + " cannot be used: " + why};
    };
    auto const parsed = urls::parse_uri(text);
    // Boost.URL 1.81 takes what cannot belong to a port, as in `host:80x`, for a path.
    if (!parsed || (!parsed->encoded_path().empty() && !parsed->encoded_path().starts_with('/')))
        throw refuse("write it as http://host:port or http://user:password@host:port");
    if (parsed->scheme_id() != urls::scheme::http)
        throw refuse("only http:// proxies are supported");
    if (parsed->encoded_path().size() > 1 || parsed->has_query() || parsed->has_fragment())
        throw refuse("its URL must end behind the port");
    proxy proxy;
    proxy.peer.tls = false;
    proxy.peer.host = lower(parsed->host_address());
    proxy.peer.port = parsed->port_number() != 0 ? parsed->port_number() : 3128;
    if (proxy.peer.host.empty() || (parsed->has_port() && !parsed->port().empty() && parsed->port_number() == 0))
        throw refuse("its URL names no host, or its port is not a number from 1 to 65535");
    if (parsed->has_userinfo())
        proxy.authorization = "Basic " + base64(parsed->user() + ':' + parsed->password());
    return proxy;
}

bool bypasses_proxy(std::string_view list, origin const& peer) {
    while (!list.empty()) {
        auto const entry = list.substr(0, list.find_first_of(separators));
        if (!entry.empty() && entry_matches(lower(entry), peer))
            return true;
        list.remove_prefix(std::min(entry.size() + 1, list.size()));
    }
    return false;
}

proxy_settings proxy_settings_from(std::function<char const*(char const*)> const& get) {
    auto const first_set = [&get](char const* lower_case, char const* upper_case) -> std::string {
        for (auto const* name : {lower_case, upper_case})
            if (auto const* value = get(name); value != nullptr && *value != '\0')
                return value;
        return {};
    };
    return {first_set("https_proxy", "HTTPS_PROXY"), first_set("no_proxy", "NO_PROXY")};
}

proxy_settings proxy_settings::from_environment() {
    return proxy_settings_from([](char const* name) { return std::getenv(name); });
}

} // namespace runwatch
