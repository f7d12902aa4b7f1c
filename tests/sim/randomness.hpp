#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace runwatch::sim {

/// Mixes a text into a seed. Equal on every machine and whatever the order of requests, so that a run behaves alike
/// in every play of a scenario.
std::uint64_t derive_seed(std::uint64_t seed, std::string_view text);

/// Mixes a number into a seed.
std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t number);

/// A number from 0 up to but not including 1 that the seed stands for.
double fraction(std::uint64_t seed);

/// A version 4 UUID that the seed stands for.
std::string make_uuid(std::uint64_t seed);

} // namespace runwatch::sim
