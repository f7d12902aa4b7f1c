#include "options/values.hpp"

#include "options/nearest.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/options.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <functional>
#include <utility>

namespace runwatch {
namespace {

struct source_key {
    std::string_view name;
    secret_source::origin origin;
};

constexpr std::array<source_key, 3> source_keys{{{"env", secret_source::origin::environment},
                                                 {"file", secret_source::origin::file},
                                                 {"credential", secret_source::origin::credential}}};

/// A signing secret could be one, too, and is none.
bool is_variable(std::string_view text) {
    auto const fits = [](unsigned char letter) { return std::isalnum(letter) != 0 || letter == '_'; };
    return std::isdigit(static_cast<unsigned char>(text.front())) == 0 && !text.starts_with("whsec_") &&
           std::ranges::all_of(text, fits);
}

} // namespace

bool has_control_characters(std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char letter) { return letter < ' ' || letter == 0x7F; });
}

std::string absolute_path(std::string const& path, option_place const& at) {
    return std::filesystem::absolute(std::filesystem::path{at.file}.parent_path() / path).lexically_normal().string();
}

std::size_t hash_of(std::string const& text) { return std::hash<std::string>{}(text); }

option_node shown_source(secret_source const& source) {
    auto map = map_node();
    for (auto const& key : source_keys)
        if (key.origin == source.from())
            add_member(map, std::string{key.name}, text_node(source.name()));
    return map;
}

std::optional<secret_source> option_map::source_of(option_node const& node, bool credentials,
                                                   std::string_view expected) {
    auto const fail = [&](option_place const& at, std::string const& found) {
        problems_.error(at, "found " + found + ", expected " + std::string{expected});
        return std::nullopt;
    };
    if (node.kind != option_kind::map)
        return fail(node.place, describe_kind(node));
    // The key may be a secret that somebody put between braces: it is not quoted.
    if (node.members.size() != 1)
        return fail(node.place, "a map of " + std::to_string(node.members.size()) + " keys");
    auto const& member = node.members.front();
    auto const key = std::ranges::find(source_keys, member.name, &source_key::name);
    if (key == source_keys.end() || (key->origin == secret_source::origin::credential && !credentials)) {
        auto at = member.place;
        at.path = node.place.path;
        auto const meant = key == source_keys.end() ? nearest(member.name, {"env", "file"}) : std::string{};
        return fail(at, "a map with another key" + (meant.empty() ? meant : " near " + meant));
    }
    auto const& name = member.value;
    if (name.kind != option_kind::text || name.text.empty() || has_control_characters(name.text))
        return fail(name.place,
                    name.text.empty() && name.kind == option_kind::text ? "an empty text" : describe_kind(name));
    switch (key->origin) {
    case secret_source::origin::environment:
        // What is no name may be the secret itself: it is not quoted.
        if (!is_variable(name.text))
            return fail(name.place, "what cannot be the name of a variable");
        return secret_source{key->origin, name.text};
    case secret_source::origin::credential:
        if (name.text.find('/') != std::string::npos || name.text == "." || name.text == "..")
            return fail(name.place, "a path");
        return secret_source{key->origin, name.text};
    default:
        return secret_source{key->origin, absolute_path(name.text, name.place)};
    }
}

std::optional<option_map::text_value> option_map::text_of(option_node const& node, std::string_view expected) {
    text_value value;
    if (node.kind == option_kind::text) {
        value.text = node.text;
        value.shown = text_node(node.text);
        if (!node.text.empty() && !has_control_characters(node.text))
            return value;
        problems_.error(node.place, node.text.empty() ? "found an empty text, expected " + std::string{expected}
                                                      : "the text holds a control character or a line end");
        return std::nullopt;
    }
    if (node.kind != option_kind::map) {
        auto message = "found " + describe(node) + ", expected " + std::string{expected};
        if (expected == expected_text && (node.kind == option_kind::number || node.kind == option_kind::flag))
            message += "; put it in quotes to make it a text";
        problems_.error(node.place, message);
        return std::nullopt;
    }
    auto source = source_of(node, false, expected);
    if (!source)
        return std::nullopt;
    try {
        value.text = source->read().reveal();
    } catch (config_error const& wrong) {
        problems_.error(node.place, wrong.what());
        return std::nullopt;
    }
    value.written_out = false;
    value.shown = shown_source(*source);
    value.hash = hash_of(value.text);
    return value;
}

void option_map::mismatch(option_node const& node, text_value const& value, std::string_view expected) {
    problems_.error(node.place, "found " + (value.written_out ? describe(node) : "another text in what it names") +
                                    ", expected " + std::string{expected});
}

} // namespace runwatch
