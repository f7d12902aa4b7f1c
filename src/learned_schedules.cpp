#include "runwatch/learned_schedules.hpp"

#include "runwatch/run.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace runwatch {
namespace {

/// As many say enough of what tests have in common.
constexpr std::size_t tests_in_prior = 64;

} // namespace

learned_schedules::learned_schedules(schedule_policy policy) : policy_(policy), prior_(default_prior()) {
    prior_plan_ = plan_checks(prior_, policy_);
}

void learned_schedules::set_policy(schedule_policy policy) {
    policy_ = policy;
    prior_plan_ = plan_checks(prior_, policy_);
    for (auto& [id, known] : tests_)
        known.is_computed = false;
}

void learned_schedules::learn(std::string_view test_id, observed_duration taken) {
    auto& known = add(test_id);
    auto const place = std::ranges::upper_bound(known.taken, taken.began, {}, &observed_duration::began);
    known.taken.insert(place, taken);
    if (known.taken.size() > durations_worth_keeping)
        known.taken.erase(known.taken.begin());
    known.is_current = false;
    ++learned_;
    ++learned_since_;
}

void learned_schedules::recall(std::string_view test_id, std::vector<observed_duration> taken) {
    auto& known = add(test_id);
    learned_ += taken.size();
    learned_since_ += taken.size();
    known.taken = std::move(taken);
    known.is_computed = false;
}

void learned_schedules::renew(std::string_view test_id) {
    if (auto* const known = find(test_id); known != nullptr && !known->is_current)
        compute(*known);
}

void learned_schedules::limit(std::string_view test_id, std::optional<duration> max_duration) {
    auto& known = add(test_id);
    known.max_duration = max_duration;
    known.is_computed = false;
}

check_plan const& learned_schedules::plan_of(std::string_view test_id) {
    auto* const known = find(test_id);
    if (known == nullptr)
        return prior_plan_;
    if (!known->is_computed)
        compute(*known);
    return known->plan;
}

std::optional<duration_range> learned_schedules::usual(std::string_view test_id) {
    auto* const known = find(test_id);
    if (known == nullptr)
        return std::nullopt;
    if (!known->is_computed)
        compute(*known);
    return usual_range(known->fit);
}

std::size_t learned_schedules::known(std::string_view test_id) const {
    auto const found = tests_.find(canonical_id(test_id));
    return found == tests_.end() ? 0 : found->second.taken.size();
}

learned_schedules::test& learned_schedules::add(std::string_view test_id) {
    auto const [place, is_new] = tests_.try_emplace(canonical_id(test_id));
    auto& added = place->second;
    if (is_new) {
        added.fit = prior_;
        added.plan = prior_plan_;
        added.is_computed = true;
    }
    return added;
}

learned_schedules::test* learned_schedules::find(std::string_view test_id) {
    auto const found = tests_.find(canonical_id(test_id));
    return found == tests_.end() ? nullptr : &found->second;
}

duration_fit learned_schedules::fit_of(test const& known, duration_fit const& prior) {
    std::vector<observed_duration> const newest_first(known.taken.rbegin(), known.taken.rend());
    return fit_durations(newest_first, prior);
}

void learned_schedules::compute(test& known) {
    // The more is known, the less one run tells of all.
    if (learned_since_ != 0 && learned_since_ * 10 >= learned_)
        renew_prior();
    known.fit = fit_of(known, prior_);
    known.plan = plan_checks(known.fit, policy_, known.max_duration);
    known.is_computed = known.is_current = true;
}

/// Computes what all tests have in common. What was computed by the last one stays: it changes little by little.
void learned_schedules::renew_prior() {
    learned_since_ = 0;
    std::vector<duration_fit> fits;
    for (auto const& [id, known] : tests_) {
        if (!known.taken.empty())
            fits.push_back(fit_of(known, default_prior()));
        if (fits.size() == tests_in_prior)
            break;
    }
    prior_ = shared_prior(fits);
    prior_plan_ = plan_checks(prior_, policy_);
}

} // namespace runwatch
