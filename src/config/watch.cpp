#include "config/sections.hpp"
#include "options/nearest.hpp"
#include "runwatch/telnyx.hpp"
#include "runwatch/text.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace runwatch {
namespace {

/// The run that a watch names; nothing if it names none, or what it names cannot be told.
std::optional<run_key> read_run(option_map& entry, std::string const& base_url) {
    auto const text = entry.require_text("run");
    // Without a base URL nobody knows which URLs lie under it, and that there is none has been reported.
    if (text.empty() || (base_url.empty() && text.find("://") != std::string::npos))
        return std::nullopt;
    auto const key = parse_ref(text, base_url);
    if (!key)
        entry.refuse("run", entry.is_written_out("run") ? key.error().message
                                                        : "what it names holds no run: write TEST_ID/RUN_ID, or the "
                                                          "URL of the run under the base URL");
    return key ? std::optional{*key} : std::nullopt;
}

} // namespace

std::vector<std::string> read_sink_names(option_map& entry, std::vector<sink_settings> const& sinks, problems& found) {
    auto names = entry.read_texts("sinks");
    std::vector<std::string> known;
    known.reserve(sinks.size());
    for (auto const& sink : sinks)
        known.push_back(sink.name);
    auto const* const items = entry.find("sinks");
    // If some were no texts, the places are not those of the names.
    if (items == nullptr || items->items.size() != names.size())
        return names;
    std::set<std::string> seen;
    for (std::size_t index = 0; index != names.size(); ++index) {
        auto const& name = names[index];
        auto const place = entry.place_of("sinks", index);
        // What a variable or a file holds may be anything, and is not quoted.
        auto const written_out = items->items[index].kind == option_kind::text;
        if (!seen.insert(name).second) {
            found.error(place, written_out ? '"' + name + "\" is there twice" : "what it names is there twice");
        } else if (std::ranges::find(known, name) == known.end()) {
            auto const meant = nearest(name, known);
            found.error(place, !written_out ? "no sink has the name that it holds"
                                            : "no sink is named \"" + to_printable(name) + '"' +
                                                  (meant.empty() ? "" : "; did you mean \"" + meant + "\"?"));
        }
    }
    return names;
}

std::vector<watch_entry> read_watch(option_map& options, std::string const& base_url,
                                    std::vector<sink_settings> const& sinks, problems& found) {
    std::vector<watch_entry> watch;
    std::unordered_map<run_key, std::string> seen;
    for (auto* const entry : options.read_maps("watch")) {
        watch_entry one;
        auto const key = read_run(*entry, base_url);
        one.labels = entry->read_text_map("labels");
        one.sinks = read_sink_names(*entry, sinks, found);
        if (!key)
            continue;
        auto const [first, is_new] = seen.emplace(*key, entry->place_of("run").path);
        if (!is_new)
            entry->refuse("run", "the run is named already by " + first->second);
        one.run = *key;
        watch.push_back(std::move(one));
    }
    return watch;
}

} // namespace runwatch
