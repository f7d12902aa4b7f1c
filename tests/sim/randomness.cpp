#include "sim/randomness.hpp"

namespace runwatch::sim {
namespace {

/// The finalizer of splitmix64 (https://prng.di.unimi.it/splitmix64.c).
std::uint64_t scramble(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

} // namespace

std::uint64_t derive_seed(std::uint64_t seed, std::string_view text) {
    // FNV-1a, begun at the seed.
    auto hash = scramble(seed) ^ 0xcbf29ce484222325U;
    for (auto const letter : text)
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    return scramble(hash);
}

std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t number) { return scramble(scramble(seed) ^ number); }

double fraction(std::uint64_t seed) { return static_cast<double>(scramble(seed) >> 11U) * 0x1.0p-53; }

std::string make_uuid(std::uint64_t seed) {
    constexpr std::string_view digits = "0123456789abcdef";
    auto high = derive_seed(seed, 1);
    auto low = derive_seed(seed, 2);
    high = (high & ~std::uint64_t{0xf000}) | 0x4000U;
    low = (low & 0x3fffffffffffffffU) | 0x8000000000000000U;
    std::string text;
    text.reserve(36);
    for (unsigned place = 0; place < 32; ++place) {
        if (place == 8 || place == 12 || place == 16 || place == 20)
            text += '-';
        auto const half = place < 16 ? high : low;
        text += digits[(half >> (60U - 4U * (place % 16U))) & 0xfU];
    }
    return text;
}

} // namespace runwatch::sim
