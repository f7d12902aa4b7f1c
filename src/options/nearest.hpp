#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// How many letters must be put in, left out, changed or swapped with their neighbour to make one word of the other,
/// whatever their case.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The word that somebody may have meant who wrote `found`; empty if none is close.
std::string nearest(std::string_view found, std::vector<std::string> const& words);

} // namespace runwatch
