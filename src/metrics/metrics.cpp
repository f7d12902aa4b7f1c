#include "runwatch/metrics.hpp"

#include "metrics/families.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace runwatch {
namespace {

std::optional<failure_kind> failure_of(result<test_run> const& seen) {
    return seen ? std::nullopt : std::optional{seen.error().kind};
}

} // namespace

metrics::metrics(std::string const& version, timestamp now) : families_(std::make_unique<families>()) {
    auto& all = *families_;
    all.build_info.Add({{"version", version}}).Set(1);
    all.process_start.set(seconds_since_epoch(now));
    // A config is in force from the start.
    all.reload_success.set(1);
    all.reload_time.set(seconds_since_epoch(now));
    // A counter that is there from the start is 0 before its first event, and not unknown.
    for (auto const* type : {"passed", "failed", "error", "timed_out", "unwatchable"})
        all.results.Add({{"outcome", type}});
    for (auto const* reason : pause_reasons)
        all.pauses.Add({{"reason", reason}});
    for (auto const* outcome : {"success", "failure"})
        all.reloads.Add({{"outcome", outcome}});
}

metrics::~metrics() = default;

void metrics::asked(api_request what, std::optional<failure_kind> failed, std::chrono::nanoseconds took) {
    auto& all = *families_;
    all.requests.at(static_cast<std::size_t>(what)).count(failed);
    all.request_duration.observe(took);
    if (failed == failure_kind::throttled)
        all.pauses.Add({{"reason", "throttled"}}).Increment();
    if (failed == failure_kind::refused && !std::exchange(all.refused, true))
        all.pauses.Add({{"reason", "refused"}}).Increment();
    if (!failed)
        all.refused = false;
    all.fetched = what == api_request::fetch;
    if (what == api_request::list)
        all.shown_by_list = 0;
}

void metrics::looked(step const& step, result<test_run> const& seen, timestamp now) {
    auto& all = *families_;
    all.polls.count(failure_of(seen));
    // A fetch tells of its look at once. The first look by a list is worth the request; each of the others saves one.
    if (!std::exchange(all.fetched, false) && ++all.shown_by_list > 1)
        all.requests_saved.Increment();
    if (step.status_unknown)
        all.unknown_statuses.Increment();
    if (!step.ended)
        return;
    all.results.Add({{"outcome", std::string{to_string(*step.ended)}}}).Increment();
    if (seen && is_terminal(seen->status) && seen->completed_at)
        all.detection_delay.observe(std::max<std::chrono::nanoseconds>(now - *seen->completed_at, {}));
}

void metrics::limit_is_used_up() { families_->pauses.Add({{"reason", "used_up"}}).Increment(); }

void metrics::delivered(delivery_event const& event) {
    if (event.what == delivery_event::kind::state_failed) {
        state_failed();
        return;
    }
    auto& sink = families_->sink(event.sink);
    if (event.what == delivery_event::kind::delivered)
        sink.delivered->Increment();
    else if (event.what == delivery_event::kind::given_up)
        sink.given_up->Increment();
    else
        sink.failed->Increment();
    if (event.attempt > 1)
        sink.retries->Increment();
}

void metrics::state_failed() { families_->state_failures.Increment(); }

void metrics::reloaded(bool in_force, timestamp now) {
    auto& all = *families_;
    all.reloads.Add({{"outcome", in_force ? "success" : "failure"}}).Increment();
    all.reload_success.set(in_force ? 1 : 0);
    if (in_force)
        all.reload_time.set(seconds_since_epoch(now));
}

void metrics::loop_lagged(std::chrono::nanoseconds by) { families_->loop_lag.observe(by); }

std::string metrics::text(metrics_moment const& moment) {
    families_->set(moment);
    std::ostringstream text;
    prometheus::TextSerializer{}.Serialize(text, families_->registry.Collect());
    return text.str();
}

} // namespace runwatch
