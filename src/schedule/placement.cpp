#include "schedule/placement.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace runwatch {
namespace {

/// Up to so many looks, each is placed by itself; more lie so close that the rule of thumb is as good.
constexpr double looks_placed_singly = 200;
/// How fine, in parts of the gap expected there, the ages are that a single look may be placed at.
constexpr double fineness = 8;
/// Of more looks, only every so many are placed.
constexpr double most_ages = 4'000;

/// Keller's rule: the gap is proportional to 1/√hazard ("Optimum checking schedules for systems subject to random
/// failure", Management Science 21, 1974). It neglects that looks are whole.
class even_rule {
public:
    even_rule(lifetime const& life, double end, double target_delay, gap_limits const& limits) : limits_(limits) {
        constexpr int cells = 256;
        auto const start = std::min(limits.least, end / 2);
        double age = 0;
        double expected = 0;
        double prepared = 0;
        for (int i = 0; i < cells; ++i) {
            auto const next = start * std::pow(end / start, static_cast<double>(i) / (cells - 1));
            auto const next_expected = life.expected(next);
            auto const next_prepared = life.prepared(next);
            auto const alive = std::max(1 - (prepared + next_prepared) / 2, 1e-9);
            auto const hazard = std::max(next_prepared - prepared, 1e-12) / (alive * (next - age));
            cells_.push_back({age, next, next_expected - expected, 1 / std::sqrt(hazard), limits.at(age)});
            age = next;
            expected = next_expected;
            prepared = next_prepared;
        }
        // The delay grows with the factor.
        double low = -20;
        double high = 20;
        for (int step = 0; step < 30; ++step) {
            factor_ = std::exp((low + high) / 2);
            (mean_delay() < target_delay ? low : high) = (low + high) / 2;
        }
    }

    /// What a second of delay costs, in looks, where gaps are of this factor.
    double cost_of_delay() const { return 2 / (factor_ * factor_); }

    double looks() const {
        double looks = 0;
        for (auto const& each : cells_)
            looks += (each.end - each.start) / gap(each);
        return looks;
    }

    /// Ages at so many parts of each gap, from 0 to the end.
    std::vector<double> ages(double per_look) const {
        std::vector<double> ages{0};
        double due = 1;
        double looks = 0;
        for (auto const& each : cells_) {
            auto const here = (each.end - each.start) / gap(each) * per_look;
            for (; due <= looks + here; ++due)
                ages.push_back(each.start + (due - looks) / here * (each.end - each.start));
            looks += here;
        }
        return ages;
    }

private:
    struct cell {
        double start;
        double end;
        double share;
        double unit_gap;
        double greatest;
    };

    double gap(cell const& each) const {
        return std::max(std::min(factor_ * each.unit_gap, each.greatest), limits_.least);
    }

    double mean_delay() const {
        double delay = 0;
        for (auto const& each : cells_)
            delay += each.share * gap(each) / 2;
        return delay;
    }

    std::vector<cell> cells_;
    gap_limits limits_;
    double factor_ = 1;
};

/// Places single looks at some of given ages, by dynamic programming from the last age to the first: the cost of going
/// on from a look is the least, over the next one, of a request if the run still lives, the delay of runs that end
/// between the two, and the cost of going on from there.
class single_looks {
public:
    single_looks(lifetime const& life, std::vector<double> ages, gap_limits const& limits) : ages_(std::move(ages)) {
        auto const count = ages_.size();
        expected_ = ended_by(life, &lifetime::expected);
        prepared_ = ended_by(life, &lifetime::prepared);
        first_.resize(count);
        last_.resize(count);
        for (std::size_t i = 0; i + 1 < count; ++i) {
            auto const since = ages_.begin() + static_cast<std::ptrdiff_t>(i) + 1;
            auto const from = std::lower_bound(since, ages_.end(), ages_[i] + limits.least * (1 - 1e-9));
            auto const to = std::upper_bound(from, ages_.end(), ages_[i] + limits.at(ages_[i]) * (1 + 1e-9));
            first_[i] = std::min(static_cast<std::size_t>(from - ages_.begin()), count - 1);
            last_[i] = std::max(first_[i], static_cast<std::size_t>(to - ages_.begin()) - 1);
        }
        next_.resize(count);
        cost_.resize(count);
    }

    /// Places them for a cost of delay, and returns the mean delay that follows.
    double place(double cost_of_delay) {
        auto const count = ages_.size();
        next_.back() = count - 1;
        cost_.back() = 0;
        for (auto i = count - 1; i-- > 0;) {
            auto const before = prepared_[i].share;
            // The later a look, the later the next one: delay is convex in the gap.
            auto const to = std::min(last_[i], std::max(first_[i], next_[i + 1]));
            auto best = first_[i];
            auto least = HUGE_VAL;
            for (auto next = first_[i]; next <= to; ++next) {
                auto const cost = cost_of_delay * (prepared_[next].sum - before * ages_[next]) + cost_[next];
                if (cost < least) {
                    least = cost;
                    best = next;
                }
            }
            next_[i] = best;
            cost_[i] = 1 - before + least - cost_of_delay * (prepared_[i].sum - before * ages_[i]);
        }
        double delay = 0;
        for (std::size_t i = 0; i + 1 < count; i = next_[i]) {
            auto const& from = expected_[i];
            auto const& to = expected_[next_[i]];
            delay += to.sum - from.sum - from.share * (ages_[next_[i]] - ages_[i]);
        }
        return delay;
    }

    std::vector<double> looks() const {
        std::vector<double> looks;
        for (std::size_t i = 0; i + 1 < ages_.size(); i = next_[i])
            looks.push_back(ages_[next_[i]]);
        return looks;
    }

private:
    /// The share of runs ended by an age, and its integral over age.
    struct ended {
        double share;
        double sum;
    };

    std::vector<ended> ended_by(lifetime const& life, double (lifetime::*share)(double) const) const {
        std::vector<ended> by{{0, 0}};
        for (std::size_t i = 1; i < ages_.size(); ++i) {
            auto const width = ages_[i] - ages_[i - 1];
            auto const before = by.back();
            auto const middle = (life.*share)(ages_[i] - width / 2);
            auto const now = (life.*share)(ages_[i]);
            by.push_back({now, before.sum + width * (before.share + 4 * middle + now) / 6});
        }
        return by;
    }

    std::vector<double> ages_;
    std::vector<ended> expected_;
    std::vector<ended> prepared_;
    // Where the look behind each age may be, and where it is.
    std::vector<std::size_t> first_;
    std::vector<std::size_t> last_;
    std::vector<std::size_t> next_;
    std::vector<double> cost_;
};

} // namespace

double gap_limits::at(double age) const { return std::clamp(std::max(early, age * early_growth), least, greatest); }

placed_looks place_looks(lifetime const& life, double end, double target_delay, gap_limits const& limits) {
    even_rule const rule(life, end, target_delay, limits);
    if (auto const looks = rule.looks(); looks > looks_placed_singly) {
        auto const each = std::max(std::ceil(looks / most_ages), 1.0);
        auto ages = rule.ages(1 / each);
        ages.erase(ages.begin());
        return {std::move(ages), static_cast<unsigned>(each)};
    }
    single_looks singly(life, rule.ages(fineness), limits);
    auto low = std::log(rule.cost_of_delay()) - 3;
    auto high = low + 6;
    auto longer = HUGE_VAL;
    auto shorter = 0.0;
    for (int step = 0; step < 14; ++step) {
        auto const cost = (low + high) / 2;
        auto const delay = singly.place(std::exp(cost));
        // The delay falls with its cost; by leaps, where there are few looks.
        (delay > target_delay ? low : high) = cost;
        (delay > target_delay ? longer : shorter) = delay;
    }
    singly.place(std::exp(longer - target_delay < target_delay - shorter ? low : high));
    return {singly.looks(), 1};
}

} // namespace runwatch
