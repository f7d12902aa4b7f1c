#include "runwatch/listen_address.hpp"

#include "runwatch/http_client.hpp"
#include "runwatch/text.hpp"

#include <boost/asio/ip/address.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace runwatch {
namespace {

constexpr std::string_view unix_prefix = "unix:";

/// What fits into the kernel's structure, with the zero at its end.
constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

[[noreturn]] void refuse(std::string_view text, std::string const& why) {
    throw config_error{"cannot listen on \"" + to_printable(text) + "\": " + why};
}

bool is_ipv4(std::string const& host) {
    in_addr address{};
    return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(std::string const& host) {
    in6_addr address{};
    return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

std::optional<std::uint16_t> to_port(std::string_view text) {
    std::uint16_t port = 0;
    auto const* const end = text.data() + text.size();
    auto const [stopped, error] = std::from_chars(text.data(), end, port);
    if (text.empty() || error != std::errc{} || stopped != end)
        return std::nullopt;
    return port;
}

listen_address parse_unix(std::string_view text, std::string_view path) {
    if (!path.starts_with('/'))
        refuse(text, "the path of a unix socket must be absolute, as in unix:/run/runwatch/http.sock");
    if (path.size() > longest_path)
        refuse(text, "the path of a unix socket may have " + std::to_string(longest_path) + " bytes, this one has " +
                         std::to_string(path.size()) + ": choose a shorter one");
    if (path.ends_with('/'))
        refuse(text, "it names a folder: add the name of the socket");
    if (std::ranges::any_of(path, [](unsigned char letter) { return letter < ' ' || letter == 0x7f; }))
        refuse(text, "the path holds a control character");
    listen_address where;
    where.path = path;
    return where;
}

/// The addresses that who listens there has; an unspecified one stands for all of its family.
std::vector<boost::asio::ip::address> addresses_of(std::string const& host) {
    using boost::asio::ip::make_address;
    if (host == "localhost")
        return {make_address("127.0.0.1"), make_address("::1")};
    if (host == "::")
        return {make_address("::"), make_address("0.0.0.0")};
    return {make_address(host)};
}

} // namespace

bool listen_address::is_loopback() const {
    if (is_unix() || host == "localhost")
        return true;
    in6_addr address{};
    if (::inet_pton(AF_INET6, host.c_str(), &address) == 1)
        return IN6_IS_ADDR_LOOPBACK(&address) != 0;
    return is_ipv4(host) && host.starts_with("127.");
}

std::string listen_address::text() const {
    if (is_unix())
        return std::string{unix_prefix} + path;
    auto const shown = host.find(':') == std::string::npos ? host : '[' + host + ']';
    return shown + ':' + std::to_string(port);
}

bool overlap(listen_address const& one, listen_address const& other) {
    if (one.is_unix() || other.is_unix() || one.port != other.port || one.port == 0)
        return false;
    for (auto const& a : addresses_of(one.host))
        for (auto const& b : addresses_of(other.host))
            if (a == b || (a.is_v4() == b.is_v4() && (a.is_unspecified() || b.is_unspecified())))
                return true;
    return false;
}

listen_address parse_listen_address(std::string_view text) {
    if (text.starts_with(unix_prefix))
        return parse_unix(text, text.substr(unix_prefix.size()));
    if (text.find("://") != std::string_view::npos)
        refuse(text, "it is a URL: write the address and the port alone, as in 127.0.0.1:9464");
    if (text.starts_with('/'))
        refuse(text, "write a unix socket as unix:" + to_printable(text));
    auto const colon = text.rfind(':');
    auto const bracket = text.rfind(']');
    auto const has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    auto const name = has_port ? text.substr(0, colon) : text;
    auto const bracketed = name.size() > 2 && name.front() == '[' && name.back() == ']';
    listen_address where;
    where.host = bracketed ? name.substr(1, name.size() - 2) : name;
    if (!bracketed && where.host.find(':') != std::string::npos)
        refuse(text, "write an IPv6 address in brackets, as in [::1]:9464");
    if (!has_port)
        refuse(text, "it has no port: write it behind a colon, as in 127.0.0.1:9464");
    if (where.host.empty())
        refuse(text,
               "it names no address: write 127.0.0.1 for this machine alone, 0.0.0.0 or [::] for every interface");
    auto const port = to_port(text.substr(colon + 1));
    if (!port)
        refuse(text, "the port must be a number from 0 (any that is free) to 65535");
    where.port = *port;
    if (bracketed ? !is_ipv6(where.host) : !is_ipv4(where.host) && where.host != "localhost")
        refuse(text, "\"" + to_printable(where.host) + "\" is no IP address: write one, or localhost");
    return where;
}

} // namespace runwatch
