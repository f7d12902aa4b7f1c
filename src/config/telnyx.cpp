#include "runwatch/telnyx.hpp"
#include "config/sections.hpp"
#include "options/values.hpp"
#include "runwatch/api_key.hpp"
#include "runwatch/http_settings.hpp"

#include <tuple>
#include <utility>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

constexpr char const* key_variable = "TELNYX_API_KEY";

/// The base URL in its plain form; nothing if it is none.
std::string read_base_url(option_map& options) {
    auto const text = options.read_url("base_url");
    if (!text && options.has("base_url"))
        return {};
    if (!text)
        options.note("base_url", text_node(std::string{telnyx_public_api}));
    try {
        return plain_base_url(text.value_or(std::string{telnyx_public_api}));
    } catch (config_error const& wrong) {
        options.refuse("base_url", options.is_written_out("base_url")
                                       ? wrong.what()
                                       : "what it names holds no base URL such as " + std::string{telnyx_public_api});
        return {};
    }
}

secret_source read_api_key(option_map& options) {
    auto const given = options.read_secret("api_key");
    if (!given && options.has("api_key"))
        return {};
    secret_source source = given.value_or(secret_source{secret_source::origin::environment, key_variable});
    try {
        if (!is_api_key(source.read().reveal()))
            options.refuse("api_key", source.where() + " holds no API key: " + std::string{api_key_rule});
    } catch (config_error const&) {
        options.refuse("api_key", "is missing: write where it comes from, {env: NAME}, {file: PATH} or {credential: "
                                  "NAME}, or set the variable " +
                                      std::string{key_variable});
    }
    if (!given)
        options.note("api_key", shown_source(source));
    return source;
}

} // namespace

telnyx_settings read_telnyx(option_map& options, problems& found) {
    telnyx_settings telnyx;
    telnyx.base_url = read_base_url(options);
    telnyx.api_key = read_api_key(options);
    telnyx.timeout = options.read_duration("timeout", telnyx.timeout, {1s, 10min});
    telnyx.connections = options.read_number("connections", telnyx.connections, {1, 1000});
    telnyx.requests_per_second = options.read_number("requests_per_second", telnyx.requests_per_second, {1, 1000});
    telnyx.proxy = read_proxy(options, found);
    auto const authorities = read_ca_file(options);
    telnyx.ca_file = authorities.path;
    telnyx.ca_version = authorities.version;
    telnyx.allow_http = options.read_flag("allow_http", telnyx.allow_http);
    if (telnyx.base_url.starts_with("http://") && !telnyx.allow_http && !is_loopback_url(telnyx.base_url))
        options.refuse("base_url", "plain http:// would send the API key unprotected: use https://, or allow it with "
                                   "allow_http: true");
    return telnyx;
}

bool operator==(telnyx_settings const& a, telnyx_settings const& b) {
    auto const tie = [](telnyx_settings const& all) {
        return std::tie(all.base_url, all.api_key, all.timeout, all.connections, all.requests_per_second,
                        all.proxy.reveal(), all.ca_file, all.ca_version, all.allow_http);
    };
    return tie(a) == tie(b);
}

http_options client_options(telnyx_settings const& settings) {
    http_options options;
    options.timeout = settings.timeout;
    options.connections = settings.connections;
    options.ca_file = settings.ca_file;
    options.allow_http = settings.allow_http;
    options.proxy = proxy_settings::from_environment();
    if (!settings.proxy.empty())
        options.proxy.url = settings.proxy.reveal();
    return options;
}

} // namespace runwatch
