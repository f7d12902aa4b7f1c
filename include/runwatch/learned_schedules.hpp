#pragma once

#include "runwatch/durations.hpp"
#include "runwatch/schedule.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace runwatch {

/// The schedule of each test, as its finished runs have it.
///
/// Runs that were started together end in the order of how long they take: who learned from the first of them would
/// think that all are short, and afterwards that all are long. So durations count in the order in which runs began, and
/// a schedule takes up what was learned only when another run begins. Tests of which nothing is known share one
/// schedule. Not thread-safe.
class learned_schedules {
public:
    explicit learned_schedules(schedule_policy policy);

    void set_policy(schedule_policy policy);

    /// A run of the test took so long. It counts from renew() on.
    void learn(std::string_view test_id, observed_duration taken);

    /// What was learned by another process, in the order in which the runs began. It counts at once.
    void recall(std::string_view test_id, std::vector<observed_duration> taken);

    /// Lets the schedule of a test take up what was learned: a run of it begins.
    void renew(std::string_view test_id);

    /// Runs of the test are not allowed to last longer.
    void limit(std::string_view test_id, std::optional<duration> max_duration);

    /// Valid until anything else is called.
    check_plan const& plan_of(std::string_view test_id);

    /// Within which most runs of the test end; nothing unless enough of them are known.
    std::optional<duration_range> usual(std::string_view test_id);

    /// How many runs of the test are known.
    std::size_t known(std::string_view test_id) const;

private:
    struct test {
        /// In the order in which they began.
        std::vector<observed_duration> taken;
        std::optional<duration> max_duration;
        duration_fit fit;
        check_plan plan;
        /// The plan follows from the policy, and from all that was learned.
        bool is_computed = false;
        bool is_current = false;
    };

    static duration_fit fit_of(test const& known, duration_fit const& prior);
    test& add(std::string_view test_id);
    test* find(std::string_view test_id);
    void compute(test& known);
    void renew_prior();

    schedule_policy policy_;
    /// By their ids in lower case.
    std::unordered_map<std::string, test> tests_;
    duration_fit prior_;
    check_plan prior_plan_;
    /// What was learned since the prior was computed.
    std::size_t learned_since_ = 0;
    std::size_t learned_ = 0;
};

} // namespace runwatch
