#include "runwatch/text.hpp"

#include <algorithm>
#include <cstdint>

namespace runwatch {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct character {
    std::size_t length = 0;
    /// 0 for a byte that is not part of valid UTF-8.
    char32_t code = 0;
    bool valid = false;
};

/// Reads the first character of a text that is not empty. Overlong forms and surrogates are invalid.
character first_character(std::string_view text) {
    auto const lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80)
        return {1, lead, true};
    auto const length = lead >= 0xF0 ? 4U : lead >= 0xE0 ? 3U : 2U;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length)
        return {1, 0, false};
    char32_t code = lead & (0x7FU >> length);
    for (std::size_t index = 1; index < length; ++index) {
        auto const next = static_cast<unsigned char>(text[index]);
        if ((next & 0xC0) != 0x80)
            return {1, 0, false};
        code = (code << 6) | (next & 0x3FU);
    }
    auto const overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF)
        return {1, 0, false};
    return {length, code, true};
}

bool is_control(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029 || code == 0x061C ||
           (code >= 0x200E && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

} // namespace

std::size_t utf8_length(std::string_view text) {
    auto const first = text.empty() ? character{} : first_character(text);
    return first.valid ? first.length : 0;
}

std::string to_valid_utf8(std::string_view text) {
    std::string valid;
    valid.reserve(text.size());
    while (!text.empty()) {
        auto const next = first_character(text);
        valid += next.valid ? text.substr(0, next.length) : replacement;
        text.remove_prefix(next.length);
    }
    return valid;
}

std::string to_printable(std::string_view text, std::size_t max_bytes) {
    std::string shown;
    while (!text.empty()) {
        auto const next = first_character(text);
        std::string_view piece = next.valid ? text.substr(0, next.length) : replacement;
        if (next.valid && is_control(next.code))
            piece = next.code == '\t' ? " " : "?";
        if (piece == "[" && shown.ends_with("##"))
            piece = "(";
        if (shown.size() + piece.size() > max_bytes)
            return shown + "…";
        shown += piece;
        text.remove_prefix(next.length);
    }
    return shown;
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return std::to_string(count).append(" ").append(count == 1 ? one : many);
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n\v\f";
    auto const start = text.find_first_not_of(blank);
    if (start == std::string_view::npos)
        return {};
    return text.substr(start, text.find_last_not_of(blank) - start + 1);
}

} // namespace runwatch
