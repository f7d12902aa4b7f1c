#pragma once

#include "runwatch/http_client.hpp"
#include "runwatch/time.hpp"

#include <optional>
#include <string_view>

namespace runwatch {

/// How long an answer asks to wait by `Retry-After`, in seconds or as a date; at most `longest`. Nothing if there is no
/// such header, it makes no sense, or the time has passed. `now` is our time of day, for a date in an answer that has
/// no `Date` of its own.
std::optional<duration> retry_after(http_response const& response, timestamp now, duration longest);

/// A wait that a header gives as a decimal number of `unit`; at most `longest`. Nothing if it is none, or not above 0.
std::optional<duration> wait_in(std::string_view header_value, duration unit, duration longest);

} // namespace runwatch
