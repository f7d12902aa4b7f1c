#include "runwatch/schedule.hpp"

#include "schedule/lifetime.hpp"
#include "schedule/placement.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace runwatch {
namespace {

// Ages beyond a month are all alike, and fit into 32 bits.
constexpr duration oldest{30LL * 86'400'000};
/// A run that outlives all but this share is beyond what is expected.
constexpr double outlived = 0.001;
/// From there on, each gap is so much longer than the last.
constexpr double tail_growth = 1.3;
/// Queueing and judging come on top of a test's limit.
constexpr double limit_slack = 1.25;
constexpr double limit_extra_ms = 60'000;

double milliseconds(duration span) { return static_cast<double>(span.count()); }

duration_fit usable(duration_fit const& fit) { return fit_durations({}, fit); }

/// Looks may be moved by so much of their gap, to lie evenly.
constexpr double uneven = 0.1;

/// Joins looks that lie nearly evenly behind one another into stretches, and rounds to milliseconds.
class stretches {
public:
    /// Adds looks behind those before; as many others lie evenly before each.
    void add(std::vector<double> const& ages, unsigned looks_each) {
        for (std::size_t first = 0; first < ages.size();) {
            auto const last = last_even(std::span(ages).subspan(first)) + first;
            auto const end = static_cast<std::uint32_t>(std::min(std::round(ages[last]), milliseconds(oldest)));
            if (end > (list_.empty() ? 0 : list_.back().end))
                list_.push_back({end, static_cast<std::uint32_t>(last + 1 - first) * looks_each});
            start_ = ages[last];
            first = last + 1;
        }
    }

    std::vector<look_stretch> take() {
        list_.shrink_to_fit();
        return std::move(list_);
    }

private:
    /// How far from the first on they lie evenly.
    std::size_t last_even(std::span<double const> ages) const {
        // The gaps at which no look is moved by more than it may.
        double least = 0;
        double greatest = HUGE_VAL;
        std::size_t last = 0;
        for (std::size_t i = 0; i < ages.size(); ++i) {
            auto const count = static_cast<double>(i + 1);
            auto const gap = (ages[i] - start_) / count;
            if (gap < least || gap > greatest)
                break;
            last = i;
            least = std::max(least, (ages[i] - start_) / (count + uneven));
            greatest = std::min(greatest, (ages[i] - start_) / (count - uneven));
        }
        return last;
    }

    std::vector<look_stretch> list_;
    double start_ = 0;
};

} // namespace

check_plan::check_plan()
    : check_plan([]() -> check_plan const& {
          static auto const plan = plan_checks(default_prior(), schedule_policy{});
          return plan;
      }()) {}

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
    auto const limit = max_duration && *max_duration > duration{0} && *max_duration < oldest
                           ? milliseconds(*max_duration) * limit_slack + limit_extra_ms
                           : 0;
    lifetime const life(sane, limit);
    // The less is known the sooner it must be looked again; three runs say enough.
    auto const known = std::exp2(2 * std::clamp(std::isfinite(fit.weight) ? fit.weight : 0, 0.0, 20.0));
    gap_limits const limits{.least = milliseconds(min_interval),
                            .greatest = milliseconds(max_interval),
                            .early = milliseconds(min_interval) * known,
                            .early_growth = known / 10};
    // What is left must not add much to the mean delay, however late it is seen.
    auto const left = std::clamp(0.1 * milliseconds(target) / limits.greatest, 1e-5, outlived);
    auto const end = std::min(life.end(left), milliseconds(oldest) / 2);

    auto const placed = place_looks(life, end, milliseconds(target), limits);
    auto last = placed.ages.empty() ? 0 : placed.ages.back();
    auto const before = placed.ages.size() > 1 ? placed.ages[placed.ages.size() - 2] : 0;
    std::vector<double> tail;
    for (auto gap = std::max((last - before) / placed.looks_each, limits.least) * tail_growth; gap < limits.greatest;
         gap *= tail_growth)
        tail.push_back(last += gap);
    stretches looks;
    looks.add(placed.ages, placed.looks_each);
    looks.add(tail, 1);
    return {looks.take(), min_interval, max_interval};
}

} // namespace runwatch
