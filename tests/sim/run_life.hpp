#pragma once

#include "runwatch/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace runwatch::sim {

/// A status that a run has for a while. Any text is allowed: the real API may learn new statuses.
struct phase {
    std::string status;
    duration lasts{0};
};

/// How a run ends; `never` leaves it in its last phase.
enum class verdict { passed, failed, error, never };

std::string_view name(verdict value);

/// Whether the API calls this status the end of a run.
bool is_terminal(std::string_view status);

/// A verdict and how often it comes relative to the others.
struct weighted_verdict {
    verdict value = verdict::passed;
    double weight = 1;
};

/// Lengths whose logarithm is normally distributed: half of them are below the median.
struct lognormal {
    duration median{0};
    double sigma = 0;
};

/// `shift` plus a gamma-distributed length whose mean is `shape · scale`.
struct shifted_gamma {
    duration shift{0};
    double shape = 1;
    duration scale{0};
};

/// How long a run lasts from its beginning to its end.
using length_law = std::variant<duration, lognormal, shifted_gamma>;

/// Draws a length; the same seed always gives the same one.
duration draw_length(length_law const& law, std::uint64_t seed);

/// Draws a verdict according to the weights; the same seed always gives the same one.
verdict draw_verdict(std::vector<weighted_verdict> const& choices, std::uint64_t seed);

/// What happens to one run, counted from its beginning.
struct life {
    std::vector<phase> phases;
    verdict end = verdict::passed;
};

/// Makes the phases together last `length`: the last ones are cut, or the very last one is stretched.
void fit(life& whole, duration length);

/// What a run shows at one age.
struct moment {
    std::string_view status;
    /// The age at which it got this status.
    duration since{0};
    /// Whether it has reached its verdict.
    bool ended = false;
    /// Whether the verdict comes next.
    bool last_phase = false;
};

/// Looks at a life at an age; a negative age shows what it begins with. The text belongs to `whole`.
moment look(life const& whole, duration age);

/// The age at which a run first shows a terminal status, if it ever does.
std::optional<duration> terminal_age(life const& whole);

} // namespace runwatch::sim
