#include "config/sections.hpp"
#include "config/yaml.hpp"
#include "runwatch/config.hpp"
#include "runwatch/units.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

constexpr char const* default_state = "/var/lib/runwatch/state.db";

/// Results that nobody takes and nobody can ask for are most likely an oversight.
void check_ways_out(config const& config, option_map const& options, problems& found) {
    if (config.sinks.empty() && !config.http.listen && (!config.watch.empty() || !config.follow.empty()))
        found.warn(options.place_of("sinks"),
                   "there are none, so results stay in the state and nobody is told; name a sink, such as "
                   "{name: console, type: stdout}");
}

} // namespace

std::string read_config_file(std::string const& path) {
    std::ifstream in{path, std::ios::binary};
    std::string text(longest_config + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    // A directory opens but does not read.
    if (!in.eof() && in.gcount() == 0)
        throw config_error{"the config file " + path + " cannot be read: " + std::strerror(errno)};
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

polling_settings read_polling(option_map& options) {
    polling_settings polling;
    polling.target_delay = options.read_duration("target_delay", polling.target_delay, {100ms, 1h});
    polling.min_interval = options.read_duration("min_interval", polling.min_interval, {100ms, 1h});
    polling.max_interval = options.read_duration("max_interval", polling.max_interval, {100ms, 24h});
    polling.give_up_after = options.read_duration("give_up_after", polling.give_up_after, {1s, 366 * 24h});
    polling.not_found_grace = options.read_duration("not_found_grace", polling.not_found_grace, {0s, 24h});
    if (polling.min_interval > polling.max_interval)
        options.refuse(options.has("min_interval") ? "min_interval" : "max_interval",
                       "min_interval (" + spell_duration(polling.min_interval) + ") is longer than max_interval (" +
                           spell_duration(polling.max_interval) + ")");
    return polling;
}

state_settings read_state(option_map& options) {
    state_settings state;
    state.path = ":memory:";
    // Everything else is a path, and made absolute.
    if (auto const* const path = options.find("path");
        path != nullptr && options.is_text("path") && path->text == state.path)
        options.note("path", *path);
    else
        state.path = options.read_path("path", default_state);
    state.keep = options.read_duration("keep", state.keep, {1h, 3660 * 24h});
    return state;
}

log_settings read_log(option_map& options) {
    log_settings log;
    log.level = options.read_choice("level", log.level,
                                    {{"debug", log_level::debug},
                                     {"info", log_level::info},
                                     {"warning", log_level::warning},
                                     {"error", log_level::error}});
    log.format =
        options.read_choice("format", log.format,
                            {{"auto", log_format::automatic}, {"text", log_format::text}, {"json", log_format::json}});
    return log;
}

watch_policy polling_settings::policy() const {
    watch_policy policy;
    policy.schedule.target_delay = target_delay;
    policy.schedule.min_interval = min_interval;
    policy.schedule.max_interval = max_interval;
    policy.give_up_after = give_up_after;
    policy.not_found_grace = not_found_grace;
    return policy;
}

option_node read_sections(std::string_view text, std::string const& file, problems& found) {
    auto root = read_yaml(text, file, found);
    if (!root)
        found.throw_if_any();
    if (root->kind != option_kind::map) {
        found.error(root->place,
                    "found " + describe_kind(*root) + ", expected a map of options, such as telnyx, sinks and watch");
        found.throw_if_any();
    }
    return *std::move(root);
}

loaded_config parse_config(std::string_view text, std::string const& file, sink_checker const& check_sink,
                           withheld_secrets withheld) {
    problems found{withheld};
    auto const root = read_sections(text, file, found);
    option_map options{root, found};
    loaded_config loaded;
    auto& config = loaded.config;
    config.telnyx = read_telnyx(options.read_map("telnyx"), found);
    config.polling = read_polling(options.read_map("polling"));
    // Sinks are read first as watches and follows name them; a config is shown with these first.
    options.note("watch", list_node({}));
    options.note("follow", list_node({}));
    config.sinks = read_sinks(options, check_sink, found);
    config.watch = read_watch(options, config.telnyx.base_url, config.sinks, found);
    config.follow = read_follow(options, config.sinks, found);
    config.state = read_state(options.read_map("state"));
    if (auto* const http = options.find_map("http"))
        config.http = read_http(*http);
    config.log = read_log(options.read_map("log"));
    config.exit =
        options.read_choice("exit", config.exit, {{"never", exit_rule::never}, {"when_idle", exit_rule::when_idle}});
    options.finish();
    check_ways_out(config, options, found);
    found.throw_if_any();
    config.effective = options.effective();
    loaded.warnings = found.warnings();
    return loaded;
}

loaded_config load_config(std::string const& path, sink_checker const& check_sink, withheld_secrets withheld) {
    return parse_config(read_config_file(path), path, check_sink, withheld);
}

std::string print_effective(config const& config) { return to_yaml(config.effective); }

} // namespace runwatch
