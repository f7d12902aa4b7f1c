#include "control/answers.hpp"
#include "control/requests.hpp"
#include "options/nearest.hpp"
#include "runwatch/run_json.hpp"
#include "runwatch/telnyx.hpp"
#include "runwatch/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace json = boost::json;

namespace runwatch::control {
namespace {

// A watch and its result carry these for as long as they are kept.
constexpr std::size_t most_labels = 64;
constexpr std::size_t longest_label_name = 256;
constexpr std::size_t longest_label_text = 1'024;

std::string quoted(std::string_view text) { return '"' + to_printable(text) + '"'; }

[[noreturn]] void refuse(std::string const& name, std::string const& why) { throw refusal{400, name + ": " + why}; }

std::string suggest(std::string_view found, std::vector<std::string> const& words) {
    auto const meant = nearest(found, words);
    return meant.empty() ? "" : "; did you mean " + quoted(meant) + "?";
}

bool has_control_characters(std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char letter) { return letter < ' ' || letter == 0x7F; });
}

/// An object all of whose members are known, at a place in the body; empty for the body itself.
json::object const& read_object(json::value const& value, std::string const& place,
                                std::vector<std::string> const& known) {
    auto const at = place.empty() ? std::string{} : place + ".";
    if (!value.is_object())
        refuse(place.empty() ? "the body" : place, "expected an object");
    for (auto const& member : value.get_object())
        if (std::ranges::find(known, std::string_view{member.key()}) == known.end())
            refuse(at + to_printable(member.key()), "there is no such member here" + suggest(member.key(), known));
    return value.get_object();
}

json::array const* find_list(json::object const& object, std::string_view name, std::string const& place,
                             std::size_t most) {
    auto const* const value = object.if_contains(name);
    if (value == nullptr)
        return nullptr;
    if (!value->is_array())
        refuse(place, "expected a list");
    auto const& list = value->get_array();
    if (list.size() > most)
        refuse(place, "a list of " + std::to_string(list.size()) + " is too long: " + std::to_string(most) +
                          " at most; send several requests");
    return &list;
}

std::string read_text(json::value const& value, std::string const& place) {
    if (!value.is_string())
        refuse(place, "expected a text");
    return std::string{value.get_string()};
}

json::value parse(std::string_view body) {
    auto parsed = body.empty() ? std::nullopt : parse_foreign_json(body);
    if (!parsed)
        throw refusal{400, body.empty() ? "the body is empty: send a JSON object" : "the body is not valid JSON"};
    return std::move(*parsed);
}

std::map<std::string, std::string> read_labels(json::object const& of, std::string const& place) {
    std::map<std::string, std::string> labels;
    auto const* const value = of.if_contains("labels");
    if (value == nullptr)
        return labels;
    if (!value->is_object())
        refuse(place, "expected an object of names and texts");
    if (value->get_object().size() > most_labels)
        refuse(place, "there are more than " + std::to_string(most_labels));
    for (auto const& member : value->get_object()) {
        std::string const name{member.key()};
        auto const at = place + '.' + to_printable(name);
        auto text = read_text(member.value(), at);
        if (name.empty() || name.size() > longest_label_name || has_control_characters(name))
            refuse(at, "the name of a label is 1 to " + std::to_string(longest_label_name) +
                           " bytes without control characters");
        if (text.size() > longest_label_text || has_control_characters(text))
            refuse(at, "the text of a label is at most " + std::to_string(longest_label_text) +
                           " bytes without control characters");
        labels.emplace(name, std::move(text));
    }
    return labels;
}

std::vector<std::string> read_sinks(json::object const& of, std::string const& place,
                                    std::vector<std::string> const& sinks) {
    std::vector<std::string> names;
    auto const* const list = find_list(of, "sinks", place, most_on_a_page);
    if (list == nullptr)
        return names;
    for (std::size_t index = 0; index != list->size(); ++index) {
        auto const at = place + '[' + std::to_string(index) + ']';
        auto name = read_text((*list)[index], at);
        if (std::ranges::find(sinks, name) == sinks.end())
            refuse(at, "no sink of the config is named " + quoted(name) + suggest(name, sinks));
        if (std::ranges::find(names, name) == names.end())
            names.push_back(std::move(name));
    }
    return names;
}

watch_record read_new_watch(json::value const& value, std::string const& place, std::string_view base_url,
                            std::vector<std::string> const& sinks) {
    auto const& object = read_object(value, place, {"run", "labels", "sinks"});
    auto const* const run = object.if_contains("run");
    if (run == nullptr)
        refuse(place + ".run", "is missing: write TEST_ID/RUN_ID");
    auto const key = parse_ref(read_text(*run, place + ".run"), base_url);
    if (!key)
        refuse(place + ".run", key.error().message);
    watch_record watch;
    watch.key = *key;
    watch.labels = read_labels(object, place + ".labels");
    watch.sinks = read_sinks(object, place + ".sinks", sinks);
    watch.origin = watch_origin::api;
    return watch;
}

delivery_state read_open_state(json::value const& value, std::string const& place) {
    auto const word = read_text(value, place);
    for (auto const state : {delivery_state::pending, delivery_state::dead, delivery_state::orphaned})
        if (word == to_string(state))
            return state;
    refuse(place, quoted(word) + " is none of pending, dead and orphaned");
}

} // namespace

std::vector<watch_record> read_new_watches(std::string_view body, std::string_view base_url,
                                           std::vector<std::string> const& sinks) {
    auto const parsed = parse(body);
    auto const& object = read_object(parsed, {}, {"watches"});
    auto const* const list = find_list(object, "watches", "watches", most_on_a_page);
    if (list == nullptr || list->empty())
        refuse("watches", R"(is missing or empty: write {"watches": [{"run": "TEST_ID/RUN_ID"}]})");
    std::vector<watch_record> watches;
    watches.reserve(list->size());
    for (std::size_t index = 0; index != list->size(); ++index)
        watches.push_back(read_new_watch((*list)[index], "watches[" + std::to_string(index) + ']', base_url, sinks));
    return watches;
}

delivery_filter read_delivery_choice(std::string_view body) {
    auto const parsed = parse(body);
    auto const& object = read_object(parsed, {}, {"ids", "sink", "states", "all"});
    delivery_filter chosen;
    if (auto const* const ids = find_list(object, "ids", "ids", most_on_a_page)) {
        for (std::size_t index = 0; index != ids->size(); ++index) {
            auto const& id = (*ids)[index];
            if (!id.is_int64() || id.get_int64() < 1)
                refuse("ids[" + std::to_string(index) + ']', "expected the id of a delivery, a whole number from 1 on");
            chosen.ids.push_back(id.get_int64());
        }
        if (ids->empty())
            refuse("ids", "is empty: name deliveries, or leave it out");
    }
    if (auto const* const sink = object.if_contains("sink")) {
        chosen.sink = read_text(*sink, "sink");
        if (chosen.sink.empty())
            refuse("sink", "is empty: name a sink, or leave it out");
    }
    if (auto const* const states = find_list(object, "states", "states", most_on_a_page)) {
        for (std::size_t index = 0; index != states->size(); ++index)
            chosen.states.push_back(read_open_state((*states)[index], "states[" + std::to_string(index) + ']'));
        if (states->empty())
            refuse("states", "is empty: name states, or leave it out");
    }
    auto const* const all = object.if_contains("all");
    if (all != nullptr && !all->is_bool())
        refuse("all", "expected true or false");
    if (chosen.ids.empty() && chosen.sink.empty() && (all == nullptr || !all->get_bool()))
        throw refusal{400, R"(say which deliveries: {"ids": [1, 2]}, {"sink": "NAME"} or {"all": true})"};
    return chosen;
}

run_key read_run(std::string_view test_id, std::string_view run_id) {
    // What holds a slash cannot be told from a REF with one too many.
    auto const key = parse_ref(std::string{test_id} + '/' + std::string{run_id}, "https://none.invalid");
    if (!key)
        throw refusal{400, key.error().message};
    return *key;
}

} // namespace runwatch::control
