#pragma once

#include "runwatch/limit_logs.hpp"
#include "runwatch/run_result.hpp"

#include <string>

namespace runwatch {

/// What a webhook's receiver understands.
enum class webhook_format {
    /// The result's JSON, by https://www.standardwebhooks.com.
    standard,
    /// A CloudEvent 1.0 in structured JSON, https://cloudevents.io.
    cloudevents,
    slack,
    discord,
    teams,
};

/// Tells whether the format is a chat service's, whose URL is a password and which checks no signatures.
bool is_chat(webhook_format format);

/// What is sent to a webhook.
struct webhook_message {
    std::string content_type;
    std::string body;
};

/// A result in a format. The logs are limited where it has any.
webhook_message to_message(run_result const& result, webhook_format format, log_limit logs);

} // namespace runwatch
