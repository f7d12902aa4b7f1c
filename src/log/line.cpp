#include "runwatch/json_text.hpp"
#include "runwatch/log.hpp"
#include "runwatch/text.hpp"

#include <algorithm>
#include <cctype>

namespace runwatch {
namespace {

/// The longest value that a line for people shows.
constexpr std::size_t longest_value = 1'000;

bool is_plain_word(std::string_view text) {
    auto const is_plain = [](unsigned char letter) { return letter > ' ' && letter != '"' && letter != '='; };
    return !text.empty() && std::ranges::all_of(text, is_plain);
}

/// How systemd.journal-fields(7) counts levels, which is syslog's way.
std::string_view priority_of(log_level level) {
    switch (level) {
    case log_level::debug:
        return "7";
    case log_level::info:
        return "6";
    case log_level::warning:
        return "4";
    case log_level::error:
        return "3";
    }
    return "3";
}

std::string journal_field(std::string_view name, std::string_view value) {
    std::string field{name};
    std::ranges::transform(field, field.begin(), [](unsigned char letter) { return std::toupper(letter); });
    field.append("=").append(value);
    std::erase(field, '\0');
    return field;
}

/// The message and its fields as people read them.
std::string told(std::string_view message, std::span<log_field const> about) {
    std::string line{message};
    for (auto const& [name, value] : about) {
        auto const shown = to_printable(value, longest_value);
        line.append(" ").append(name).append("=");
        line.append(is_plain_word(shown) ? shown : json_quote(shown));
    }
    return line;
}

} // namespace

std::string_view to_string(log_level level) {
    switch (level) {
    case log_level::debug:
        return "debug";
    case log_level::info:
        return "info";
    case log_level::warning:
        return "warning";
    case log_level::error:
        return "error";
    }
    return "?";
}

std::string log_line_as_text(timestamp time, log_level level, std::string_view message,
                             std::span<log_field const> about) {
    auto line = format_timestamp(time) + ' ';
    if (level != log_level::info)
        line.append(to_string(level)).append(": ");
    return line.append(told(message, about));
}

std::string log_line_as_json(timestamp time, log_level level, std::string_view message,
                             std::span<log_field const> about) {
    auto line = "{\"time\":" + json_quote(format_timestamp(time)) + ",\"level\":" + json_quote(to_string(level)) +
                ",\"message\":" + json_quote(message);
    for (auto const& [name, value] : about)
        line.append(",").append(json_quote(name)).append(":").append(json_quote(value));
    return line + '}';
}

std::vector<std::string> log_line_as_journal_fields(log_level level, std::string_view message,
                                                    std::span<log_field const> about) {
    std::vector<std::string> fields;
    fields.push_back(journal_field("message", told(message, about)));
    fields.push_back(journal_field("priority", priority_of(level)));
    fields.emplace_back("SYSLOG_IDENTIFIER=runwatch");
    for (auto const& [name, value] : about) {
        fields.push_back(journal_field(name, value));
        auto const slash = value.find('/');
        if (name == "run" && slash != std::string::npos) {
            fields.push_back(journal_field("test_id", value.substr(0, slash)));
            fields.push_back(journal_field("run_id", value.substr(slash + 1)));
        }
    }
    return fields;
}

} // namespace runwatch
