#pragma once

#include "runwatch/run_result.hpp"

#include <string>
#include <vector>

namespace runwatch {

/// What people are told of a result. Every text is printable and of limited length, whatever the API sent.
struct summary {
    /// `passed`, `failed`, `timed_out`, …
    std::string verdict;
    std::string test_id;
    std::string run_id;
    /// How long the run took, for people.
    std::string duration;
    /// The names of the criteria that did not pass, at most ten; the last one says how many others there are.
    std::vector<std::string> failed_criteria;
    /// Why there is no better verdict, where the criteria do not say so: the cause of an error, the reason of a watch
    /// that ended without a verdict. May be empty.
    std::string why;
    /// `name=value`, at most ten.
    std::vector<std::string> labels;
};

summary summarize(run_result const& result);

/// The texts in one, separated by commas.
std::string list(std::vector<std::string> const& texts);

/// A result on one line, with its time and without the line's end:
/// `2026-11-23T10:15:04.120Z failed TEST/RUN after 1 m 32 s: failed criteria: Empathy (env=staging)`.
std::string to_line(run_result const& result);

} // namespace runwatch
