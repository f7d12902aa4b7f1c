#include "cli/control_client.hpp"

#include "cli/run_to_end.hpp"
#include "cli/usage_error.hpp"
#include "cli/version.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/text.hpp"
#include "runwatch/url.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace runwatch::cli {
namespace {

/// A page of a thousand deliveries, or of results.
constexpr std::size_t most_body_bytes = std::size_t{64} * 1024 * 1024;

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view http_prefix = "http://";

std::string quoted(std::string_view text) { return '"' + to_printable(text) + '"'; }

std::string as_url(std::string const& host, std::uint16_t port) {
    auto const shown = host.find(':') == std::string::npos ? host : '[' + host + ']';
    return std::string{http_prefix} + shown + ':' + std::to_string(port);
}

/// What to do where nobody can be reached.
std::string mend_of(std::string const& why) {
    if (why.ends_with("Permission denied"))
        return ": run this as the daemon's user or in its group";
    return ": is the daemon running, and is this its http.listen?";
}

asio::awaitable<void> send_into(http_client& client, http_request request,
                                std::optional<result<http_response>>& answer) {
    answer = co_await client.send(std::move(request));
}

bool is_json_object(std::string_view body) { return trim(body).starts_with('{') && is_json(body); }

} // namespace

std::string error_said(http_response const& answer) {
    return is_json_object(answer.body) ? json_string(json_member(answer.body, "error")) : std::string{};
}

std::string control_address::text() const {
    return unix_socket.empty() ? url.substr(http_prefix.size()) : std::string{unix_prefix} + unix_socket;
}

control_address parse_control_address(std::string_view text) {
    control_address address;
    if (text.starts_with("https://"))
        throw usage_error{"the address " + quoted(text) +
                          " cannot be used: a daemon's API has no TLS; write HOST:PORT, "
                          "and cross networks that others can read through a tunnel"};
    if (text.starts_with(unix_prefix)) {
        try {
            return control_address_of(parse_listen_address(text));
        } catch (config_error const& wrong) {
            throw usage_error{wrong.what()};
        }
    }
    if (text.starts_with(http_prefix))
        text.remove_prefix(http_prefix.size());
    if (text.ends_with('/'))
        text.remove_suffix(1);
    auto const colon = text.rfind(':');
    auto const has_port = colon != std::string_view::npos && colon + 1 != text.size() &&
                          text.substr(colon).find(']') == std::string_view::npos;
    address.url = std::string{http_prefix}.append(text);
    auto const problem = text.find_first_of("/?#@") != std::string_view::npos ? std::string{"it is more than that"}
                         : !has_port                                          ? std::string{"it has no port"}
                                                                              : url_problem(address.url, true);
    if (!problem.empty())
        throw usage_error{"the address " + quoted(text) + " cannot be used: " + problem +
                          "; write HOST:PORT or unix:/PATH, as in 127.0.0.1:9464"};
    return address;
}

control_address control_address_of(listen_address const& where) {
    control_address address;
    if (where.is_unix()) {
        address.url = "http://localhost";
        address.unix_socket = where.path;
        return address;
    }
    if (where.port == 0)
        throw config_error{"http.listen leaves the port to the system, and the daemon's log tells which it is: name it "
                           "with --address"};
    auto const host = where.host == "0.0.0.0" ? "127.0.0.1" : where.host == "::" ? "::1" : where.host;
    address.url = as_url(host, where.port);
    return address;
}

struct control_client::line {
    explicit line(http_options options) : client(loop.get_executor(), std::move(options)) {}

    asio::io_context loop{1};
    http_client client;
};

control_client::control_client(control_address address, control_token token, duration patience)
    : address_(std::move(address)), token_(std::move(token)) {
    http_options options;
    options.timeout = patience;
    options.max_body_bytes = most_body_bytes;
    // Who names an address beyond this machine has chosen to.
    options.allow_http = true;
    options.user_agent = user_agent();
    options.unix_socket = address_.unix_socket;
    line_ = std::make_unique<line>(std::move(options));
}

control_client::~control_client() = default;

control_client::control_client(control_client&&) noexcept = default;

http_response control_client::send(std::string method, std::string path, std::string body) const {
    http_request request;
    request.method = std::move(method);
    request.url = address_.url + path;
    if (!token_.text.empty())
        request.headers.emplace_back("Authorization", "Bearer " + token_.text.reveal());
    if (!body.empty())
        request.headers.emplace_back("Content-Type", "application/json");
    request.body = std::move(body);
    // All that a daemon can be asked for does no more when it is asked for twice.
    request.idempotent = true;
    std::optional<result<http_response>> answer;
    line_->loop.restart();
    run_to_end(line_->loop, send_into(line_->client, std::move(request), answer));
    if (!*answer) {
        auto const& why = answer->error().message;
        throw no_daemon_error{"no daemon can be asked at " + address_.text() + ": " + why + mend_of(why)};
    }
    return std::move(**answer);
}

std::string control_client::ask(std::string method, std::string path, std::string body) const {
    auto answer = send(std::move(method), std::move(path), std::move(body));
    if (answer.status / 100 != 2)
        explain(answer);
    if (!is_json_object(answer.body))
        throw stranger("it says what is no JSON object");
    return std::move(answer.body);
}

daemon_error control_client::stranger(std::string const& sign) const {
    return daemon_error{"what answers at " + address_.text() + " is no runwatch daemon" +
                        (sign.empty() ? "" : ": " + sign)};
}

void control_client::explain(http_response const& answer) const {
    auto const said = error_said(answer);
    auto const who = "the daemon at " + address_.text();
    if (said.empty())
        throw stranger("it says " + std::to_string(answer.status));
    if (answer.status == 401 && token_.text.empty())
        throw daemon_error{who + " wants a token, the one that http.token names in its config: give it by --token-file "
                                 "FILE or the variable RUNWATCH_TOKEN"};
    if (answer.status == 401)
        throw daemon_error{who + " refuses the token from " + token_.where +
                           ": give the one that http.token names in the daemon's config, by --token-file FILE or the "
                           "variable RUNWATCH_TOKEN"};
    auto const shown = to_printable(token_.text.redact(said), 1'000);
    switch (answer.status) {
    case 400:
    case 404:
    case 409:
        throw usage_error{shown};
    case 422:
        throw config_error{shown};
    default:
        throw daemon_error{who + " says: " + shown};
    }
}

} // namespace runwatch::cli
