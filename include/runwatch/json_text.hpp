#pragma once

#include <string>
#include <string_view>

namespace runwatch {

/// Works on the text of valid JSON, so that strings and numbers stay byte for byte as they came: a JSON library would
/// write `1.10` as `1.1E0` and round large integers.

/// The text of a member of an object, the last one of that name; empty if there is none. The name is compared as it is
/// spelt, without escapes.
std::string_view json_member(std::string_view object, std::string_view name);

/// The text on one line: without the white space between its tokens if it holds a line end, untouched otherwise.
std::string json_on_one_line(std::string_view text);

/// A string as JSON, with its quotes. Invalid UTF-8 becomes U+FFFD.
std::string json_quote(std::string_view text);

} // namespace runwatch
