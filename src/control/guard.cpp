#include "control/guard.hpp"

#include "control/answers.hpp"
#include "runwatch/text.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <string>

namespace asio = boost::asio;

namespace runwatch::control {
namespace {

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

bool same_word(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

bool is_port(std::string_view text) {
    return !text.empty() && text.size() <= 5 &&
           std::ranges::all_of(text, [](char letter) { return letter >= '0' && letter <= '9'; });
}

/// Without a port, a trailing colon included; empty if it is none with one.
std::string_view without_port(std::string_view host) {
    auto const bracket = host.rfind(']');
    auto const colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon == std::string_view::npos)
        return host;
    return is_port(host.substr(colon + 1)) ? host.substr(0, colon) : std::string_view{};
}

/// Whether a page of this origin came from where the request went to.
bool is_same_origin(std::string_view origin, std::string_view host) {
    for (std::string_view const scheme : {"http://", "https://"})
        if (origin.size() >= scheme.size() && same_word(origin.substr(0, scheme.size()), scheme))
            return !host.empty() && same_word(origin.substr(scheme.size()), host);
    return false;
}

void check_site(incoming_request const& request) {
    auto const site = request.header("Sec-Fetch-Site");
    auto const origin = request.header("Origin");
    auto const is_foreign_site = !site.empty() && !same_word(site, "none") && !same_word(site, "same-origin");
    if (is_foreign_site || (!origin.empty() && !is_same_origin(origin, request.header("Host"))))
        throw refusal{403, "a web page from elsewhere may not use this API; use it from a program"};
}

bool changes_something(incoming_request const& request) {
    return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

/// A form of a web page cannot send this type without asking first.
void check_type(incoming_request const& request) {
    if (!changes_something(request) || request.body.empty())
        return;
    auto const type = request.header("Content-Type");
    if (!same_word(trim(type.substr(0, type.find(';'))), "application/json"))
        throw refusal{415, "the body must be JSON, and say so: send the header Content-Type: application/json"};
}

} // namespace

std::string_view bearer_token(incoming_request const& request) {
    constexpr std::string_view scheme = "Bearer ";
    auto const given = request.header("Authorization");
    if (given.size() < scheme.size() || !same_word(given.substr(0, scheme.size()), scheme))
        return {};
    return trim(given.substr(scheme.size()));
}

bool is_plain_host(std::string_view host) {
    auto const name = without_port(host);
    if (same_word(name, "localhost"))
        return true;
    boost::system::error_code wrong;
    if (name.starts_with('[')) {
        if (!name.ends_with(']'))
            return false;
        asio::ip::make_address_v6(std::string{name.substr(1, name.size() - 2)}, wrong);
    } else {
        asio::ip::make_address_v4(std::string{name}, wrong);
    }
    return !wrong;
}

void check_access(incoming_request const& request, token_shown token) {
    if (token != token_shown::right && !request.is_unix && !is_plain_host(request.header("Host")))
        throw refusal{403,
                      "the Host \"" + to_printable(request.header("Host")) +
                          "\" is neither an IP address nor localhost: address the request to one of these, or send "
                          "the token"};
    check_site(request);
    if (token == token_shown::missing || token == token_shown::wrong)
        throw refusal{401,
                      token == token_shown::missing
                          ? "a token is needed: send the header Authorization: Bearer TOKEN, the text of http.token"
                          : "the token is wrong: send the text of http.token in the daemon's config",
                      {http_header{"WWW-Authenticate", "Bearer realm=\"runwatch\""}}};
    check_type(request);
}

} // namespace runwatch::control
