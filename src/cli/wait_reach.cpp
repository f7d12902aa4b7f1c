#include "cli/wait_reach.hpp"

#include "cli/terminal.hpp"
#include "cli/usage_error.hpp"
#include "cli/version.hpp"
#include "cli/wait_session.hpp"
#include "runwatch/telnyx.hpp"

#include <algorithm>
#include <random>

namespace runwatch::cli {
namespace {

/// However short a wait is, a request gets this long.
constexpr duration shortest_request{1'000};

std::string base_url_of(wait_options const& options, config const* from) {
    if (!options.base_url.empty()) {
        try {
            return plain_base_url(options.base_url);
        } catch (config_error const& wrong) {
            throw usage_error{"--base-url: " + std::string{wrong.what()}};
        }
    }
    if (from != nullptr)
        return from->telnyx.base_url;
    auto const variable = environment("TELNYX_BASE_URL");
    if (variable.empty())
        return std::string{telnyx_public_api};
    try {
        return plain_base_url(variable);
    } catch (config_error const& wrong) {
        throw config_error{"TELNYX_BASE_URL: " + std::string{wrong.what()}};
    }
}

http_options http_by(wait_options const& options, config const* from, std::string const& base_url) {
    auto http = from != nullptr ? client_options(from->telnyx) : http_options{};
    http.connections = wait_session::requests_in_flight;
    if (!options.ca_file.empty())
        http.ca_file = options.ca_file;
    http.allow_http = http.allow_http || options.allow_http;
    http.user_agent = user_agent();
    // Cut off by the deadline, a request could not tell why it got no answer.
    if (options.timeout)
        http.timeout = std::clamp(*options.timeout, shortest_request, http.timeout);
    if (from == nullptr)
        http.proxy = proxy_settings::from_environment();
    if (!options.proxy.empty()) {
        // What is on a command line, every process on the machine can read.
        if (options.proxy.find('@') != std::string::npos)
            throw usage_error{"--proxy must not hold a user name or password: set HTTPS_PROXY instead"};
        http.proxy.url = options.proxy;
    }
    if (base_url.starts_with("http://") && !http.allow_http && !is_loopback_url(base_url))
        throw usage_error{"the base URL " + base_url +
                          " would send the API key unprotected: use https://, or allow it with --allow-http"};
    return http;
}

secret_source key_by(wait_options const& options, config const* from) {
    if (from == nullptr || !options.api_key_file.empty())
        return read_api_key(options.api_key_file);
    return from->telnyx.api_key;
}

} // namespace

wait_reach reach_by(wait_options const& options, config const* from) {
    wait_reach reach;
    reach.base_url = base_url_of(options, from);
    reach.api_key = key_by(options, from);
    reach.http = http_by(options, from, reach.base_url);
    if (from != nullptr)
        reach.requests_per_second = from->telnyx.requests_per_second;
    return reach;
}

watch_policy policy_by(wait_options const& options, config const* from) {
    auto policy = from != nullptr ? from->polling.policy() : watch_policy{};
    policy.schedule.fixed_interval = options.interval;
    policy.not_found_grace = options.not_found_grace.value_or(policy.not_found_grace);
    policy.give_up_after = duration::max();
    std::random_device entropy;
    policy.seed = (std::uint64_t{entropy()} << 32) | entropy();
    return policy;
}

} // namespace runwatch::cli
