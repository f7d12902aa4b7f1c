#pragma once

#include "runwatch/log_settings.hpp"
#include "runwatch/time.hpp"

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// One thing that a line of the log tells besides its message, under a name in snake_case.
struct log_field {
    std::string_view name;
    std::string value;
};

/// What happened, to whom it may concern.
///
/// Lines go to a descriptor, or where that is the journal as entries to it, from a thread of the log's own: a reader
/// that is slow or gone never delays who logs. When more than some thousand lines wait, the oldest are dropped. Any
/// thread.
class log {
public:
    using fields = std::initializer_list<log_field>;

    /// Writes to a descriptor, which must stay open as long as the log.
    log(log_settings const& settings, int descriptor);

    /// Writes what still waits, unless its reader does not read: then it waits half a second, and drops it. For the
    /// journal it waits.
    ~log();

    log(log const&) = delete;
    log& operator=(log const&) = delete;

    /// What holds from the next line on.
    void set(log_settings const& settings);

    /// The message is lower case, its subject first, and the same whatever the fields say.
    void debug(std::string_view message, fields about = {}) { write(log_level::debug, message, about); }

    void info(std::string_view message, fields about = {}) { write(log_level::info, message, about); }

    void warning(std::string_view message, fields about = {}) { write(log_level::warning, message, about); }

    void error(std::string_view message, fields about = {}) { write(log_level::error, message, about); }

private:
    class backend;

    void write(log_level level, std::string_view message, fields about);

    std::unique_ptr<backend> backend_;
};

/// Spells a level as the config does.
std::string_view to_string(log_level level);

/// A line of the log for people, without its line end: `2026-11-24T10:15:04.120Z warning: poll failed run=a/b`. Values
/// are made printable, and quoted unless they are one plain word.
std::string log_line_as_text(timestamp time, log_level level, std::string_view message,
                             std::span<log_field const> about);

/// The same as a JSON object.
std::string log_line_as_json(timestamp time, log_level level, std::string_view message,
                             std::span<log_field const> about);

/// The same as fields of a journal entry, such as `PRIORITY=6`. MESSAGE is the line for people without time and level;
/// the other fields have their names in capitals, and a run also shows as TEST_ID and RUN_ID. No field holds a zero
/// byte.
std::vector<std::string> log_line_as_journal_fields(log_level level, std::string_view message,
                                                    std::span<log_field const> about);

} // namespace runwatch
