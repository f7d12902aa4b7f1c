#include "runwatch/http_settings.hpp"
#include "runwatch/text.hpp"
#include "runwatch/url.hpp"
#include "sinks/webhook_signature.hpp"
#include "sinks/webhook_sink.hpp"

#include <algorithm>
#include <array>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

std::string in_lower_case(std::string_view text) {
    std::string lower{text};
    std::ranges::transform(lower, lower.begin(), [](unsigned char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : static_cast<char>(letter);
    });
    return lower;
}

/// Headers that the message itself decides.
bool is_ours(std::string_view header) {
    constexpr std::array ours{std::string_view{"content-type"},
                              std::string_view{"content-length"},
                              std::string_view{"transfer-encoding"},
                              std::string_view{"connection"},
                              std::string_view{"host"},
                              std::string_view{"webhook-id"},
                              std::string_view{"webhook-timestamp"},
                              std::string_view{"webhook-signature"}};
    return std::ranges::find(ours, in_lower_case(header)) != ours.end();
}

bool is_header_name(std::string_view text) {
    constexpr std::string_view signs = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [signs](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= '9') || signs.find(letter) != std::string_view::npos;
    });
}

/// Tells by a header's name whether its value is likely a password.
bool is_secret(std::string_view header) {
    auto const name = in_lower_case(header);
    return std::ranges::any_of(std::array{"auth", "token", "secret", "key", "cookie", "password"},
                               [&name](auto const* word) { return name.find(word) != std::string::npos; });
}

std::vector<http_header> read_headers(option_map& options) {
    std::vector<http_header> headers;
    for (auto const& [name, value] : options.read_text_map("headers", is_secret)) {
        if (!is_header_name(name))
            options.refuse("headers", '"' + to_printable(name, 80) + "\" is no name of a header");
        else if (is_ours(name))
            options.refuse("headers", "the header " + name + " is runwatch's own to set");
        else
            headers.emplace_back(name, value);
    }
    return headers;
}

std::string read_webhook_url(option_map& options, webhook_format format, bool allow_http, problems& found) {
    auto url = options.require_url("url", is_chat(format) ? url_display::origin : url_display::location);
    if (url.empty())
        return url;
    if (auto const problem = url_problem(url, allow_http); !problem.empty())
        options.refuse("url", "the URL cannot be used: " + problem);
    else if (is_chat(format) && options.is_written_out("url"))
        found.warn(options.place_of("url"), "whoever knows the URL of a chat's webhook can write there, and it stands "
                                            "in the config file for all to read; better name its place by {env: NAME} "
                                            "or {file: PATH}");
    return url;
}

std::vector<secret_source> read_signing_secrets(option_map& options, webhook_format format) {
    auto sources = options.read_secrets("secret");
    if (is_chat(format) && options.has("secret"))
        options.refuse("secret", "a chat checks no signatures: leave it out");
    for (auto& source : sources)
        if (!signing_key(source.read()))
            options.refuse("secret", source.where() +
                                         " holds no webhook secret: write whsec_ and base64 of 24 to 64 random bytes");
    return sources;
}

} // namespace

webhook_settings read_webhook_settings(option_map& options, problems& found) {
    webhook_settings settings;
    settings.format = options.read_choice<webhook_format>("format", settings.format,
                                                          {{"standard", webhook_format::standard},
                                                           {"cloudevents", webhook_format::cloudevents},
                                                           {"slack", webhook_format::slack},
                                                           {"discord", webhook_format::discord},
                                                           {"teams", webhook_format::teams}});
    auto& http = settings.http;
    http.allow_http = options.read_flag("allow_http", http.allow_http);
    settings.url = read_webhook_url(options, settings.format, http.allow_http, found);
    settings.secrets = read_signing_secrets(options, settings.format);
    if (!is_chat(settings.format))
        settings.logs = read_log_limit(options, settings.logs);
    else if (options.find("logs") != nullptr)
        options.refuse("logs", "a chat's message holds no logs: leave it out");
    settings.headers = read_headers(options);
    http.timeout = options.read_duration("timeout", http.timeout, {1s, 5min});
    http.connections = options.read_number("concurrency", http.connections, {1, 64});
    http.ca_file = read_ca_file(options).path;
    http.proxy = proxy_settings::from_environment();
    if (auto const proxy = read_proxy(options, found); !proxy.empty())
        http.proxy.url = proxy.reveal();
    return settings;
}

} // namespace runwatch
