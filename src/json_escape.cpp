#include "json_escape.hpp"

#include <charconv>
#include <optional>

namespace runwatch {
namespace {

/// How long an escape such as `\uD83D` is.
constexpr std::size_t unit_length = 6;

/// The code unit that an escape such as `\uD83D` at the front of a text stands for, if one is there.
std::optional<unsigned> first_unit(std::string_view text) {
    if (!text.starts_with("\\u") || text.size() < unit_length)
        return std::nullopt;
    unsigned unit = 0;
    auto const* const end = text.data() + unit_length;
    auto const [stop, error] = std::from_chars(text.data() + 2, end, unit, 16);
    if (error != std::errc{} || stop != end)
        return std::nullopt;
    return unit;
}

bool is_first_half(unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; }

bool is_second_half(unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

/// What a backslash and this letter stand for; 0 for a letter that says nothing behind one.
char32_t short_escape(char letter) {
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return static_cast<unsigned char>(letter);
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    default:
        return 0;
    }
}

} // namespace

json_escape read_escape(std::string_view text) {
    if (text.size() < 2 || text.front() != '\\')
        return {};
    if (auto const character = short_escape(text[1]); character != 0)
        return {character, 2};
    auto const unit = first_unit(text);
    if (!unit)
        return {};
    if (is_first_half(*unit))
        if (auto const other = first_unit(text.substr(unit_length)); other && is_second_half(*other))
            return {0x10000U + ((*unit & 0x3FFU) << 10U) + (*other & 0x3FFU), 2 * unit_length};
    if (is_first_half(*unit) || is_second_half(*unit))
        return {0xFFFD, unit_length};
    return {*unit, unit_length};
}

} // namespace runwatch
