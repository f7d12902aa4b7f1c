#include "runwatch/options.hpp"

#include "options/values.hpp"
#include "runwatch/http_client.hpp"

#include <utility>

namespace runwatch {
namespace {

/// A URL with its path and query replaced.
std::string origin_of(std::string const& url) {
    auto shown = redacted_url(url);
    auto const host = shown.find("://");
    auto const path = host == std::string::npos ? host : shown.find('/', host + 3);
    if (path == std::string::npos)
        return shown;
    return shown.substr(0, path + 1).append(hidden);
}

} // namespace

std::optional<std::string> option_map::read_text(std::string_view key) {
    auto const value = scalar(key, expected_text);
    if (!value)
        return std::nullopt;
    note(key, value->shown, value->hash);
    return value->text;
}

std::string option_map::read_text(std::string_view key, std::string otherwise) {
    if (auto const value = read_text(key))
        return *value;
    note(key, text_node(otherwise));
    return otherwise;
}

std::string option_map::require_text(std::string_view key) {
    require(key);
    return read_text(key).value_or("");
}

std::optional<std::string> option_map::read_path(std::string_view key) {
    auto const value = scalar(key, "a path, or {env: NAME} or {file: PATH}");
    if (!value)
        return std::nullopt;
    auto path = absolute_path(value->text, node_.place);
    note(key, value->written_out ? text_node(path) : value->shown, value->hash);
    return path;
}

std::string option_map::read_path(std::string_view key, std::string otherwise) {
    if (auto const value = read_path(key))
        return *value;
    note(key, text_node(otherwise));
    return otherwise;
}

std::string option_map::require_path(std::string_view key) {
    require(key);
    return read_path(key).value_or("");
}

std::optional<std::string> option_map::read_url(std::string_view key, url_display shown) {
    auto const value = scalar(key, "a URL, or {env: NAME} or {file: PATH}");
    if (!value)
        return std::nullopt;
    if (value->written_out)
        note(key, text_node(shown == url_display::origin ? origin_of(value->text) : redacted_url(value->text)),
             hash_of(value->text));
    else
        note(key, value->shown, value->hash);
    return value->text;
}

std::string option_map::require_url(std::string_view key, url_display shown) {
    require(key);
    return read_url(key, shown).value_or("");
}

std::vector<option_node> const* option_map::list_of(std::string_view key, std::string_view what) {
    auto const* const node = find(key);
    if (node == nullptr)
        return nullptr;
    if (node->kind != option_kind::list || node->items.empty()) {
        problems_.error(node->place, "found " + (node->kind == option_kind::list ? "an empty list" : describe(*node)) +
                                         ", expected a list of " + std::string{what});
        return nullptr;
    }
    return &node->items;
}

std::vector<std::string> option_map::read_texts(std::string_view key) {
    std::vector<std::string> texts;
    auto const* const items = list_of(key, "texts");
    if (items == nullptr)
        return texts;
    std::vector<option_node> shown;
    std::size_t hash = 0;
    for (auto const& item : *items)
        if (auto value = text_of(item, expected_text)) {
            texts.push_back(std::move(value->text));
            shown.push_back(std::move(value->shown));
            hash = hash * 31 + value->hash;
        }
    note(key, list_node(std::move(shown)), hash);
    return texts;
}

std::vector<std::string> option_map::require_texts(std::string_view key) {
    require(key);
    return read_texts(key);
}

std::map<std::string, std::string> option_map::read_text_map(std::string_view key, predicate const& is_secret) {
    std::map<std::string, std::string> texts;
    auto shown = map_node();
    std::size_t hash = 0;
    auto const* const node = find(key);
    if (node == nullptr)
        return texts;
    if (node->kind != option_kind::map)
        problems_.error(node->place, "found " + describe(*node) + ", expected a map of names to texts");
    else
        for (auto const& member : node->members) {
            if (member.name.empty() || has_control_characters(member.name))
                problems_.error(member.place, "the name is empty or holds a control character");
            auto const secret = is_secret && is_secret(member.name);
            if (secret && member.value.kind != option_kind::text && member.value.kind != option_kind::map) {
                problems_.error(member.value.place,
                                "found " + describe_kind(member.value) + ", expected " + std::string{expected_text});
                continue;
            }
            auto value = text_of(member.value, expected_text);
            if (!value)
                continue;
            if (value->written_out && secret) {
                value->hash = hash_of(value->text);
                value->shown = text_node(std::string{hidden});
                problems_.warn(member.value.place, "the secret stands in the config file for all to read; better name "
                                                   "its place by {env: NAME} or {file: PATH}");
            }
            add_member(shown, member.name, value->shown);
            hash = hash * 31 + value->hash;
            texts.emplace(member.name, std::move(value->text));
        }
    note(key, std::move(shown), hash);
    return texts;
}

} // namespace runwatch
