#pragma once

#include "runwatch/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace runwatch {

/// Reads a duration with its unit: `250ms`, `3s`, `5m`, `24h`, `7d`, or several together, largest first (`1h30m`).
/// Returns nothing for a bare number, a fraction, a sign, an unknown unit, or more than 100 years.
std::optional<duration> parse_duration(std::string_view text);

/// Writes a duration for people with its two largest units: `250 ms`, `3 s`, `1 m 32 s`, `2 h 5 m`, `3 d 4 h`.
std::string format_duration(duration value);

/// Writes a duration that is not negative as parse_duration() reads it, without loss: `250ms`, `1h30m`, `0s`.
std::string spell_duration(duration value);

/// Reads a number of bytes with its unit, `B`, `KiB`, `MiB`, `GiB` or `TiB`: `50MiB`. Returns nothing for a bare
/// number, a fraction, a sign, another unit (`MB` is taken for 10⁶ by some and for 2²⁰ by others), or more than
/// 1024TiB.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// Writes a number of bytes as parse_size() reads it, without loss, in the largest unit that fits: `50MiB`, `1025B`.
std::string format_size(std::uint64_t bytes);

} // namespace runwatch
