#pragma once

#include "sim/http_text.hpp"
#include "sim/limits.hpp"
#include "sim/render.hpp"
#include "sim/world.hpp"

#include <string>
#include <vector>

namespace runwatch::sim {

/// The API: turns a request at a time into an answer, according to the scenario. It knows no sockets and no clock.
///
/// The scenario must outlive it.
class api {
public:
    /// `epoch` is the time of day at which the simulation began. An empty key accepts every bearer.
    api(scenario const& play, timestamp epoch, std::string const& api_key);

    /// Answers a request that came `now` after the simulation began.
    answer handle(request const& asked, duration now);

    world const& state() const { return world_; }

    /// Every run that has appeared, `{"TEST/RUN": status}`.
    std::string runs_json(duration now);

    /// The time of day as the stand-in believes it, including the scenario's clock skew.
    timestamp time_of_day(duration now) const { return epoch_ + now; }

private:
    answer admit(request const& asked, route const& way, duration now);
    answer carry_out(request const& asked, route const& way, known_run* run, run_tweaks const& tweaks, duration now);
    answer list_runs(route const& way, std::vector<known_run*> const& all, known_test* grows, run_tweaks tweaks,
                     duration now);
    bool draws(known_run const& run, std::uint64_t matter, double chance) const;
    answer list_tests(route const& way, duration now) const;
    answer list_suites(duration now) const;
    answer create_runs(route const& way, duration now);
    answer trigger(request const& asked, route const& way, duration now);
    fault const* strike(route const& way, known_run const* run);
    duration draw_latency() const;

    scenario const& play_;
    timestamp epoch_;
    std::string bearer_;
    world world_;
    rate_budget budget_;
    idempotency_log posts_;
    /// How many requests each fault of the scenario might have struck so far.
    std::vector<std::uint64_t> fault_requests_;
    std::uint64_t requests_ = 0;
};

} // namespace runwatch::sim
