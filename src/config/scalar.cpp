#include "config/scalar.hpp"

#include <algorithm>
#include <array>

namespace runwatch {
namespace {

constexpr std::array<std::string_view, 5> nulls{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 6> flags{"true", "True", "TRUE", "false", "False", "FALSE"};
constexpr std::array<std::string_view, 3> infinities{".inf", ".Inf", ".INF"};
constexpr std::array<std::string_view, 3> no_numbers{".nan", ".NaN", ".NAN"};

bool contains(auto const& words, std::string_view text) { return std::ranges::find(words, text) != words.end(); }

/// Takes decimal digits from the front; returns how many.
std::size_t take_digits(std::string_view& text) {
    auto const count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
}

void take_sign(std::string_view& text) {
    if (text.starts_with('-') || text.starts_with('+'))
        text.remove_prefix(1);
}

bool is_based(std::string_view text, std::string_view prefix, std::string_view digits) {
    return text.starts_with(prefix) && text.size() > prefix.size() &&
           text.find_first_not_of(digits, prefix.size()) == std::string_view::npos;
}

bool is_number(std::string_view text) {
    if (contains(no_numbers, text) || is_based(text, "0o", "01234567") ||
        is_based(text, "0x", "0123456789abcdefABCDEF"))
        return true;
    take_sign(text);
    if (contains(infinities, text))
        return true;
    auto digits = take_digits(text);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        digits += take_digits(text);
    }
    if (digits == 0)
        return false;
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        take_sign(text);
        if (take_digits(text) == 0)
            return false;
    }
    return text.empty();
}

} // namespace

option_kind kind_of_plain(std::string_view text) {
    if (contains(nulls, text))
        return option_kind::nothing;
    if (contains(flags, text))
        return option_kind::flag;
    return is_number(text) ? option_kind::number : option_kind::text;
}

} // namespace runwatch
