#pragma once

#include "cli/exit_status.hpp"
#include "cli/terminal.hpp"
#include "runwatch/run_result.hpp"
#include "runwatch/time.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace runwatch::cli {

/// A test or a suite of which not every run was started, or can be watched.
struct missing_start {
    /// On one line: `the test T was not started: …`.
    std::string text;
    timestamp at;
    /// It is given up; else nobody tries any longer, and whether it was started may not be known.
    bool is_refused = true;

    missing_start(std::string text_, timestamp at_, bool is_refused_)
        : text(std::move(text_)), at(at_), is_refused(is_refused_) {}
};

/// Prints results. Each result is added once, as soon as it is known; at the end come all, in the order in which the
/// runs were named, with those that have not ended.
class report {
public:
    virtual ~report() = default;

    virtual void add(run_result const& result) = 0;

    /// Takes what has no result, as soon as that is known.
    virtual void miss(missing_start const& missing);

    virtual void finish(std::span<run_result const> results, exit_status status) = 0;

    /// Why something could not be written; empty if all was.
    virtual std::string trouble() const { return {}; }
};

/// A summary per run with each criterion, as it ends or, if `at_the_end`, all together; last a line with the verdict.
std::unique_ptr<report> make_text_report(output& to, bool at_the_end);

/// The line with the verdict alone.
std::unique_ptr<report> make_verdict_report(output& to);

/// One JSON array at the end.
std::unique_ptr<report> make_json_report(output& to);

/// One line of JSON for each result as it arrives, then for each run that has not ended.
std::unique_ptr<report> make_jsonl_report(output& to);

/// What was started, a line each at once: its REF, or, `as_json`, what it is by the API.
std::unique_ptr<report> make_started_report(output& to, bool as_json);

/// Commands for the log of a GitHub workflow, and a Markdown table appended to `summary_file` unless that is empty.
std::unique_ptr<report> make_github_report(output& to, std::string summary_file);

/// A JUnit report in a file, which is created at once: throws config_error if it cannot be.
std::unique_ptr<report> make_junit_report(std::string file);

/// The verdict over all runs in a line: `failed: 1 of 3 runs failed, 2 passed`.
std::string verdict_line(std::span<run_result const> results, exit_status status);

/// The JUnit report as XML.
std::string junit_xml(std::span<run_result const> results, std::span<missing_start const> missing = {});

/// The workflow command that tells of a result, with its line end.
std::string github_command(run_result const& result);

/// The Markdown table of the results.
std::string github_summary(std::span<run_result const> results, exit_status status);

/// The names of the criteria with this status, separated by commas, printable.
std::string criteria_with(run_result const& result, std::string_view status);

/// What went wrong, on one line: the criteria that failed, the cause in the logs of an error, the reason of the rest.
/// Empty for a run that passed.
std::string explanation(run_result const& result);

} // namespace runwatch::cli
