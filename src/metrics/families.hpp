#pragma once

#include "runwatch/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace runwatch {

inline constexpr std::array pause_reasons{"refused", "throttled", "used_up"};

/// As Prometheus has it: with fractions.
double seconds_since_epoch(timestamp time);

/// A histogram of times in seconds.
class time_histogram {
public:
    time_histogram(prometheus::Registry& registry, std::string const& name, std::string const& help,
                   std::vector<double> const& buckets);

    void observe(std::chrono::nanoseconds time);

private:
    prometheus::Histogram& held_;
};

/// A gauge without labels.
class single_gauge {
public:
    single_gauge(prometheus::Registry& registry, std::string const& name, std::string const& help);

    void set(double value) { held_.Set(value); }

private:
    prometheus::Gauge& held_;
};

/// Counts what came of something: a success, or a failure of a kind. No look-up by label for what happens thousands of
/// times a second.
class outcome_counters {
public:
    outcome_counters(prometheus::Family<prometheus::Counter>& family, prometheus::Labels labels);

    void count(std::optional<failure_kind> failed);

private:
    std::array<prometheus::Counter*, 7> by_outcome_{};
};

/// All metrics. One that is new belongs into docs/metrics.md, too: a test compares the two.
struct metrics::families {
    families();

    /// What is told of one sink.
    struct of_sink {
        prometheus::Counter* delivered;
        prometheus::Counter* failed;
        prometheus::Counter* given_up;
        prometheus::Counter* retries;
        prometheus::Gauge* pending;
        prometheus::Gauge* dead;
        prometheus::Gauge* orphaned;
        prometheus::Gauge* oldest;
    };

    /// Sets what is measured at the moment.
    void set(metrics_moment const& moment);

    /// Makes it if there is none yet.
    of_sink& sink(std::string const& name);

    prometheus::Registry registry;

    prometheus::Family<prometheus::Gauge>& build_info;
    prometheus::Family<prometheus::Gauge>& watched;
    outcome_counters polls;
    /// Indexed by what was asked.
    std::array<outcome_counters, 4> requests;
    time_histogram request_duration;
    prometheus::Counter& requests_saved;
    time_histogram detection_delay;
    single_gauge lateness;
    single_gauge requests_per_second;
    prometheus::Family<prometheus::Gauge>& paused;
    prometheus::Family<prometheus::Counter>& pauses;
    prometheus::Counter& unknown_statuses;
    prometheus::Family<prometheus::Counter>& results;
    single_gauge results_to_record;
    prometheus::Family<prometheus::Counter>& attempts;
    prometheus::Family<prometheus::Counter>& retries;
    prometheus::Family<prometheus::Gauge>& unsettled;
    prometheus::Family<prometheus::Gauge>& oldest;
    prometheus::Counter& state_failures;
    prometheus::Family<prometheus::Counter>& reloads;
    single_gauge reload_success;
    single_gauge reload_time;
    time_histogram loop_lag;
    single_gauge process_start;
    prometheus::Counter& process_cpu;
    single_gauge process_memory;
    single_gauge process_descriptors;

    /// The API refuses the key at present.
    bool refused = false;
    /// The last answer was that to a fetch, and nobody was told of the look yet.
    bool fetched = false;
    /// Looks that the last list has brought so far.
    std::size_t shown_by_list = 0;

private:
    void set_deliveries(std::vector<delivery_count> const& owed, metrics_moment const& moment);
    void forget_sinks_but(std::set<std::string> const& named);

    std::map<std::string, of_sink> sinks_;
};

} // namespace runwatch
