#pragma once

#include "runwatch/http_client.hpp"
#include "runwatch/result.hpp"
#include "runwatch/time.hpp"

namespace runwatch {

/// What a webhook's answer means for the delivery, by its status alone. Pure.
///
/// 2xx: taken. 410: gone. 408, 425, 429, 404, 5xx and what is no status of HTTP: transient, or throttled on a 429 and
/// wherever `Retry-After` asks for a wait (24 h at most). Redirects, which are never followed, and other 4xx:
/// permanent. The message begins `answered HTTP 503`, and may quote up to 200 bytes of what `quoted` says, which has to
/// be free of secrets.
result<void> judge_answer(http_response const& response, std::string_view quoted, timestamp now);

} // namespace runwatch
