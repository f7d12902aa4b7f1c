#pragma once

#include "runwatch/result.hpp"
#include "runwatch/store.hpp"
#include "runwatch/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace runwatch {

/// When a delivery that failed is tried again.
struct retry_policy {
    /// The wait after the first failure, the second, …
    std::vector<duration> waits;
    /// After the last wait: go on with it for ever, instead of giving up.
    bool for_ever = false;

    /// The longest wait, without jitter.
    duration longest() const;
};

/// The schedule of Standard Webhooks: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h.
retry_policy webhook_retries();

/// Doubling from half a second to 30 s, for ever: what is on this machine comes back, or somebody mends it.
retry_policy local_retries();

/// What follows from one attempt to deliver.
struct settlement {
    delivery_state state = delivery_state::pending;
    /// For pending: how long until the next attempt.
    duration wait{0};
    /// The sink asks for nothing to be sent there for so long.
    std::optional<duration> pause;
    /// Nothing may be sent to this sink any more, until somebody says so.
    bool stop_sink = false;
    /// The failure tells of the sink, not of this delivery: others would fail as well.
    bool sink_fails = false;
    /// Why the attempt failed; empty if it did not.
    std::string error;
};

/// How long to wait after so many failures in a row (1 is the first), with up to a tenth more by `jitter` from 0 to 1.
/// Past the last wait it stays the last.
duration retry_wait(unsigned failures, retry_policy const& policy, double jitter);

/// What follows from an attempt, the `attempts`-th (1 is the first): taken, due again at a time, or given up. Pure.
settlement settle(unsigned attempts, result<void> const& outcome, retry_policy const& policy, double jitter);

} // namespace runwatch
