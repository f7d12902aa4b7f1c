#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// Works on the text of JSON, so that strings and numbers stay byte for byte as they came: a JSON library would
/// write `1.10` as `1.1E0` and round large integers.

/// How deep arrays and objects may lie in each other: far deeper than in any answer.
inline constexpr std::size_t deepest_json = 512;

/// Tells whether a text is one JSON value and nothing else, white space aside: by RFC 8259, in valid UTF-8, and no
/// deeper than deepest_json. An escaped half of a character may stand alone, as where a log was cut in the middle of
/// one.
bool is_json(std::string_view text);

/// Is told of a member of an object: its name as it is spelt, without its quotes, and the text of its value.
using json_member_visitor = std::function<void(std::string_view name, std::string_view value)>;

/// The same, and tells of each member of the outermost object on the way, so that a text need not be gone through
/// twice; what it was told counts for nothing if the text turns out to be no JSON.
bool is_json(std::string_view text, json_member_visitor const& tell);

/// The text that a string of valid JSON stands for, given without its quotes. Half a character becomes U+FFFD.
std::string json_unescape(std::string_view inside);

/// The text that a value of valid JSON stands for if it is a string; empty for any other value, and for none.
std::string json_string(std::string_view value);

/// Walks the members of an object or the elements of an array, from the first to the last, and looks no further into
/// the text than it has come: a long text can be walked through a piece at a time.
class json_walk {
public:
    /// Begins at the bracket that the text begins with, white space aside. The text must outlive the walk.
    explicit json_walk(std::string_view text);

    /// Goes on to the next member or element. False if the closing bracket has come instead, or what is no JSON.
    bool next();

    /// The member's name as it is spelt, without its quotes; empty in an array.
    std::string_view name() const { return name_; }

    /// The text of the member's value, or of the element.
    std::string_view value();

    /// A walk through the value or the element where this one is.
    json_walk inside() const { return json_walk{text_.substr(at_)}; }

    /// Goes on behind what another walk from here, which has ended, went through: nothing is walked twice.
    void leave(json_walk const& inside) { end_ = text_.size() - inside.rest().size(); }

    /// Tells whether the closing bracket has come. False for ever if the text is cut short or no JSON.
    bool ended() const { return ended_; }

    /// What stands behind the place that it has come to: at the end, what follows the closing bracket.
    std::string_view rest() const { return text_.substr(at_); }

private:
    bool find_value();
    bool give_up();

    std::string_view text_;
    std::string_view name_;
    /// The bracket that ends it all; none once the walk has ended.
    char closing_ = '\0';
    bool begun_ = false;
    bool ended_ = false;
    /// Where the value begins, and where it ends if that is known yet.
    std::size_t at_ = 0;
    std::size_t end_ = std::string_view::npos;
};

/// The text of a member of an object, the last one of that name; empty if there is none. The name is compared as it is
/// spelt, without escapes.
std::string_view json_member(std::string_view object, std::string_view name);

/// The text on one line: without the white space between its tokens if it holds a line end, untouched otherwise.
std::string json_on_one_line(std::string_view text);

/// A string as JSON, with its quotes. Invalid UTF-8 becomes U+FFFD.
std::string json_quote(std::string_view text);

/// The same, or `null` for an empty text.
std::string json_quote_or_null(std::string_view text);

/// Texts as a JSON array.
std::string json_list(std::vector<std::string> const& texts);

/// Texts by their names as a JSON object.
std::string json_object(std::map<std::string, std::string> const& members);

} // namespace runwatch
