#pragma once

#include "runwatch/option_node.hpp"

#include <string_view>

namespace runwatch {

/// What a scalar without quotes is. Source: YAML 1.2.2, section 10.3.2, the core schema.
option_kind kind_of_plain(std::string_view text);

} // namespace runwatch
