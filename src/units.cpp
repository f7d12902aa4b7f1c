#include "runwatch/units.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace runwatch {
namespace {

struct unit {
    std::string_view name;
    std::int64_t milliseconds;
};

// Largest first: the order in which they may follow each other.
constexpr std::array<unit, 5> units{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

constexpr std::int64_t longest = std::int64_t{100} * 366 * units[0].milliseconds;

struct size_unit {
    std::string_view name;
    unsigned bits;
};

// Largest first.
constexpr std::array<size_unit, 5> size_units{{{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}}};

constexpr std::uint64_t largest = std::uint64_t{1024} << size_units[0].bits;

} // namespace

std::optional<duration> parse_duration(std::string_view text) {
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    if (text.empty())
        return std::nullopt;
    while (!text.empty()) {
        std::uint32_t count = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc{})
            return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        auto const name = text.substr(0, text.find_first_of("0123456789"));
        while (next_unit < units.size() && units[next_unit].name != name)
            ++next_unit;
        if (next_unit == units.size())
            return std::nullopt;
        total += count * units[next_unit++].milliseconds;
        if (total > longest)
            return std::nullopt;
        text.remove_prefix(name.size());
    }
    return duration{total};
}

std::string format_duration(duration value) {
    auto left = value.count() < 0 ? -value.count() : value.count();
    // Milliseconds beside seconds would only be noise.
    if (left >= 1'000)
        left = (left + 500) / 1'000 * 1'000;
    std::string text = value.count() < 0 ? "-" : "";
    int written = 0;
    for (auto const& each : units) {
        auto const count = left / each.milliseconds;
        if (count == 0 && (written == 0 || each.milliseconds == 1)) {
            if (written == 0)
                continue;
            break;
        }
        if (count != 0) {
            if (written != 0)
                text += ' ';
            text.append(std::to_string(count)).append(1, ' ').append(each.name);
        }
        left %= each.milliseconds;
        if (++written == 2)
            break;
    }
    return written == 0 ? "0 s" : text;
}

std::string spell_duration(duration value) {
    auto left = value.count();
    std::string text;
    for (auto const& each : units) {
        if (auto const count = left / each.milliseconds; count != 0)
            text.append(std::to_string(count)).append(each.name);
        left %= each.milliseconds;
    }
    return text.empty() ? "0s" : text;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t count = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{})
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    for (auto const& unit : size_units)
        if (unit.name == text)
            return count <= largest >> unit.bits ? std::optional{count << unit.bits} : std::nullopt;
    return std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
    for (auto const& unit : size_units)
        if (auto const one = std::uint64_t{1} << unit.bits; bytes >= one && bytes % one == 0)
            return std::to_string(bytes / one).append(unit.name);
    return "0B";
}

} // namespace runwatch
