#pragma once

#include "runwatch/state_records.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace runwatch::cli {

/// `name=text, …`, harmless.
std::string shown_labels(std::map<std::string, std::string> const& labels);

/// Watches for people: a line each, and how many there are. Fits so many columns where that is possible; 0 for no
/// limit. Harmless, whatever the API or a config said.
std::string watch_table(std::span<watch_record const> watches, timestamp now, std::size_t columns);

} // namespace runwatch::cli
