#include "runwatch/options.hpp"

#include "options/nearest.hpp"
#include "options/values.hpp"
#include "runwatch/units.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace runwatch {

std::optional<option_map::text_value> option_map::scalar(std::string_view key, std::string_view expected) {
    auto const* const node = find(key);
    return node == nullptr ? std::nullopt : text_of(*node, expected);
}

bool option_map::is_text(std::string_view key) const {
    auto const* const value = node_.find(key);
    return value != nullptr && value->kind == option_kind::text;
}

bool option_map::is_written_out(std::string_view key) const {
    auto const* const value = node_.find(key);
    return value != nullptr && value->kind != option_kind::map;
}

std::optional<duration> option_map::read_duration(std::string_view key, duration_limits limits) {
    constexpr std::string_view expected = "a duration with its unit, as in 250ms, 30s, 5m, 24h or 7d";
    auto const value = scalar(key, expected);
    if (!value)
        return std::nullopt;
    auto const read = parse_duration(value->text);
    if (!read || *read < limits.least || *read > limits.most) {
        mismatch(*node_.find(key), *value,
                 !read ? std::string{expected}
                       : "a duration from " + spell_duration(limits.least) + " to " + spell_duration(limits.most));
        return std::nullopt;
    }
    note(key, value->written_out ? text_node(spell_duration(*read)) : value->shown, value->hash);
    return read;
}

duration option_map::read_duration(std::string_view key, duration otherwise, duration_limits limits) {
    if (auto const value = read_duration(key, limits))
        return *value;
    note(key, text_node(spell_duration(otherwise)));
    return otherwise;
}

std::optional<std::uint64_t> option_map::read_size(std::string_view key, number_limits limits) {
    constexpr std::string_view expected = "a size with its unit, as in 512B, 64KiB, 50MiB or 2GiB";
    auto const value = scalar(key, expected);
    if (!value)
        return std::nullopt;
    auto const read = parse_size(value->text);
    if (!read || *read < limits.least || *read > limits.most) {
        mismatch(*node_.find(key), *value,
                 !read ? std::string{expected}
                       : "a size from " + format_size(limits.least) + " to " + format_size(limits.most));
        return std::nullopt;
    }
    note(key, value->written_out ? text_node(format_size(*read)) : value->shown, value->hash);
    return read;
}

std::uint64_t option_map::read_size(std::string_view key, std::uint64_t otherwise, number_limits limits) {
    if (auto const value = read_size(key, limits))
        return *value;
    note(key, text_node(format_size(otherwise)));
    return otherwise;
}

std::optional<std::uint64_t> option_map::read_number(std::string_view key, number_limits limits) {
    auto const* const node = find(key);
    if (node == nullptr)
        return std::nullopt;
    std::uint64_t number = 0;
    auto const* const end = node->text.data() + node->text.size();
    auto const [stop, error] = std::from_chars(node->text.data(), end, number);
    if (node->kind != option_kind::number || error != std::errc{} || stop != end || number < limits.least ||
        number > limits.most) {
        problems_.error(node->place, "found " + describe(*node) + ", expected a whole number from " +
                                         std::to_string(limits.least) + " to " + std::to_string(limits.most));
        return std::nullopt;
    }
    note(key, plain_node(option_kind::number, std::to_string(number)));
    return number;
}

std::uint64_t option_map::read_number(std::string_view key, std::uint64_t otherwise, number_limits limits) {
    if (auto const value = read_number(key, limits))
        return *value;
    note(key, plain_node(option_kind::number, std::to_string(otherwise)));
    return otherwise;
}

bool option_map::read_flag(std::string_view key, bool otherwise) {
    auto const* const node = find(key);
    auto flag = otherwise;
    if (node != nullptr && node->kind == option_kind::flag)
        flag = node->text.front() == 't' || node->text.front() == 'T';
    else if (node != nullptr)
        problems_.error(node->place, "found " + describe(*node) + ", expected true or false");
    note(key, plain_node(option_kind::flag, flag ? "true" : "false"));
    return flag;
}

std::optional<std::string> option_map::word_of(option_node const& node, std::vector<std::string_view> const& words,
                                               option_node& shown, std::size_t& hash) {
    std::string expected;
    for (auto const& word : words)
        expected.append(expected.empty() ? words.size() == 1 ? "" : "one of " : ", ").append(word);
    auto value = text_of(node, expected);
    if (!value)
        return std::nullopt;
    if (std::ranges::find(words, value->text) == words.end()) {
        auto const meant = value->written_out ? nearest(value->text, {words.begin(), words.end()}) : std::string{};
        mismatch(node, *value, meant.empty() ? expected : expected + "; did you mean \"" + meant + "\"?");
        return std::nullopt;
    }
    shown = std::move(value->shown);
    hash = value->hash;
    return std::move(value->text);
}

std::optional<std::string> option_map::read_choice(std::string_view key, std::vector<std::string_view> const& words) {
    auto const* const node = find(key);
    option_node shown;
    std::size_t hash = 0;
    auto word = node == nullptr ? std::nullopt : word_of(*node, words, shown, hash);
    if (word)
        note(key, std::move(shown), hash);
    return word;
}

std::vector<std::string> option_map::read_choices(std::string_view key, std::vector<std::string_view> const& words,
                                                  std::vector<std::string> otherwise) {
    std::vector<std::string> chosen;
    if (auto const* const items = list_of(key, "words"))
        for (auto const& item : *items) {
            option_node shown;
            std::size_t hash = 0;
            auto word = word_of(item, words, shown, hash);
            if (word && std::ranges::find(chosen, *word) != chosen.end())
                problems_.error(item.place, "\"" + *word + "\" is there twice");
            else if (word)
                chosen.push_back(std::move(*word));
        }
    if (chosen.empty())
        chosen = std::move(otherwise);
    std::vector<option_node> all;
    all.reserve(chosen.size());
    for (auto const& word : chosen)
        all.push_back(text_node(word));
    note(key, list_node(std::move(all)));
    return chosen;
}

} // namespace runwatch
