#pragma once

#include "runwatch/option_node.hpp"
#include "runwatch/secret_source.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace runwatch {

/// Stands for what must not be shown.
inline constexpr std::string_view hidden = "***";

inline constexpr std::string_view expected_text = "a text, or {env: NAME} or {file: PATH}";

bool has_control_characters(std::string_view text);

/// A path as the config means it: relative to the folder of its file.
std::string absolute_path(std::string const& path, option_place const& at);

/// Tells texts apart within this process, for those that must not be shown.
std::size_t hash_of(std::string const& text);

/// The source as it is written in a config, `{env: NAME}`.
option_node shown_source(secret_source const& source);

} // namespace runwatch
