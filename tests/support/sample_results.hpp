#pragma once

#include "runwatch/run_result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace runwatch::support {

/// A result of the run `T1/RUN_ID`: failed by its criterion Empathy, passed by Greeting, after 92 s, labelled
/// `env=staging`, with logs of one line.
run_result failed_result(std::string const& run_id = "R1");

/// The same, of another outcome: an error with a cause in its logs, a watch that timed out without a run, …
run_result result_of(outcome ended, std::string const& run_id = "R1");

/// Writes the `raw` of a run with what else it says, these criteria, and logs.
void write_raw(test_run& run, std::vector<criterion> const& criteria, std::string const& logs = "line one");

/// A result in which every text that others choose is as bad as it can be: control characters, markup of terminals
/// and chats, mentions, quotes, invalid UTF-8.
run_result hostile_result();

} // namespace runwatch::support
