#pragma once

#include <cstddef>
#include <string_view>

namespace runwatch {

/// An escape in a JSON string: what it stands for, and how many letters it takes.
struct json_escape {
    char32_t character = 0;
    /// 0 for what is none.
    std::size_t length = 0;
};

/// Reads the escape that a text begins with: of a character that is written as two halves both. Half a character alone,
/// as it is left where a log was cut in the middle of one, stands for U+FFFD.
json_escape read_escape(std::string_view text);

} // namespace runwatch
