#pragma once

#include "runwatch/secret.hpp"
#include "runwatch/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// The key of a Standard Webhooks secret, as bytes: base64 of 24 to 64 bytes, `whsec_` in front or not. Nothing for any
/// other text.
std::optional<secret> signing_key(secret const& text);

/// The value of `webhook-signature` for a message: a signature by each key, `v1,… v1,…`, by HMAC-SHA256 over
/// `ID.TIMESTAMP.BODY`. `at` is the time of this attempt, in whole seconds.
std::string webhook_signature(std::vector<secret> const& keys, std::string_view id, std::chrono::sys_seconds at,
                              std::string_view body);

} // namespace runwatch
