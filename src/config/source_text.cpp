#include "config/source_text.hpp"

#include "runwatch/text.hpp"

#include <algorithm>

namespace runwatch {
namespace {

std::size_t characters_in(std::string_view text) {
    auto const starts = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::ranges::count_if(text, starts));
}

bool is_control(unsigned char letter) {
    return (letter < ' ' && letter != '\t' && letter != '\n' && letter != '\r') || letter == 0x7F;
}

} // namespace

source_text::source_text(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {
    for (std::size_t end = 0; (end = text.find('\n', end)) != std::string_view::npos;)
        lines_.push_back(++end);
}

option_place source_text::place(std::size_t line, std::size_t byte) {
    line = std::min(line, lines_.size() - 1);
    if (line != last_line_ || byte < last_byte_) {
        last_line_ = line;
        last_byte_ = last_column_ = 0;
    }
    auto const rest = text_.substr(std::min(lines_[line] + last_byte_, text_.size()));
    last_column_ += characters_in(rest.substr(0, byte - last_byte_));
    last_byte_ = byte;
    return {file_, line + 1, last_column_ + 1, ""};
}

option_place source_text::place_at(std::size_t offset) {
    auto const line = static_cast<std::size_t>(std::ranges::upper_bound(lines_, offset) - lines_.begin()) - 1;
    return place(line, offset - lines_[line]);
}

option_place source_text::place(YAML::Mark const& mark) {
    if (mark.is_null())
        return {file_, 1, 1, ""};
    // yaml-cpp counts its columns in bytes.
    return place(static_cast<std::size_t>(mark.line), static_cast<std::size_t>(mark.column));
}

bool source_text::has_null_at(YAML::Mark const& mark) const {
    auto const line = static_cast<std::size_t>(std::max(mark.line, 0));
    auto const start = line < lines_.size() ? lines_[line] + static_cast<std::size_t>(mark.column) : text_.size();
    auto const word = text_.substr(std::min(start, text_.size()), 4);
    return word.starts_with('~') || word == "null" || word == "Null" || word == "NULL";
}

std::optional<option_place> source_text::indenting_tab(YAML::Mark const& mark) {
    if (mark.is_null() || static_cast<std::size_t>(mark.line) >= lines_.size())
        return std::nullopt;
    auto const start = lines_[static_cast<std::size_t>(mark.line)];
    auto const indent = text_.find_first_not_of(' ', start);
    if (indent == std::string_view::npos || text_[indent] != '\t')
        return std::nullopt;
    return place_at(indent);
}

std::optional<std::pair<option_place, std::string>> source_text::first_flaw() {
    auto const valid = to_valid_utf8(text_);
    if (auto const end = std::ranges::mismatch(text_, valid).in1; end != text_.end())
        return std::pair{place_at(static_cast<std::size_t>(end - text_.begin())), "the file is not valid UTF-8 here"};
    if (auto const control = std::ranges::find_if(text_, is_control); control != text_.end())
        return std::pair{place_at(static_cast<std::size_t>(control - text_.begin())),
                         "the file holds a control character here"};
    return std::nullopt;
}

} // namespace runwatch
