#pragma once

#include "runwatch/delivery.hpp"
#include "runwatch/follower.hpp"
#include "runwatch/log.hpp"
#include "runwatch/result.hpp"
#include "runwatch/troubles.hpp"
#include "runwatch/watch.hpp"

#include <map>
#include <optional>
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

    /// A request for what is followed was answered, or failed and is sent again after the wait. If it was refused, so
    /// may be all that is asked with the key.
    void followed(follow_status const& status, std::optional<failure> const& failed, duration wait,
                  bool all_is_refused);

    /// Something is followed no more.
    void forget_list(std::string const& name);

    /// A new run was found.
    void found(follow_status const& status, test_run const& seen);

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
    void tell_of_refusal(std::optional<failure> const& failed, log_field about);
    void tell_of_troubles(step const& step, result<test_run> const& seen);
    void tell_of_failure(delivery_event const& event);

    log& log_;
    troubles troubles_;
    std::set<std::string> unknown_statuses_;
    /// The lists that cannot be read for now, and those that are not there or not for this key.
    std::set<std::string> failing_lists_;
    std::set<std::string> denied_lists_;
    bool api_refuses_ = false;
    bool clock_is_wrong_ = false;
    /// The text of the last failure of each sink that fails.
    std::map<std::string, std::string> failing_sinks_;
    std::string state_trouble_;
};

} // namespace runwatch
