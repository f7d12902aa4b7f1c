#include "runwatch/json_text.hpp"

#include "runwatch/text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>

#include <cstddef>

namespace runwatch {
namespace {

constexpr std::string_view blank = " \t\r\n";

std::size_t skip_blank(std::string_view text, std::size_t at) {
    auto const next = text.find_first_not_of(blank, at);
    return next == std::string_view::npos ? text.size() : next;
}

/// The position behind the string that begins at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at)
        if (text[at] == '\\')
            ++at;
    return at + 1;
}

/// The position behind the value that begins at `at`.
std::size_t skip_value(std::string_view text, std::size_t at) {
    if (text[at] == '"')
        return skip_string(text, at);
    if (text[at] != '{' && text[at] != '[') {
        auto const end = text.find_first_of(",]} \t\r\n", at);
        return end == std::string_view::npos ? text.size() : end;
    }
    std::size_t depth = 0;
    while (at < text.size()) {
        auto const letter = text[at];
        if (letter == '"') {
            at = skip_string(text, at);
            continue;
        }
        ++at;
        if (letter == '{' || letter == '[')
            ++depth;
        else if ((letter == '}' || letter == ']') && --depth == 0)
            break;
    }
    return at;
}

} // namespace

std::string_view json_member(std::string_view object, std::string_view name) {
    std::string_view found;
    auto at = skip_blank(object, 0);
    if (at == object.size() || object[at] != '{')
        return found;
    at = skip_blank(object, at + 1);
    while (at < object.size() && object[at] == '"') {
        auto const key_end = skip_string(object, at);
        auto const key = object.substr(at + 1, key_end - at - 2);
        // Behind the key come a colon, the value, and a comma or the object's end.
        at = skip_blank(object, skip_blank(object, key_end) + 1);
        if (at >= object.size())
            break;
        auto const value_end = skip_value(object, at);
        if (key == name)
            found = object.substr(at, value_end - at);
        at = skip_blank(object, skip_blank(object, value_end) + 1);
    }
    return found;
}

std::string json_on_one_line(std::string_view text) {
    if (text.find_first_of("\r\n") == std::string_view::npos)
        return std::string{text};
    std::string line;
    line.reserve(text.size());
    for (std::size_t at = skip_blank(text, 0); at < text.size(); at = skip_blank(text, at)) {
        auto const end = text[at] == '"' ? skip_string(text, at) : at + 1;
        line += text.substr(at, end - at);
        at = end;
    }
    return line;
}

std::string json_quote(std::string_view text) {
    return boost::json::serialize(boost::json::string_view{to_valid_utf8(text)});
}

} // namespace runwatch
