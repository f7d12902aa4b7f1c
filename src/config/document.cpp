#include "config/document.hpp"

#include "config/scalar.hpp"

#include <algorithm>
#include <utility>

namespace runwatch {
namespace {

// Aliases can make a small file as large as they like.
constexpr std::size_t most_values = 100'000;
constexpr std::size_t deepest = 32;

std::size_t size_of(option_node const& node) {
    std::size_t size = 1;
    for (auto const& item : node.items)
        size += size_of(item);
    for (auto const& member : node.members)
        size += size_of(member.value);
    return size;
}

std::size_t depth_of(option_node const& node) {
    std::size_t depth = 0;
    for (auto const& item : node.items)
        depth = std::max(depth, depth_of(item) + 1);
    for (auto const& member : node.members)
        depth = std::max(depth, depth_of(member.value) + 1);
    return depth;
}

/// Puts a copy of an anchored value where its alias stands: the ways to what is in it change.
void move_paths(option_node& node, std::size_t old_length, std::string const& path) {
    node.place.path.replace(0, old_length, path);
    for (auto& item : node.items)
        move_paths(item, old_length, path);
    for (auto& member : node.members) {
        member.place.path.replace(0, old_length, path);
        move_paths(member.value, old_length, path);
    }
}

} // namespace

bool document::expects_key() const {
    return !levels_.empty() && levels_.back().node.kind == option_kind::map && !levels_.back().has_key;
}

void document::count(option_place const& at, std::size_t values, std::size_t depth) {
    values_ += values;
    if (values_ <= most_values && depth <= deepest)
        return;
    problems_.error(at, depth > deepest ? "nested more than " + std::to_string(deepest) + " deep"
                                        : "more than " + std::to_string(most_values) + " values");
    throw given_up{};
}

option_place document::place_of_value(YAML::Mark const& mark) {
    auto at = text_.place(mark);
    if (levels_.empty())
        return at;
    auto const& in = levels_.back();
    if (in.node.kind == option_kind::list)
        at.path = in.node.place.path + '[' + std::to_string(in.node.items.size()) + ']';
    else
        at.path = in.has_key ? in.key.place.path : in.node.place.path;
    return at;
}

void document::check_tag(option_place const& at, std::string const& tag) {
    // What has no tag has one of these, without and with quotes.
    if (!tag.empty() && tag != "?" && tag != "!")
        problems_.error(at, "tags (!) are not supported");
}

void document::OnDocumentStart(YAML::Mark const& mark) {
    if (std::exchange(started_, true)) {
        problems_.error(text_.place(mark), "a second YAML document begins here; a config is one");
        throw given_up{};
    }
}

void document::OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) {
    option_node value;
    value.place = place_of_value(mark);
    // Of a value that is not there the mark is that of what comes next.
    if (!levels_.empty() && !expects_key() && !text_.has_null_at(mark)) {
        auto const& before = levels_.back().has_key ? levels_.back().key.place : levels_.back().node.place;
        value.place.line = before.line;
        value.place.column = before.column;
    }
    if (expects_key())
        add_no_key(value.place);
    else
        add_value(std::move(value), anchor);
}

void document::OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                        std::string const& value) {
    if (expects_key()) {
        add_key(mark, tag, value);
        return;
    }
    option_node scalar;
    scalar.place = place_of_value(mark);
    check_tag(scalar.place, tag);
    scalar.text = value;
    scalar.kind = tag == "?" ? kind_of_plain(value) : option_kind::text;
    add_value(std::move(scalar), anchor);
}

void document::OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) {
    auto const at = place_of_value(mark);
    auto const found = anchors_.find(anchor);
    if (expects_key()) {
        add_no_key(at);
    } else if (found == anchors_.end()) {
        problems_.error(at, "an alias (*) cannot stand within what its anchor (&) names");
        throw given_up{};
    } else {
        auto value = found->second;
        count(at, size_of(value), levels_.size() + depth_of(value));
        move_paths(value, found->second.place.path.size(), at.path);
        value.place = at;
        add_value(std::move(value), 0);
    }
}

void document::OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                               YAML::EmitterStyle::value /*style*/) {
    begin(option_kind::list, mark, tag, anchor);
}

void document::OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                          YAML::EmitterStyle::value /*style*/) {
    begin(option_kind::map, mark, tag, anchor);
}

void document::OnSequenceEnd() { end(); }

void document::OnMapEnd() { end(); }

void document::begin(option_kind kind, YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor) {
    level next;
    next.node.kind = kind;
    next.node.place = place_of_value(mark);
    next.anchor = anchor;
    check_tag(next.node.place, tag);
    count(next.node.place, 0, levels_.size());
    levels_.push_back(std::move(next));
}

void document::end() {
    auto ended = std::move(levels_.back());
    levels_.pop_back();
    if (expects_key())
        add_no_key(ended.node.place);
    else
        add_value(std::move(ended.node), ended.anchor);
}

void document::add_key(YAML::Mark const& mark, std::string const& tag, std::string const& name) {
    auto& map = levels_.back();
    auto at = text_.place(mark);
    at.path = map.node.place.path;
    if (name.empty()) {
        add_no_key(at);
        return;
    }
    check_tag(at, tag);
    map.has_key = true;
    map.key.name = name;
    map.key.place = at;
    map.key.place.path += (at.path.empty() ? "" : ".") + name;
    map.dropped = true;
    if (name == "<<" && tag == "?")
        problems_.error(at, "merges (<<) are not supported; write the keys out");
    else if (!map.names.insert(name).second)
        problems_.error(map.key.place, "the key is there twice");
    else
        map.dropped = false;
}

void document::add_no_key(option_place const& at) {
    problems_.error(at, "a key must be a text");
    levels_.back().has_key = true;
    levels_.back().dropped = true;
    levels_.back().key.place = at;
}

void document::add_value(option_node value, YAML::anchor_t anchor) {
    count(value.place, 1, levels_.size());
    if (anchor != 0)
        anchors_[anchor] = value;
    if (levels_.empty()) {
        root_ = std::move(value);
        return;
    }
    auto& in = levels_.back();
    if (in.node.kind == option_kind::list) {
        in.node.items.push_back(std::move(value));
        return;
    }
    in.key.value = std::move(value);
    if (!in.dropped)
        in.node.members.push_back(std::move(in.key));
    in.key = {};
    in.has_key = false;
}

} // namespace runwatch
