#include "runwatch/json_text.hpp"

#include "json_escape.hpp"
#include "runwatch/text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>

#include <cstddef>

namespace runwatch {
namespace {

bool is_blank(char letter) { return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n'; }

std::size_t skip_blank(std::string_view text, std::size_t at) {
    while (at < text.size() && is_blank(text[at]))
        ++at;
    return at;
}

/// The position behind the string that begins at `at`; the text's end if it does not end.
std::size_t skip_string(std::string_view text, std::size_t at) {
    // Of a long string few letters are quotes: finding these is many times faster than looking at each letter.
    for (auto end = text.find('"', at + 1); end != std::string_view::npos; end = text.find('"', end + 1)) {
        auto escapes = end;
        while (text[escapes - 1] == '\\')
            --escapes;
        if ((end - escapes) % 2 == 0)
            return end + 1;
    }
    return text.size();
}

/// The position behind the value that begins at `at`.
std::size_t skip_value(std::string_view text, std::size_t at) {
    if (text[at] == '"')
        return skip_string(text, at);
    if (text[at] != '{' && text[at] != '[') {
        while (at < text.size() && text[at] != ',' && text[at] != ']' && text[at] != '}' && !is_blank(text[at]))
            ++at;
        return at;
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

/// Appends a character in UTF-8.
void append_utf8(std::string& text, char32_t character) {
    auto const append = [&text](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
    auto const append_rest = [append, character](unsigned shift) { append(0x80U | ((character >> shift) & 0x3FU)); };
    if (character < 0x80) {
        append(character);
    } else if (character < 0x800) {
        append(0xC0U | (character >> 6U));
        append_rest(0);
    } else if (character < 0x10000) {
        append(0xE0U | (character >> 12U));
        append_rest(6);
        append_rest(0);
    } else {
        append(0xF0U | (character >> 18U));
        append_rest(12);
        append_rest(6);
        append_rest(0);
    }
}

} // namespace

json_walk::json_walk(std::string_view text) : text_(text), at_(skip_blank(text, 0)) {
    if (at_ == text_.size() || (text_[at_] != '{' && text_[at_] != '['))
        return;
    closing_ = text_[at_] == '{' ? '}' : ']';
    end_ = at_ + 1;
}

bool json_walk::next() {
    if (closing_ == '\0')
        return false;
    auto const value_is_there = !begun_ || !value().empty();
    at_ = skip_blank(text_, end_);
    if (!value_is_there || at_ == text_.size())
        return give_up();
    if (text_[at_] == closing_) {
        ++at_;
        ended_ = true;
        return give_up();
    }
    if (begun_) {
        if (text_[at_] != ',')
            return give_up();
        at_ = skip_blank(text_, at_ + 1);
    }
    begun_ = true;
    end_ = std::string_view::npos;
    return find_value();
}

/// Goes from where a member or an element begins to where its value does.
bool json_walk::find_value() {
    if (closing_ == '}') {
        if (at_ == text_.size() || text_[at_] != '"')
            return give_up();
        auto const name_end = skip_string(text_, at_);
        name_ = text_.substr(at_ + 1, name_end - at_ - 2);
        at_ = skip_blank(text_, name_end);
        if (at_ == text_.size() || text_[at_] != ':')
            return give_up();
        at_ = skip_blank(text_, at_ + 1);
    }
    return at_ != text_.size() || give_up();
}

bool json_walk::give_up() {
    closing_ = '\0';
    name_ = {};
    return false;
}

std::string_view json_walk::value() {
    if (end_ == std::string_view::npos)
        end_ = skip_value(text_, at_);
    return text_.substr(at_, end_ - at_);
}

std::string json_unescape(std::string_view inside) {
    auto escape_at = inside.find('\\');
    if (escape_at == std::string_view::npos)
        return std::string{inside};
    std::string text;
    text.reserve(inside.size());
    for (; escape_at != std::string_view::npos; escape_at = inside.find('\\')) {
        text.append(inside.substr(0, escape_at));
        auto const escape = read_escape(inside.substr(escape_at));
        append_utf8(text, escape.character);
        inside.remove_prefix(escape_at + escape.length);
    }
    return text.append(inside);
}

std::string json_string(std::string_view value) {
    return value.starts_with('"') ? json_unescape(value.substr(1, value.size() - 2)) : std::string{};
}

std::string_view json_member(std::string_view object, std::string_view name) {
    std::string_view found;
    for (json_walk walk{object}; walk.next();)
        if (walk.name() == name)
            found = walk.value();
    return found;
}

std::string json_on_one_line(std::string_view text) {
    // Two searches for one letter each are many times faster than one for either.
    if (text.find('\n') == std::string_view::npos && text.find('\r') == std::string_view::npos)
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

std::string json_quote_or_null(std::string_view text) { return text.empty() ? "null" : json_quote(text); }

std::string json_list(std::vector<std::string> const& texts) {
    std::string list = "[";
    for (auto const& text : texts)
        list.append(list.size() == 1 ? "" : ",").append(json_quote(text));
    return list + ']';
}

std::string json_object(std::map<std::string, std::string> const& members) {
    std::string object = "{";
    for (auto const& [name, value] : members)
        object.append(object.size() == 1 ? "" : ",").append(json_quote(name)).append(":").append(json_quote(value));
    return object + '}';
}

} // namespace runwatch
