#pragma once

#include "cli/wait_options.hpp"
#include "runwatch/config.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/secret_source.hpp"
#include "runwatch/watch.hpp"

#include <string>

namespace runwatch::cli {

/// How a wait reaches the API.
struct wait_reach {
    /// In its plain form.
    std::string base_url;
    secret_source api_key;
    http_options http;
    /// The ceiling of the rate budget.
    std::uint64_t requests_per_second = telnyx_settings{}.requests_per_second;
};

/// What the options say, else the config if there is one, else the environment. Throws usage_error and config_error.
wait_reach reach_by(wait_options const& options, config const* from);

/// How the runs of a wait are watched: what the options say, else the config if there is one. Its own deadline ends it.
watch_policy policy_by(wait_options const& options, config const* from);

} // namespace runwatch::cli
