#pragma once

#include "store/sqlite.hpp"

#include <span>
#include <string_view>

namespace runwatch {

/// The steps that the state's tables have grown by: each leads from the version of its index to the next. A step that
/// was released is never changed; a new version is one more at the end.
std::span<std::string_view const> schema_steps();

/// Throws state_error unless the file is empty, or a state of ours that these steps reach. Writes nothing.
void check_schema(sqlite::database& database, std::span<std::string_view const> steps);

/// Throws state_error unless the file is a state of ours that needs none of these steps. Writes nothing.
void check_current(sqlite::database& database, std::span<std::string_view const> steps);

/// Brings a checked file up to date: all missing steps, or none.
void migrate(sqlite::database& database, std::span<std::string_view const> steps);

} // namespace runwatch
