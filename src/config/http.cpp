#include "config/sections.hpp"
#include "runwatch/api_key.hpp"

#include <utility>

namespace runwatch {
namespace {

std::optional<listen_address> read_listen(option_map& options) {
    auto const text = options.require_text("listen");
    if (text.empty())
        return std::nullopt;
    try {
        return parse_listen_address(text);
    } catch (config_error const& wrong) {
        options.refuse("listen", options.is_written_out("listen")
                                     ? wrong.what()
                                     : "what it names holds no address with a port such as 127.0.0.1:9464, nor "
                                       "unix:/PATH");
        return std::nullopt;
    }
}

std::optional<secret_source> read_token(option_map& options) {
    auto token = options.read_secret("token");
    if (!token)
        return std::nullopt;
    try {
        if (!is_api_key(token->read().reveal()))
            options.refuse("token", token->where() + " holds no token: a token is one word of printable ASCII "
                                                     "characters, such as openssl rand -hex 32 prints");
    } catch (config_error const&) {
        // It was read just now, and is gone again: who uses it will say so.
    }
    return token;
}

} // namespace

control_settings read_http(option_map& options) {
    control_settings http;
    http.listen = read_listen(options);
    http.token = read_token(options);
    http.quit = options.read_flag("quit", http.quit);
    if (!http.listen || http.listen->is_loopback())
        return http;
    if (!options.has("token"))
        options.refuse("listen", "beyond this machine a token is needed: add token: {file: PATH}, or listen on "
                                 "127.0.0.1 or a unix socket");
    if (http.quit)
        options.refuse("quit", "only with a loopback address or a unix socket in listen: leave it out");
    return http;
}

} // namespace runwatch
