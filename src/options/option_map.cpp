#include "runwatch/options.hpp"

#include "options/nearest.hpp"

#include <algorithm>
#include <utility>

namespace runwatch {
namespace {

std::string join(std::vector<std::string> const& words) {
    std::string list;
    for (auto const& word : words)
        list.append(list.empty() ? "" : ", ").append(word);
    return list;
}

std::string path_of(option_place const& map, std::string_view key) {
    return map.path.empty() ? std::string{key} : map.path + '.' + std::string{key};
}

} // namespace

option_map::option_map(option_node const& of, problems& found) : node_(of), problems_(found) {}

option_place option_map::place_of(std::string_view key) const {
    if (auto const* const value = node_.find(key))
        return value->place;
    auto place = node_.place;
    place.path = path_of(place, key);
    return place;
}

option_place option_map::place_of(std::string_view key, std::size_t index) const {
    auto const* const value = node_.find(key);
    return value != nullptr && index < value->items.size() ? value->items[index].place : place_of(key);
}

void option_map::refuse(std::string_view key, std::string message) {
    problems_.error(place_of(key), std::move(message));
}

void option_map::require(std::string_view key) {
    if (!has(key))
        refuse(key, "is missing");
}

option_node const* option_map::find(std::string_view key) {
    if (std::ranges::find(known_, key) == known_.end())
        known_.emplace_back(key);
    return node_.find(key);
}

void option_map::note(std::string_view key, option_node shown, std::size_t hash) {
    kept(key, std::move(shown)).hash = hash;
}

void option_map::mix(std::string_view key, std::size_t hash) {
    auto const found = std::ranges::find(entries_, key, &entry::key);
    if (found != entries_.end())
        found->hash ^= hash;
}

option_map::entry& option_map::kept(std::string_view key, option_node shown) {
    auto found = std::ranges::find(entries_, key, &entry::key);
    if (found == entries_.end()) {
        found = entries_.emplace(entries_.end());
        found->key = key;
    }
    found->shown = std::move(shown);
    return *found;
}

option_map* option_map::find_map(std::string_view key) {
    auto const* const value = find(key);
    if (value == nullptr)
        return nullptr;
    if (value->kind != option_kind::map) {
        problems_.error(value->place, "found " + describe(*value) + ", expected a map of options");
        return nullptr;
    }
    auto& each = kept(key, map_node());
    each.maps.push_back(std::make_unique<option_map>(*value, problems_));
    return each.maps.back().get();
}

option_map& option_map::read_map(std::string_view key) {
    if (auto* const found = find_map(key))
        return *found;
    auto& each = kept(key, map_node());
    each.absent = std::make_unique<option_node>(map_node());
    each.absent->place = place_of(key);
    each.maps.push_back(std::make_unique<option_map>(*each.absent, problems_));
    return *each.maps.back();
}

std::vector<option_map*> option_map::read_maps(std::string_view key) {
    std::vector<option_map*> maps;
    auto& each = kept(key, list_node({}));
    each.is_list = true;
    auto const* const value = find(key);
    if (value == nullptr)
        return maps;
    if (value->kind != option_kind::list) {
        problems_.error(value->place, "found " + describe(*value) + ", expected a list of maps");
        return maps;
    }
    for (auto const& item : value->items) {
        if (item.kind != option_kind::map) {
            problems_.error(item.place, "found " + describe(item) + ", expected a map of options");
            continue;
        }
        each.maps.push_back(std::make_unique<option_map>(item, problems_));
        maps.push_back(each.maps.back().get());
    }
    return maps;
}

void option_map::finish() {
    for (auto const& member : node_.members) {
        if (left_ || std::ranges::find(known_, member.name) != known_.end())
            continue;
        if (auto const meant = nearest(member.name, known_); !meant.empty())
            problems_.error(member.place, "unknown key; did you mean \"" + meant + "\"?");
        else
            problems_.error(member.place, "unknown key; expected one of " + join(known_));
    }
    for (auto& each : entries_)
        for (auto& map : each.maps)
            map->finish();
}

option_node option_map::effective() const {
    auto all = map_node();
    for (auto const& each : entries_) {
        if (each.is_list) {
            std::vector<option_node> items;
            for (auto const& map : each.maps)
                items.push_back(map->effective());
            add_member(all, each.key, list_node(std::move(items)));
        } else {
            add_member(all, each.key, each.maps.empty() ? each.shown : each.maps.front()->effective());
        }
    }
    return all;
}

std::string option_map::canonical(std::vector<std::string_view> const& except) const {
    std::string text;
    for (auto const& each : entries_) {
        if (std::ranges::find(except, each.key) != except.end())
            continue;
        text += each.key + '=';
        if (each.maps.empty())
            text += to_yaml(each.shown);
        for (auto const& map : each.maps)
            text += '(' + map->canonical() + ')';
        if (each.hash != 0)
            text += '#' + std::to_string(each.hash) + '\n';
    }
    return text;
}

} // namespace runwatch
