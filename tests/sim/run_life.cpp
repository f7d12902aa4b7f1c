#include "sim/run_life.hpp"

#include "sim/randomness.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace runwatch::sim {
namespace {

constexpr std::array<std::string_view, 4> verdict_names{"passed", "failed", "error", "never"};

/// One sample of a distribution, from a generator that the seed alone decides.
template <class Distribution>
double sample(Distribution distribution, std::uint64_t seed) {
    std::mt19937_64 generator(seed);
    return distribution(generator);
}

duration scaled(duration unit, double factor) {
    return duration{std::llround(static_cast<double>(unit.count()) * factor)};
}

} // namespace

std::string_view name(verdict value) { return verdict_names.at(static_cast<std::size_t>(value)); }

bool is_terminal(std::string_view status) { return status == "passed" || status == "failed" || status == "error"; }

duration draw_length(length_law const& law, std::uint64_t seed) {
    if (auto const* const bell = std::get_if<lognormal>(&law))
        return scaled(bell->median, sample(std::lognormal_distribution<>(0, bell->sigma), seed));
    if (auto const* const gamma = std::get_if<shifted_gamma>(&law))
        return gamma->shift + scaled(gamma->scale, sample(std::gamma_distribution<>(gamma->shape, 1), seed));
    return std::get<duration>(law);
}

verdict draw_verdict(std::vector<weighted_verdict> const& choices, std::uint64_t seed) {
    double total = 0;
    for (auto const& choice : choices)
        total += choice.weight;
    auto left = fraction(seed) * total;
    for (auto const& choice : choices) {
        if (left < choice.weight)
            return choice.value;
        left -= choice.weight;
    }
    return choices.empty() ? verdict::passed : choices.back().value;
}

void fit(life& whole, duration length) {
    duration used{0};
    for (auto& each : whole.phases) {
        each.lasts = std::min(each.lasts, length - used);
        used += each.lasts;
    }
    if (!whole.phases.empty())
        whole.phases.back().lasts += length - used;
}

moment look(life const& whole, duration age) {
    // A phase of 0 s is skipped, but a run that never ends stays in its last one whatever its length.
    moment seen;
    duration begin{0};
    for (std::size_t index = 0; index != whole.phases.size(); ++index) {
        auto const& each = whole.phases[index];
        auto const last = index + 1 == whole.phases.size();
        auto const end = begin + each.lasts;
        auto const forever = last && whole.end == verdict::never;
        if (forever || (each.lasts > duration{0} && age < end)) {
            seen.status = each.status;
            seen.since = begin;
            seen.last_phase = last && !forever;
            return seen;
        }
        begin = end;
    }
    seen.status = whole.end == verdict::never ? std::string_view("pending") : name(whole.end);
    seen.since = begin;
    seen.ended = whole.end != verdict::never;
    return seen;
}

std::optional<duration> terminal_age(life const& whole) {
    duration begin{0};
    for (auto const& each : whole.phases) {
        if (each.lasts > duration{0} && is_terminal(each.status))
            return begin;
        begin += each.lasts;
    }
    if (whole.end == verdict::never)
        return std::nullopt;
    return begin;
}

} // namespace runwatch::sim
