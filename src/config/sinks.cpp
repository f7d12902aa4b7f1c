#include "config/sections.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <utility>

namespace runwatch {
namespace {

constexpr std::size_t longest_name = 64;

constexpr std::array<outcome, 5> outcomes{outcome::passed, outcome::failed, outcome::error, outcome::timed_out,
                                          outcome::unwatchable};

bool is_name(std::string_view text) {
    auto const fits = [](unsigned char letter) {
        return letter < 0x80 && (std::isalnum(letter) != 0 || letter == '_' || letter == '-' || letter == '.');
    };
    return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, fits) &&
           std::isalnum(static_cast<unsigned char>(text.front())) != 0;
}

result_filter read_filter(option_map& options) {
    result_filter filter;
    auto const* const on = options.find("on");
    if (on != nullptr && on->kind != option_kind::list) {
        filter.only_changes = on->kind == option_kind::text && on->text == "changed";
        if (!filter.only_changes)
            options.refuse("on",
                           "found " + describe(*on) + ", expected a list such as [failed, error], or the word changed");
        options.note("on", *on);
        return filter;
    }
    std::vector<std::string_view> words;
    std::vector<std::string> all;
    for (auto const each : outcomes) {
        words.push_back(to_string(each));
        all.emplace_back(to_string(each));
    }
    filter.outcomes.clear();
    for (auto const& word : options.read_choices("on", words, all))
        for (auto const each : outcomes)
            if (to_string(each) == word)
                filter.outcomes.push_back(each);
    return filter;
}

/// The type decides what the other options mean: it must stand there itself.
std::string read_type(option_map& options) {
    options.require("type");
    if (options.has("type") && !options.is_text("type")) {
        options.refuse("type", "expected the name of a type of sinks, written out");
        options.find("type");
        return {};
    }
    return options.read_text("type").value_or("");
}

} // namespace

std::vector<sink_settings> read_sinks(option_map& options, sink_checker const& check_sink, problems& found) {
    std::vector<sink_settings> sinks;
    std::map<std::string, std::string> seen;
    for (auto* const each : options.read_maps("sinks")) {
        sink_settings sink;
        sink.name = each->require_text("name");
        sink.type = read_type(*each);
        sink.filter = read_filter(*each);
        if (!sink.name.empty() && !is_name(sink.name))
            each->refuse("name", "a sink's name is 1 to 64 letters, digits, \"_\", \"-\" or \".\", the first a letter "
                                 "or a digit");
        auto const [first, is_new] = seen.emplace(sink.name, each->place_of("name").path);
        if (!is_new && !sink.name.empty())
            each->refuse("name", "another sink has this name already: " + first->second);
        if (sink.type.empty())
            each->leave_rest();
        else
            check_sink(sink.type, *each, found);
        sink.options = each->node();
        sink.canonical = each->canonical({"name", "type", "on"});
        sinks.push_back(std::move(sink));
    }
    return sinks;
}

} // namespace runwatch
