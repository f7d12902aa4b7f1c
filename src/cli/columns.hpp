#pragma once

#include "runwatch/run.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch::cli {

/// Texts for a view that counts columns: only of ASCII the width is known.

/// The text with every other character as `?`, and harmless: it may come from anywhere.
std::string ascii(std::string_view text);

/// The text with blanks behind it up to so many columns.
std::string padded(std::string text, std::size_t width);

/// Beginning and end of an id that is too long, at least 4 columns of it: either may be what tells it from others.
std::string shortened(std::string const& id, std::size_t width);

/// `TEST_ID/RUN_ID` in so many columns: whole if it fits, else with both ids shortened, to 10 columns at least.
std::string short_ref(run_key const& key, std::size_t width);

/// A table as lines: columns two blanks apart, the last one as it is. All rows have as many cells as the first.
std::vector<std::string> aligned(std::vector<std::vector<std::string>> const& rows);

} // namespace runwatch::cli
