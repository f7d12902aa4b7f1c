#include "sinks/exec_sink.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <unistd.h>

namespace runwatch {
namespace {

/// The API's key, and what systemd means for this process alone.
constexpr std::array<std::string_view, 8> never_passed_on{"TELNYX_API_KEY", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET",
                                                          "WATCHDOG_PID",   "WATCHDOG_USEC",         "LISTEN_PID",
                                                          "LISTEN_FDS",     "LISTEN_FDNAMES"};

/// A text as a variable may hold it: longer ones could keep the command from being started.
std::string as_value(std::string_view text) {
    constexpr std::size_t most_bytes = 4096;
    return std::string{text.substr(0, std::min(text.find('\0'), most_bytes))};
}

std::string label_variable(std::string_view label) {
    std::string name = "RUNWATCH_LABEL_";
    for (auto const letter : label) {
        if (letter >= 'a' && letter <= 'z')
            name += static_cast<char>(letter - 'a' + 'A');
        else
            name += (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ? letter : '_';
    }
    return name;
}

} // namespace

std::vector<std::string> command_environment(run_result const& result, std::vector<std::string> const& hidden) {
    std::map<std::string, std::string> variables;
    for (auto* const* each = environ; *each != nullptr; ++each) {
        std::string_view const text{*each};
        auto const name = text.substr(0, text.find('='));
        if (name.size() == text.size() || std::ranges::find(never_passed_on, name) != never_passed_on.end() ||
            std::ranges::find(hidden, name) != hidden.end())
            continue;
        variables.emplace(name, text.substr(name.size() + 1));
    }
    for (auto const& [name, value] : result.labels)
        variables[label_variable(name)] = as_value(value);
    variables["RUNWATCH_ID"] = result_id(result.key, result.ended);
    variables["RUNWATCH_TYPE"] = result_type(result.ended);
    variables["RUNWATCH_STATUS"] = to_string(result.ended);
    variables["RUNWATCH_TEST_ID"] = as_value(result.key.test_id);
    variables["RUNWATCH_RUN_ID"] = as_value(result.key.run_id);
    std::vector<std::string> environment;
    for (auto const& [name, value] : variables)
        environment.emplace_back(name).append("=").append(value);
    return environment;
}

} // namespace runwatch
