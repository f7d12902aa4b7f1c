#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace runwatch {

/// The unit that intervals, limits and ages are counted in.
using duration = std::chrono::milliseconds;

/// A point of UTC time, as people and the API write it. It may jump; intervals are never computed from it.
using timestamp = std::chrono::sys_time<duration>;

/// Linux's CLOCK_BOOTTIME: it never jumps, and a suspend counts. Every interval and due time is measured by it.
struct boottime_clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<boottime_clock>;
    static constexpr bool is_steady = true;

    static time_point now() noexcept;
};

/// A point of time that intervals are measured from.
using instant = boottime_clock::time_point;

/// Reads an RFC 3339 date and time such as `2026-11-23T10:15:04.120Z`; a missing zone means UTC, digits past the
/// milliseconds are dropped. Returns nothing for any other text.
std::optional<timestamp> parse_timestamp(std::string_view text);

/// Reads a date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`. Returns nothing for any other text.
std::optional<timestamp> parse_http_date(std::string_view text);

/// Writes RFC 3339 in UTC with milliseconds: `2026-11-23T10:15:04.120Z`.
std::string format_timestamp(timestamp time);

} // namespace runwatch
