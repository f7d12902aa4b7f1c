#pragma once

namespace runwatch {

enum class log_level { debug, info, warning, error };

enum class log_format {
    /// Fields of the journal where lines go there, text on a terminal, else JSON.
    automatic,
    /// A line for people: the time, the level if it is not info, the message, and its fields as key=value.
    text,
    /// One JSON object a line: `time`, `level`, `message` and the fields.
    json,
};

/// What is logged and how: `log:`.
struct log_settings {
    log_level level = log_level::info;
    log_format format = log_format::automatic;

    bool operator==(log_settings const&) const = default;
};

} // namespace runwatch
