#include "cli/daemon_option.hpp"

#include "cli/config_option.hpp"
#include "cli/terminal.hpp"
#include "runwatch/secret_source.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace runwatch::cli {
namespace {

constexpr auto token_variable = "RUNWATCH_TOKEN";

control_token read_token(secret_source source) {
    control_token token;
    token.where = source.where();
    token.text = source.read();
    return token;
}

/// The token that was given with the command; nothing if none was.
std::optional<control_token> given_token(daemon_options const& options) {
    if (!options.token_file.empty())
        return read_token(secret_source{secret_source::origin::file, options.token_file});
    if (!environment(token_variable).empty())
        return read_token(secret_source{secret_source::origin::environment, token_variable});
    return std::nullopt;
}

control_token token_of(config_outline const& outline) {
    if (outline.http.token)
        return read_token(*outline.http.token);
    if (!outline.http_problems.empty())
        throw config_error{outline.http_problems +
                           "\nThe token may also be given by --token-file FILE or the variable RUNWATCH_TOKEN."};
    return {};
}

} // namespace

void add_daemon_options(CLI::App& command, daemon_options& options, token_need need) {
    add_config_option(command, options.config);
    command
        .add_option("--address", options.address,
                    "Where the daemon's API is reached, HOST:PORT or unix:/PATH (default: http.listen of the config)")
        ->type_name("ADDRESS");
    if (need == token_need::some)
        command
            .add_option("--token-file", options.token_file,
                        "A file with the API's token (default: the variable RUNWATCH_TOKEN, then http.token of the "
                        "config)")
            ->type_name("FILE");
}

std::optional<control_client> find_daemon(daemon_options const& options, token_need need, duration patience) {
    if (options.address.empty())
        return find_daemon(options, load_known(options.config), need, patience);
    auto address = parse_control_address(options.address);
    auto token = need == token_need::some ? given_token(options) : std::nullopt;
    return control_client{std::move(address), std::move(token).value_or(control_token{}), patience};
}

std::optional<control_client> find_daemon(daemon_options const& options, config_outline const& outline, token_need need,
                                          duration patience) {
    if (!options.address.empty())
        return find_daemon(options, need, patience);
    if (!outline.http.listen) {
        if (!outline.http_problems.empty())
            throw config_error{outline.http_problems};
        return std::nullopt;
    }
    auto address = control_address_of(*outline.http.listen);
    control_token token;
    if (need == token_need::some) {
        auto given = given_token(options);
        token = given ? std::move(*given) : token_of(outline);
    }
    return control_client{std::move(address), std::move(token), patience};
}

control_client require_daemon(daemon_options const& options, token_need need, duration patience) {
    auto found = find_daemon(options, need, patience);
    if (!found)
        throw config_error{
            options.config +
            " has no `http:`, so that its daemon cannot be asked: add http: {listen: "
            "unix:/run/runwatch/http.sock} and have the daemon read it (SIGHUP, systemctl reload), or name "
            "another by --address"};
    return std::move(*found);
}

} // namespace runwatch::cli
