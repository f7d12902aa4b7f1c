#include "json_escape.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/text.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace runwatch {
namespace {

/// The same byte in each place of a word.
constexpr std::uint64_t in_each(unsigned char byte) { return 0x0101010101010101U * byte; }

/// The first letter that does not stand for itself in a string, but ends it, begins an escape or a character of several
/// bytes, or may not be there; the end if there is none. Most of an answer is strings: it looks at eight at once.
char const* skip_plain(char const* at, char const* end) {
    while (end - at >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        auto const no_quote = word ^ in_each('"');
        auto const no_backslash = word ^ in_each('\\');
        // The highest bit of a byte that is less than what is subtracted becomes set, and perhaps that of a higher one.
        auto const found =
            (word | (word - in_each(' ')) | (no_quote - in_each(1)) | (no_backslash - in_each(1))) & in_each(0x80);
        if (found != 0) {
            if constexpr (std::endian::native == std::endian::little)
                at += std::countr_zero(found) / 8;
            break;
        }
        at += 8;
    }
    while (at != end && *at >= ' ' && *at != '"' && *at != '\\')
        ++at;
    return at;
}

bool is_blank(char letter) { return letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t'; }

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// Goes through a text as far as it is JSON. Each step says whether what it is for was there.
class json_check {
public:
    /// `tell` may be null, or must outlive this.
    json_check(std::string_view text, json_member_visitor const* tell)
        : at_(text.data()), end_(at_ + text.size()), tell_(tell) {}

    /// All of the text. It keeps the brackets that are open itself, so that depth takes no stack.
    bool document() {
        for (;;) {
            skip_blank();
            if (at_ != end_ && (*at_ == '{' || *at_ == '[')) {
                if (!open())
                    return false;
                if (!is_closing()) {
                    if (is_object() && !name())
                        return false;
                    continue;
                }
            } else if (!scalar()) {
                return false;
            }
            if (!close_all())
                return false;
            if (depth_ == 0)
                return at_ == end_;
        }
    }

private:
    bool is_object() const { return closing_[depth_ - 1] == '}'; }

    bool is_closing() const { return at_ != end_ && *at_ == closing_[depth_ - 1]; }

    bool open() {
        if (depth_ == deepest_json)
            return false;
        closing_[depth_++] = *at_ == '{' ? '}' : ']';
        ++at_;
        skip_blank();
        return true;
    }

    /// Goes from a value's end to where the next one begins, or to the end of all.
    bool close_all() {
        tell_of_member();
        for (skip_blank(); depth_ != 0 && is_closing(); skip_blank()) {
            ++at_;
            --depth_;
            tell_of_member();
        }
        if (depth_ == 0)
            return true;
        if (!accept(','))
            return false;
        skip_blank();
        return !is_object() || name();
    }

    /// A member's name, the colon behind it, and the way to its value.
    bool name() {
        auto const* const first = at_ + 1;
        if (at_ == end_ || *at_ != '"' || !string())
            return false;
        auto const* const last = at_ - 1;
        skip_blank();
        if (!accept(':'))
            return false;
        skip_blank();
        if (depth_ == 1) {
            name_ = {first, static_cast<std::size_t>(last - first)};
            value_ = at_;
        }
        return true;
    }

    /// Of a member of the outermost object, if that is what has just ended.
    void tell_of_member() {
        if (tell_ != nullptr && depth_ == 1 && value_ != nullptr)
            (*tell_)(name_, std::string_view{value_, static_cast<std::size_t>(at_ - value_)});
        if (depth_ == 1)
            value_ = nullptr;
    }

    bool scalar() {
        if (at_ == end_)
            return false;
        switch (*at_) {
        case '"':
            return string();
        case 't':
            return word("true");
        case 'f':
            return word("false");
        case 'n':
            return word("null");
        default:
            return number();
        }
    }

    bool string() {
        ++at_;
        for (;;) {
            at_ = skip_plain(at_, end_);
            if (accept('"'))
                return true;
            auto const rest = std::string_view{at_, static_cast<std::size_t>(end_ - at_)};
            if (rest.empty() || (rest.front() >= '\0' && rest.front() < ' '))
                return false;
            auto const length = rest.front() == '\\' ? read_escape(rest).length : utf8_length(rest);
            if (length == 0)
                return false;
            at_ += length;
        }
    }

    bool number() {
        accept('-');
        if (!accept('0') && !digits())
            return false;
        if (accept('.') && !digits())
            return false;
        if (!accept('e') && !accept('E'))
            return true;
        if (!accept('+'))
            accept('-');
        return digits();
    }

    bool digits() {
        auto const* const first = at_;
        while (at_ != end_ && is_digit(*at_))
            ++at_;
        return at_ != first;
    }

    bool word(std::string_view expected) {
        if (!std::string_view{at_, static_cast<std::size_t>(end_ - at_)}.starts_with(expected))
            return false;
        at_ += expected.size();
        return true;
    }

    bool accept(char letter) {
        if (at_ == end_ || *at_ != letter)
            return false;
        ++at_;
        return true;
    }

    void skip_blank() {
        while (at_ != end_ && is_blank(*at_))
            ++at_;
    }

    char const* at_;
    char const* end_;
    json_member_visitor const* tell_;
    /// Of the member of the outermost object that it is at: its name, and where its value begins; null if at none.
    std::string_view name_;
    char const* value_ = nullptr;
    std::size_t depth_ = 0;
    /// The brackets that close what is open. Only as many as `depth_` says are set.
    std::array<char, deepest_json> closing_;
};

} // namespace

bool is_json(std::string_view text) { return json_check{text, nullptr}.document(); }

bool is_json(std::string_view text, json_member_visitor const& tell) { return json_check{text, &tell}.document(); }

} // namespace runwatch
