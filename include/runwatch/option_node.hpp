#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// Where something stands in a config file.
struct option_place {
    std::string file;
    /// From 1; 0 for the file as a whole.
    std::size_t line = 0;
    /// In characters, from 1.
    std::size_t column = 0;
    /// The way to it, `sinks[1].timeout`; empty for the whole file.
    std::string path;

    bool operator==(option_place const&) const = default;
};

enum class option_kind {
    /// A key without a value, `~` or `null`.
    nothing,
    flag,
    /// Whole or not; unquoted.
    number,
    text,
    list,
    map,
};

struct option_member;

/// A value of a config file as it is written, with its place. The text of a secret is in it: never print one whole.
struct option_node {
    option_kind kind = option_kind::nothing;
    option_place place;
    /// A flag, a number or a text as it is written, without quotes.
    std::string text;
    /// Of a list.
    std::vector<option_node> items;
    /// Of a map, in the order of the file; no name is there twice.
    std::vector<option_member> members;

    /// The value of a member of a map; null if there is none.
    option_node const* find(std::string_view name) const;
};

/// A key of a map with its value.
struct option_member {
    std::string name;
    /// Of the key, not the value.
    option_place place;
    option_node value;
};

/// What a value is, for a message: `"abc"`, `30`, `true`, `a list`, `a map`, `nothing`.
std::string describe(option_node const& node);

/// What a value is, for a message, where it may be secret: `a text`, `a number`, `a list`, …
std::string describe_kind(option_node const& node);

/// Writes a value as YAML in block style, every line indented by so many blanks. A map's members begin on a line of
/// their own. Text is quoted where YAML would read something else.
std::string to_yaml(option_node const& node, std::size_t indent = 0);

/// A node of the effective config.
option_node text_node(std::string text);
option_node plain_node(option_kind kind, std::string text);
option_node list_node(std::vector<option_node> items);
option_node map_node();
void add_member(option_node& map, std::string name, option_node value);

} // namespace runwatch
