#pragma once

#include "runwatch/option_node.hpp"
#include "runwatch/problems.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace runwatch {

/// The most that a config file may hold, in bytes.
inline constexpr std::size_t longest_config = std::size_t{1024} * 1024;

/// Reads one YAML document, with the types of YAML 1.2's core schema. Reports what no config may hold: text that is not
/// valid YAML or UTF-8, keys that are there twice, merges (`<<`), tags, keys that are no text. Returns what can be read
/// in spite of that, if anything.
std::optional<option_node> read_yaml(std::string_view text, std::string const& file, problems& found);

} // namespace runwatch
