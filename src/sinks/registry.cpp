#include "sinks/registry.hpp"

#include "runwatch/http_client.hpp"
#include "sinks/exec_sink.hpp"
#include "sinks/file_sink.hpp"
#include "sinks/stdout_sink.hpp"
#include "sinks/webhook_sink.hpp"

#include <algorithm>
#include <array>

namespace runwatch {
namespace {

template <class Settings>
Settings named(std::string const& name, Settings settings) {
    settings.name = name;
    return settings;
}

/// To add a type of sinks, add its row.
constexpr std::array<sink_type, 4> types{{
    {"stdout", retry_pattern::for_ever, [](option_map& options, problems&) { read_stdout_settings(options); }, nullptr,
     [](std::string const& name, option_map& options, problems&,
        sink_surroundings const& around) -> std::unique_ptr<sink> {
         return std::make_unique<stdout_sink>(around.executor, named(name, read_stdout_settings(options)));
     }},
    {"file", retry_pattern::for_ever, [](option_map& options, problems&) { read_file_settings(options); }, verify_file,
     [](std::string const& name, option_map& options, problems&,
        sink_surroundings const& around) -> std::unique_ptr<sink> {
         return std::make_unique<file_sink>(named(name, read_file_settings(options)), around.clock);
     }},
    {"webhook", retry_pattern::webhook_schedule,
     [](option_map& options, problems& found) { read_webhook_settings(options, found); }, verify_webhook,
     [](std::string const& name, option_map& options, problems& found,
        sink_surroundings const& around) -> std::unique_ptr<sink> {
         auto settings = named(name, read_webhook_settings(options, found));
         found.throw_if_any();
         return std::make_unique<webhook_sink>(around.executor, std::move(settings), around.clock);
     }},
    {"exec", retry_pattern::webhook_schedule, [](option_map& options, problems&) { read_exec_settings(options); },
     verify_exec,
     [](std::string const& name, option_map& options, problems&,
        sink_surroundings const& around) -> std::unique_ptr<sink> {
         auto settings = named(name, read_exec_settings(options));
         settings.hidden_variables = around.hidden_variables;
         return std::make_unique<exec_sink>(around.executor, std::move(settings));
     }},
}};

} // namespace

sink_type const* find_sink_type(std::string_view name) {
    auto const* const found = std::ranges::find(types, name, &sink_type::name);
    return found == types.end() ? nullptr : found;
}

void check_sink(std::string const& type, option_map& options, problems& found) {
    if (auto const* const known = find_sink_type(type)) {
        known->check(options, found);
        return;
    }
    std::string names;
    for (auto const& each : types)
        names.append(names.empty() ? "" : ", ").append(each.name);
    options.refuse("type", "there is no such type of sinks, expected one of " + names);
    options.leave_rest();
}

void verify_sink(std::string const& type, option_node const& options, problems& found) {
    problems refused{withheld_secrets::overlooked};
    {
        option_map read{options, refused};
        check_sink(type, read, refused);
    }
    auto const* const known = find_sink_type(type);
    if (refused.any() || known == nullptr || known->verify == nullptr)
        return;
    option_map read{options, refused};
    known->verify(read, found);
}

std::unique_ptr<sink> make_sink(std::string const& name, std::string const& type, option_node const& options,
                                sink_surroundings const& around) {
    auto const* const known = find_sink_type(type);
    if (known == nullptr)
        throw config_error{"the sink " + name + " has a type that does not exist: " + type};
    problems found;
    option_map read{options, found};
    auto made = known->make(name, read, found, around);
    found.throw_if_any();
    return made;
}

std::vector<std::string> named_variables(option_node const& options) {
    std::vector<std::string> names;
    auto const add = [&names](option_node const& within) {
        for (auto& name : named_variables(within))
            names.push_back(std::move(name));
    };
    if (options.members.size() == 1 && options.members.front().name == "env" &&
        options.members.front().value.kind == option_kind::text)
        names.push_back(options.members.front().value.text);
    for (auto const& item : options.items)
        add(item);
    for (auto const& member : options.members)
        add(member.value);
    return names;
}

} // namespace runwatch
