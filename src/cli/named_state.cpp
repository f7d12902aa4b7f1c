#include "cli/named_state.hpp"

#include "cli/config_option.hpp"
#include "cli/usage_error.hpp"
#include "runwatch/text.hpp"

#include <algorithm>

namespace runwatch::cli {

namespace {

/// Loads what is known of a config whose state other processes can see.
config_outline load_shared(std::string const& config_file) {
    auto outline = load_known(config_file);
    if (outline.state.is_in_memory())
        throw state_error{"the state of " + config_file +
                          " is in the memory of its daemon, where nobody else sees it; "
                          "name a file in state.path"};
    return outline;
}

} // namespace

named_state::named_state(std::string const& config_file)
    : config(config_file), outline(load_shared(config_file)), reader(outline.state.path), editor(outline.state.path) {}

void named_state::check_sink(std::string const& name) const {
    auto names = names_of(outline.sinks);
    for (auto const& sink : reader.sinks())
        if (std::ranges::find(names, sink.name) == names.end())
            names.push_back(sink.name);
    if (std::ranges::find(names, name) == names.end())
        throw usage_error{"neither " + config + " nor the state has a sink \"" + to_printable(name) + '"' +
                          suggest(name, names)};
}

std::map<std::string, std::string> named_state::stopped() const {
    std::map<std::string, std::string> all;
    for (auto const& sink : reader.sinks())
        if (sink.stopped_why)
            all.emplace(sink.name, *sink.stopped_why);
    return all;
}

std::vector<std::string> names_of(std::vector<sink_settings> const& sinks) {
    std::vector<std::string> names;
    names.reserve(sinks.size());
    for (auto const& sink : sinks)
        names.push_back(sink.name);
    return names;
}

} // namespace runwatch::cli
