#pragma once

#include "runwatch/delivery.hpp"
#include "runwatch/failure.hpp"
#include "runwatch/result.hpp"
#include "runwatch/run.hpp"
#include "runwatch/run_result.hpp"
#include "runwatch/store.hpp"
#include "runwatch/time.hpp"
#include "runwatch/watch.hpp"
#include "runwatch/watch_list.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// What is asked of the API.
enum class api_request {
    /// One run.
    fetch,
    /// A page of the runs of a test or a suite.
    list,
    /// What a test is like.
    describe,
    /// The names of all suites.
    list_suites,
};

/// How things stand at the moment, for what is measured and not counted.
struct metrics_moment {
    timestamp now;
    watched_counts watched;
    /// By how much the run that has been due the longest is late.
    duration lateness{0};
    /// Requests a second that the budget allows now; 0 for as many as may be.
    double requests_per_second = 0;
    /// Why the API is not asked, `refused`, `throttled` or `used_up`; empty if it is.
    std::string_view pause;
    /// Results that are not on the disk yet.
    std::size_t results_to_record = 0;
    /// What of each sink is not settled; nothing if the state cannot tell: what was told last then stays.
    std::optional<std::vector<delivery_count>> deliveries;
    /// The names of all sinks of the config: they are told of even if nothing is owed to them.
    std::vector<std::string> sinks;
};

/// What a daemon counts and measures, as Prometheus reads it; docs/metrics.md says what each metric tells. Its labels
/// hold nothing that grows with what is watched. Loop thread only.
class metrics {
public:
    /// The version is that of the program; `now` is when it started.
    metrics(std::string const& version, timestamp now);
    ~metrics();

    metrics(metrics const&) = delete;
    metrics& operator=(metrics const&) = delete;

    /// The API has answered a request, or a failure came of it; `took` is the time between.
    void asked(api_request what, std::optional<failure_kind> failed, std::chrono::nanoseconds took);

    /// A look was taken at a run.
    void looked(step const& step, result<test_run> const& seen, timestamp now);

    /// The API says that it allows no request for a while.
    void limit_is_used_up();

    /// Something came of a delivery.
    void delivered(delivery_event const& event);

    /// The state could not be written.
    void state_failed();

    /// The config was read anew; it is in force unless something was wrong with it.
    void reloaded(bool in_force, timestamp now);

    /// The loop came to something so much later than it was due.
    void loop_lagged(std::chrono::nanoseconds by);

    /// All of it in Prometheus' text format 0.0.4.
    std::string text(metrics_moment const& moment);

private:
    struct families;
    std::unique_ptr<families> families_;
};

} // namespace runwatch
