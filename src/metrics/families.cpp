#include "metrics/families.hpp"

#include "metrics/process.hpp"

#include <algorithm>

namespace runwatch {
namespace {

using counters = prometheus::Family<prometheus::Counter>;
using gauges = prometheus::Family<prometheus::Gauge>;

/// An answer on the same continent takes a tenth of a second; telnyx.timeout is 30 s.
std::vector<double> const request_buckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

/// polling.target_delay is 3 s, polling.max_interval a minute.
std::vector<double> const delay_buckets{0.5, 1, 2, 3, 5, 7.5, 10, 20, 30, 60, 120, 300};

std::vector<double> const lag_buckets{0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5};

gauges& add_gauges(prometheus::Registry& registry, std::string const& name, std::string const& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

counters& add_counters(prometheus::Registry& registry, std::string const& name, std::string const& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Counter& add_counter(prometheus::Registry& registry, std::string const& name, std::string const& help) {
    return add_counters(registry, name, help).Add({});
}

double in_seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::array<outcome_counters, 4> requests_of(counters& family) {
    return {outcome_counters{family, {{"request", "fetch"}}}, outcome_counters{family, {{"request", "list"}}},
            outcome_counters{family, {{"request", "describe"}}},
            outcome_counters{family, {{"request", "list_suites"}}}};
}

} // namespace

double seconds_since_epoch(timestamp time) { return in_seconds(time.time_since_epoch()); }

time_histogram::time_histogram(prometheus::Registry& registry, std::string const& name, std::string const& help,
                               std::vector<double> const& buckets)
    : held_(prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets)) {}

void time_histogram::observe(std::chrono::nanoseconds time) { held_.Observe(in_seconds(time)); }

single_gauge::single_gauge(prometheus::Registry& registry, std::string const& name, std::string const& help)
    : held_(add_gauges(registry, name, help).Add({})) {}

outcome_counters::outcome_counters(prometheus::Family<prometheus::Counter>& family, prometheus::Labels labels) {
    std::size_t place = 0;
    for (auto const* outcome : {"success", "transient", "throttled", "not_found", "refused", "permanent", "gone"}) {
        labels["outcome"] = outcome;
        by_outcome_.at(place++) = &family.Add(labels);
    }
}

void outcome_counters::count(std::optional<failure_kind> failed) {
    by_outcome_.at(failed ? 1 + static_cast<std::size_t>(*failed) : 0)->Increment();
}

metrics::families::families()
    : build_info(add_gauges(registry, "runwatch_build_info", "The version that is running; always 1.")),
      watched(add_gauges(registry, "runwatch_runs_watched",
                         "Runs that are watched, by the status that the API last gave them.")),
      polls(add_counters(registry, "runwatch_polls_total",
                         "Looks at a run, by a request of its own or by a list, and what came of them."),
            {}),
      requests(requests_of(
          add_counters(registry, "runwatch_api_requests_total", "Requests to the API and what came of them."))),
      request_duration(registry, "runwatch_api_request_duration_seconds",
                       "Time from sending a request to the API to its answer.", request_buckets),
      requests_saved(add_counter(registry, "runwatch_api_requests_saved_total",
                                 "Requests that were not needed, as a list showed several runs at once.")),
      detection_delay(registry, "runwatch_detection_delay_seconds",
                      "Time from the end of a run, by the API, to its detection.", delay_buckets),
      lateness(registry, "runwatch_poll_lateness_seconds",
               "By how much the look that has been due the longest is late."),
      requests_per_second(registry, "runwatch_api_budget_requests_per_second",
                          "Requests a second that may be sent at present: the ceiling of the config, lowered by what "
                          "the API says of its limit."),
      paused(add_gauges(registry, "runwatch_api_paused", "1 while the API is not asked for this reason.")),
      pauses(add_counters(registry, "runwatch_api_pauses_total", "Times that the API was not asked for a while.")),
      unknown_statuses(add_counter(registry, "runwatch_unknown_statuses_total",
                                   "Times that a run had a status which the API's description does not list.")),
      results(add_counters(registry, "runwatch_results_total", "Runs whose watch has ended, by how.")),
      results_to_record(registry, "runwatch_results_to_record", "Results that are not in the state file yet."),
      attempts(add_counters(registry, "runwatch_delivery_attempts_total",
                            "Attempts to deliver a result to a sink, and what came of them.")),
      retries(add_counters(registry, "runwatch_delivery_retries_total",
                           "Attempts to deliver that were not the first of their delivery.")),
      unsettled(add_gauges(registry, "runwatch_deliveries_unsettled",
                           "Deliveries that a sink is owed (pending), that were given up (dead), or whose sink has "
                           "left the config (orphaned).")),
      oldest(add_gauges(registry, "runwatch_oldest_undelivered_age_seconds",
                        "For how long the oldest pending delivery of a sink has been owed; 0 if there is none.")),
      state_failures(add_counter(registry, "runwatch_state_failures_total",
                                 "Times that the state file could not be written or read.")),
      reloads(add_counters(registry, "runwatch_config_reloads_total", "Reloads of the config.")),
      reload_success(registry, "runwatch_config_last_reload_successful",
                     "1 if the last reload put the config in force, 0 if something was wrong with it."),
      reload_time(registry, "runwatch_config_last_reload_success_timestamp_seconds",
                  "When the config in force was read."),
      loop_lag(registry, "runwatch_event_loop_lag_seconds", "How late the event loop comes to what is due.",
               lag_buckets),
      process_start(registry, "process_start_time_seconds", "When the process started."),
      process_cpu(add_counter(registry, "process_cpu_seconds_total", "CPU time, user and system.")),
      process_memory(registry, "process_resident_memory_bytes", "Resident memory."),
      process_descriptors(registry, "process_open_fds", "Open file descriptors.") {}

void metrics::families::set(metrics_moment const& moment) {
    auto const set_watched = [this](char const* status, std::size_t runs) {
        watched.Add({{"status", status}}).Set(static_cast<double>(runs));
    };
    set_watched("pending", moment.watched.pending);
    set_watched("starting", moment.watched.starting);
    set_watched("running", moment.watched.running);
    set_watched("other", moment.watched.other);
    set_watched("unseen", moment.watched.unseen);
    lateness.set(in_seconds(moment.lateness));
    requests_per_second.set(moment.requests_per_second);
    for (auto const* reason : pause_reasons)
        paused.Add({{"reason", reason}}).Set(moment.pause == reason ? 1 : 0);
    results_to_record.set(static_cast<double>(moment.results_to_record));
    if (moment.deliveries)
        set_deliveries(*moment.deliveries, moment);
    if (auto const figures = read_process_figures()) {
        process_cpu.Increment(std::max(0.0, figures->cpu_seconds - process_cpu.Value()));
        process_memory.set(static_cast<double>(figures->resident_bytes));
        process_descriptors.set(static_cast<double>(figures->open_descriptors));
    }
}

metrics::families::of_sink& metrics::families::sink(std::string const& name) {
    auto const [at, is_new] = sinks_.try_emplace(name);
    auto& made = at->second;
    if (!is_new)
        return made;
    auto const attempt = [&](char const* outcome) { return &attempts.Add({{"sink", name}, {"outcome", outcome}}); };
    auto const owed = [&](char const* state) { return &unsettled.Add({{"sink", name}, {"state", state}}); };
    made.delivered = attempt("delivered");
    made.failed = attempt("failed");
    made.given_up = attempt("given_up");
    made.retries = &retries.Add({{"sink", name}});
    made.pending = owed("pending");
    made.dead = owed("dead");
    made.orphaned = owed("orphaned");
    made.oldest = &oldest.Add({{"sink", name}});
    return made;
}

/// So that the names of all sinks that ever were do not pile up.
void metrics::families::forget_sinks_but(std::set<std::string> const& named) {
    std::erase_if(sinks_, [&](auto const& each) {
        auto const& [name, gone] = each;
        if (named.contains(name))
            return false;
        for (auto* const counter : {gone.delivered, gone.failed, gone.given_up})
            attempts.Remove(counter);
        retries.Remove(gone.retries);
        for (auto* const gauge : {gone.pending, gone.dead, gone.orphaned})
            unsettled.Remove(gauge);
        oldest.Remove(gone.oldest);
        return true;
    });
}

void metrics::families::set_deliveries(std::vector<delivery_count> const& owed, metrics_moment const& moment) {
    std::set<std::string> named{moment.sinks.begin(), moment.sinks.end()};
    for (auto const& each : owed)
        named.insert(each.sink);
    forget_sinks_but(named);
    for (auto const& name : named) {
        auto const& known = sink(name);
        for (auto* const gauge : {known.pending, known.dead, known.orphaned, known.oldest})
            gauge->Set(0);
    }
    for (auto const& each : owed) {
        auto const& known = sink(each.sink);
        auto const count = static_cast<double>(each.count);
        if (each.state == delivery_state::pending) {
            known.pending->Set(count);
            known.oldest->Set(std::max(0.0, in_seconds(moment.now - each.oldest_owed_since)));
        } else if (each.state == delivery_state::dead) {
            known.dead->Set(count);
        } else if (each.state == delivery_state::orphaned) {
            known.orphaned->Set(count);
        }
    }
}

} // namespace runwatch
