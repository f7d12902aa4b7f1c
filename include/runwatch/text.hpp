#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace runwatch {

/// How many bytes the character has that a text begins with; 0 if it begins with what is not valid UTF-8.
std::size_t utf8_length(std::string_view text);

/// The text with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string to_valid_utf8(std::string_view text);

/// Remote text made fit for a line on a terminal or in a log: control characters (C0, C1, DEL), line ends and the
/// Unicode marks that change the writing direction become `?`; invalid UTF-8 becomes U+FFFD; and `##[`, which the log
/// of a GitHub workflow would obey wherever it stands, loses its bracket. At most `max_bytes` bytes, cut at a character
/// and marked with `…`.
std::string to_printable(std::string_view text, std::size_t max_bytes = 200);

/// A number with what it counts: `1 run`, `2 runs`.
std::string counted(std::size_t count, std::string_view one, std::string_view many);

/// The text without white space at either end.
std::string_view trim(std::string_view text);

} // namespace runwatch
