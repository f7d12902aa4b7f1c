#include "runwatch/settle.hpp"

#include <algorithm>

namespace runwatch {

using namespace std::chrono_literals;

duration retry_policy::longest() const { return waits.empty() ? duration{0} : *std::ranges::max_element(waits); }

retry_policy webhook_retries() {
    // Source: standard-webhooks.com, "Operational considerations", the schedule it proposes.
    return {{5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h}, false};
}

retry_policy local_retries() { return {{500ms, 1s, 2s, 4s, 8s, 16s, 30s}, true}; }

duration retry_wait(unsigned failures, retry_policy const& policy, double jitter) {
    if (policy.waits.empty())
        return duration{0};
    auto const index = std::min<std::size_t>(std::max(failures, 1U), policy.waits.size()) - 1;
    auto const wait = policy.waits[index];
    return wait + std::chrono::duration_cast<duration>(wait * (0.1 * std::clamp(jitter, 0.0, 1.0)));
}

settlement settle(unsigned attempts, result<void> const& outcome, retry_policy const& policy, double jitter) {
    settlement settled;
    if (outcome) {
        settled.state = delivery_state::delivered;
        return settled;
    }
    auto const failed = outcome.error();
    settled.error = failed.message;
    switch (failed.kind) {
    case failure_kind::gone:
        // Still owed: whoever lifts the stop gets it.
        settled.stop_sink = true;
        return settled;
    case failure_kind::permanent:
        settled.state = delivery_state::dead;
        return settled;
    case failure_kind::throttled:
        settled.pause = failed.retry_after;
        [[fallthrough]];
    case failure_kind::transient:
    case failure_kind::not_found:
    case failure_kind::refused:
        break;
    }
    settled.sink_fails = true;
    if (attempts > policy.waits.size() && !policy.for_ever) {
        settled.state = delivery_state::dead;
        return settled;
    }
    settled.wait = std::max(retry_wait(attempts, policy, jitter), settled.pause.value_or(duration{0}));
    return settled;
}

} // namespace runwatch
