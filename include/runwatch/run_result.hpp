#pragma once

#include "runwatch/run.hpp"
#include "runwatch/time.hpp"
#include "runwatch/watch.hpp"

#include <map>
#include <optional>
#include <string>

namespace runwatch {

/// The result before this one of the same test.
struct previous_result {
    std::string run_id;
    /// passed, failed or error.
    outcome ended = outcome::passed;
};

/// How the watch of one run ended: what every sink and every output gets.
struct run_result {
    outcome ended = outcome::unfinished;
    run_key key;
    /// The last look that succeeded, if any did; for a verdict the one that brought it.
    std::optional<test_run> run;
    timestamp first_seen_at;
    timestamp detected_at;
    unsigned polls = 0;
    /// Why there is no verdict; empty where there is one.
    std::string reason;
    /// The user's own, of the watch.
    std::map<std::string, std::string> labels;
    /// The newest earlier result of the same test that was a verdict, where it is known.
    std::optional<previous_result> previous;
};

/// The result's id: UUIDv5 over `test_id/run_id/type` in lower case, in runwatch's own namespace. The same result has
/// the same id whichever process makes it and however often.
std::string result_id(run_key const& key, outcome ended);

/// The result's type, `run.` and the outcome: `run.failed`.
std::string result_type(outcome ended);

/// The result as one line of JSON: `{"id", "type", "timestamp", "data": {"run", "watch", "reason"}}`. `data.run` is the
/// API's object as it came; where no look succeeded it holds the two ids alone. `data.reason` is there unless empty.
std::string to_json(run_result const& result);

/// How long the run took, by the API's times if it says both when it was created and when it was completed, else as
/// long as it was watched. What skew was taken out of both does not matter: it is the same.
duration run_duration(run_result const& result);

} // namespace runwatch
