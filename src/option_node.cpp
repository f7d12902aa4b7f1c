#include "runwatch/option_node.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/text.hpp"
#include "runwatch/units.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace runwatch {
namespace {

/// How much of a text a message quotes.
constexpr std::size_t quoted_bytes = 80;

/// How long a list may be that stands in one line.
constexpr std::size_t longest_flow = 90;

/// Tells whether a text means itself in YAML without quotes. Rather too strict than too lax.
bool is_plain_text(std::string_view text) {
    auto const fits = [](unsigned char letter) {
        return std::isalnum(letter) != 0 || letter >= 0x80 ||
               std::string_view{"_./-+@"}.find(static_cast<char>(letter)) != std::string_view::npos;
    };
    // A text that begins with a letter or a slash is neither a number nor a date.
    if (text.empty() || !(std::isalpha(static_cast<unsigned char>(text.front())) != 0 || text.front() == '/') ||
        !std::ranges::all_of(text, fits))
        return parse_duration(text) || parse_size(text);
    std::string lower{text};
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    // Some of these are flags to YAML 1.1 alone.
    for (auto const* word : {"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
        if (lower == word)
            return false;
    return to_valid_utf8(text) == text;
}

/// A key is a text to every reader of ours, whatever YAML 1.1 makes of `on`.
std::string key_yaml(std::string const& name) {
    auto const fits = [](unsigned char letter) { return std::isalnum(letter) != 0 || letter == '_' || letter == '-'; };
    auto const plain =
        !name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) != 0 && std::ranges::all_of(name, fits);
    return plain ? name : json_quote(name);
}

std::string scalar_yaml(option_node const& node) {
    if (node.kind == option_kind::nothing)
        return "null";
    if (node.kind != option_kind::text || is_plain_text(node.text))
        return node.text;
    return json_quote(node.text);
}

bool is_scalar(option_node const& node) { return node.kind != option_kind::list && node.kind != option_kind::map; }

/// Tells whether a map names where a text is.
bool is_place(option_node const& map) {
    return map.members.size() == 1 &&
           (map.find("env") != nullptr || map.find("file") != nullptr || map.find("credential") != nullptr);
}

/// The value in one line, where that is short enough to be read: a list of scalars, a map of a single one.
std::string flow_yaml(option_node const& node) {
    std::string text;
    if (is_scalar(node))
        return scalar_yaml(node);
    if (node.kind == option_kind::map) {
        if (node.members.empty())
            return "{}";
        auto const& only = node.members.front();
        if (node.members.size() != 1 || !is_scalar(only.value))
            return {};
        return '{' + key_yaml(only.name) + ": " + scalar_yaml(only.value) + '}';
    }
    for (auto const& item : node.items) {
        auto const flow = flow_yaml(item);
        // A list of options is easier to read below each other, a list of places is not.
        if (flow.empty() || item.kind == option_kind::list || (item.kind == option_kind::map && !is_place(item)))
            return {};
        text += (text.empty() ? "" : ", ") + flow;
    }
    return text.size() > longest_flow ? std::string{} : '[' + text + ']';
}

std::string list_yaml(option_node const& node, std::size_t indent) {
    std::string text;
    for (auto const& item : node.items) {
        auto const flow = flow_yaml(item);
        if (item.kind == option_kind::map && !item.members.empty()) {
            // The dash stands in the first line's indentation.
            auto lines = to_yaml(item, indent + 2);
            lines.replace(indent, 1, "-");
            text += lines;
        } else {
            text +=
                std::string(indent, ' ') + '-' + (flow.empty() ? '\n' + to_yaml(item, indent + 2) : ' ' + flow + '\n');
        }
    }
    return text;
}

} // namespace

option_node const* option_node::find(std::string_view name) const {
    auto const found = std::ranges::find(members, name, &option_member::name);
    return found == members.end() ? nullptr : &found->value;
}

std::string describe(option_node const& node) {
    switch (node.kind) {
    case option_kind::flag:
    case option_kind::number:
        return to_printable(node.text, quoted_bytes);
    case option_kind::text:
        return '"' + to_printable(node.text, quoted_bytes) + '"';
    default:
        return describe_kind(node);
    }
}

std::string describe_kind(option_node const& node) {
    switch (node.kind) {
    case option_kind::nothing:
        return "nothing";
    case option_kind::flag:
        return "true or false";
    case option_kind::number:
        return "a number";
    case option_kind::text:
        return "a text";
    case option_kind::list:
        return "a list";
    case option_kind::map:
        return "a map";
    }
    return {};
}

std::string to_yaml(option_node const& node, std::size_t indent) {
    if (node.kind == option_kind::list && !node.items.empty())
        return list_yaml(node, indent);
    if (node.kind != option_kind::map || node.members.empty())
        return std::string(indent, ' ') + flow_yaml(node) + '\n';
    std::string text;
    for (auto const& member : node.members) {
        auto const flow = flow_yaml(member.value);
        text += std::string(indent, ' ') + key_yaml(member.name) + ':' +
                (flow.empty() ? '\n' + to_yaml(member.value, indent + 2) : ' ' + flow + '\n');
    }
    return text;
}

option_node text_node(std::string text) { return plain_node(option_kind::text, std::move(text)); }

option_node plain_node(option_kind kind, std::string text) {
    option_node node;
    node.kind = kind;
    node.text = std::move(text);
    return node;
}

option_node list_node(std::vector<option_node> items) {
    option_node node;
    node.kind = option_kind::list;
    node.items = std::move(items);
    return node;
}

option_node map_node() {
    option_node node;
    node.kind = option_kind::map;
    return node;
}

void add_member(option_node& map, std::string name, option_node value) {
    map.members.push_back({std::move(name), {}, std::move(value)});
}

} // namespace runwatch
