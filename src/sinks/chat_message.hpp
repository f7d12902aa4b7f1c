#pragma once

#include "runwatch/run_result.hpp"

#include <string>

namespace runwatch {

/// A result as one short message for people, in the JSON that a chat service's incoming webhook takes. Whatever the API
/// sent shows as it is: it formats nothing, mentions nobody and links nowhere under another name.

/// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
std::string slack_message(run_result const& result);

/// https://discord.com/developers/docs/resources/webhook#execute-webhook; within its 2,000 characters.
std::string discord_message(run_result const& result);

/// An Adaptive Card, as the Workflows of Teams take it:
/// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
std::string teams_message(run_result const& result);

} // namespace runwatch
