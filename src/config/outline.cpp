#include "config/sections.hpp"

#include <utility>

namespace runwatch {

config_outline load_outline(std::string const& path) {
    problems found;
    config_outline outline;
    outline.whole = read_sections(read_config_file(path), path, found);
    option_map options{outline.whole, found};
    outline.state = read_state(options.read_map("state"));
    outline.sinks = read_sinks(
        options, [](std::string const&, option_map& sink, problems&) { sink.leave_rest(); }, found);
    found.throw_if_any();
    problems of_http;
    option_map lenient{outline.whole, of_http};
    if (auto* const http = lenient.find_map("http"))
        outline.http = read_http(*http);
    for (auto const& problem : of_http.errors())
        outline.http_problems.append(outline.http_problems.empty() ? "" : "\n").append(problem);
    return outline;
}

option_place place_of(option_node const& whole, std::vector<std::string> const& keys) {
    auto const* node = &whole;
    auto place = whole.place;
    for (auto const& key : keys) {
        node = node == nullptr ? nullptr : node->find(key);
        auto path = place.path.empty() ? key : place.path + '.' + key;
        if (node != nullptr)
            place = node->place;
        place.path = std::move(path);
    }
    return place;
}

} // namespace runwatch
