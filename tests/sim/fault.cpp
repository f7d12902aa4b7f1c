#include "sim/fault.hpp"

#include "sim/randomness.hpp"

#include <algorithm>

namespace runwatch::sim {

bool strikes(strike_rule const& rule, std::uint64_t number, std::uint64_t seed) {
    if (rule.every > 1 && number % rule.every != 0)
        return false;
    if (!rule.on.empty() && std::ranges::none_of(rule.on, [number](request_range const& range) {
            return range.first <= number && number <= range.last;
        }))
        return false;
    return rule.chance >= 1 || fraction(derive_seed(seed, number)) < rule.chance;
}

} // namespace runwatch::sim
