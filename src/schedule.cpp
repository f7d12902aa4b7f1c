#include "runwatch/schedule.hpp"

#include "schedule/lifetime.hpp"
#include "schedule/placement.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace runwatch {
namespace {

// Ages beyond a month are all alike, and fit into 32 bits.
constexpr duration oldest{30LL * 86'400'000};
/// A run that outlives all but this share is beyond what is expected.
constexpr double outlived = 0.002;
/// From there on, each gap is so much longer than the last.
constexpr double tail_growth = 1.3;
/// Queueing and judging come on top of a test's limit.
constexpr double limit_slack = 1.25;
constexpr double limit_extra_ms = 60'000;

double milliseconds(duration span) { return static_cast<double>(span.count()); }

duration_fit usable(duration_fit const& fit) { return fit_durations({}, fit); }

/// Whether looks are at most so much of a gap from where they were if all gaps since an age were the same.
constexpr double uneven = 0.1;

bool is_even(double start, std::span<double const> looks) {
    auto const gap = (looks.back() - start) / static_cast<double>(looks.size());
    for (auto const look : looks) {
        start += gap;
        if (std::abs(look - start) > uneven * gap)
            return false;
    }
    return true;
}

/// Joins looks that lie nearly evenly behind one another into stretches, and rounds to milliseconds.
std::vector<look_stretch> joined(std::vector<double> const& looks) {
    std::vector<look_stretch> stretches;
    double start = 0;
    for (std::size_t first = 0; first < looks.size();) {
        auto last = first;
        while (last + 1 < looks.size() && is_even(start, std::span(looks).subspan(first, last + 2 - first)))
            ++last;
        auto const end = static_cast<std::uint32_t>(std::min(std::round(looks[last]), milliseconds(oldest)));
        if (stretches.empty() ? end > 0 : end > stretches.back().end)
            stretches.push_back({end, static_cast<std::uint32_t>(last + 1 - first)});
        start = looks[last];
        first = last + 1;
    }
    return stretches;
}

} // namespace

duration poll_interval(duration age, schedule_policy const& policy) {
    if (policy.fixed_interval)
        return *policy.fixed_interval;
    auto const interval = std::max(std::min(age / 10, 2 * policy.target_delay), age / 100);
    return std::min(std::max(interval, policy.min_interval), policy.max_interval);
}

check_plan::check_plan() : check_plan(plan_checks(default_prior(), schedule_policy{})) {}

check_plan::check_plan(std::vector<look_stretch> stretches, duration min_interval, duration max_interval)
    : stretches_(std::move(stretches)), min_interval_(min_interval), max_interval_(max_interval) {}

duration check_plan::next(duration age) const {
    auto const now = milliseconds(std::clamp(age, duration{0}, oldest));
    // The last look of a stretch is the next one until half of its gap is left.
    double start = 0;
    auto gap = milliseconds(max_interval_);
    auto found = stretches_.begin();
    for (; found != stretches_.end(); ++found) {
        auto const width = (found->end - start) / found->looks;
        if (now < found->end - width / 2) {
            gap = width;
            break;
        }
        start = found->end;
    }
    auto const passed = std::max(std::floor((now - start) / gap + 0.5), 0.0);
    auto const look = duration{std::llround(start + (passed + 1) * gap)};
    return std::clamp(look - std::clamp(age, duration{0}, oldest), min_interval_, max_interval_);
}

check_plan plan_checks(duration_fit const& fit, schedule_policy const& policy, std::optional<duration> max_duration) {
    if (policy.fixed_interval) {
        auto const interval = std::max(*policy.fixed_interval, duration{1});
        return {{}, interval, interval};
    }
    auto const min_interval = std::clamp(policy.min_interval, duration{1}, oldest);
    auto const max_interval = std::clamp(policy.max_interval, min_interval, oldest);
    auto const target = std::clamp(policy.target_delay, duration{1}, oldest);

    auto const sane = usable(fit);
    auto const limit = max_duration && *max_duration > duration{0}
                           ? milliseconds(std::min(*max_duration, oldest)) * limit_slack + limit_extra_ms
                           : 0;
    lifetime const life(sane, limit);
    // The less is known the sooner it must be looked again; three runs say enough.
    auto const known = std::exp2(2 * std::clamp(std::isfinite(fit.weight) ? fit.weight : 0, 0.0, 20.0));
    gap_limits const limits{.least = milliseconds(min_interval),
                            .greatest = milliseconds(max_interval),
                            .early = milliseconds(min_interval) * known,
                            .early_growth = known / 10};
    auto const end = std::min(life.end(outlived), milliseconds(oldest) / 2);

    auto looks = place_looks(life, end, milliseconds(target), limits);
    double last = 0;
    double gap = limits.least;
    for (auto const look : looks) {
        gap = std::max(gap, look - last);
        last = look;
    }
    for (gap *= tail_growth; gap < limits.greatest; gap *= tail_growth)
        looks.push_back(last += gap);
    return {joined(looks), min_interval, max_interval};
}

} // namespace runwatch
