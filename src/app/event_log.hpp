#pragma once

#include "runwatch/delivery.hpp"
#include "runwatch/log.hpp"
#include "runwatch/result.hpp"
#include "runwatch/troubles.hpp"
#include "runwatch/watch.hpp"

#include <map>
#include <set>
#include <string>

namespace runwatch {

/// Logs what happens to runs, deliveries and the state: a trouble when it begins, when its text changes and when it is
/// over, not at every attempt.
class event_log {
public:
    /// The log must outlive this.
    explicit event_log(log& to) : log_(to) {}

    /// A look was taken at a run.
    void looked(step const& step, result<test_run> const& seen);

    /// A run is not watched any more.
    void forget(run_key const& run) { troubles_.forget(run); }

    /// Something is wrong with a clock, or, if the text is empty, nothing is.
    void clock_is_wrong(std::string const& text);

    /// The API says that it allows no request for so long.
    void limit_is_used_up(duration wait);

    /// Something came of a delivery.
    void delivered(delivery_event const& event);

    /// The state could not be written or read, and is tried again after the wait.
    void state_failed(std::string const& error, duration wait);

    /// The state was written.
    void state_works();

private:
    void tell_of_refusal(step const& step, result<test_run> const& seen);
    void tell_of_troubles(step const& step, result<test_run> const& seen);
    void tell_of_failure(delivery_event const& event);

    log& log_;
    troubles troubles_;
    std::set<std::string> unknown_statuses_;
    bool api_refuses_ = false;
    bool clock_is_wrong_ = false;
    /// The text of the last failure of each sink that fails.
    std::map<std::string, std::string> failing_sinks_;
    std::string state_trouble_;
};

} // namespace runwatch
