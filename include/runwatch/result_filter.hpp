#pragma once

#include "runwatch/run_result.hpp"
#include "runwatch/watch.hpp"

#include <vector>

namespace runwatch {

/// Which results a sink is sent.
struct result_filter {
    /// Results that ended in one of these ways.
    std::vector<outcome> outcomes{outcome::passed, outcome::failed, outcome::error, outcome::timed_out,
                                  outcome::unwatchable};
    /// Instead: verdicts that differ from the one before of the same test.
    bool only_changes = false;

    bool operator==(result_filter const&) const = default;
};

/// Tells whether a result is to be sent. Pure.
///
/// A change is a pass after a verdict that was none, or the reverse; error and failed both count as not passed. The
/// first verdict of a test is a change if it did not pass. A run that timed out or cannot be watched has no verdict and
/// is never a change.
bool wants(result_filter const& filter, run_result const& result);

} // namespace runwatch
