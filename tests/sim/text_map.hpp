#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace runwatch::sim {

/// Hashes any text alike, so that a map can be searched without making a string.
struct text_hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

/// A hash map from texts.
template <class Value>
using text_map = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

} // namespace runwatch::sim
