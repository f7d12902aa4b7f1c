#include "cli/report.hpp"

#include "support/sample_results.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace runwatch::cli {
namespace {

constexpr auto hostile = "::error::x%0A<b>&\"\n##[error]\x1b[31m|`";

run_result result_of(outcome ended, std::vector<criterion> const& criteria) {
    run_result result;
    result.ended = ended;
    result.key = {"T1", "R1"};
    result.detected_at = timestamp{duration{92'000}};
    result.run.emplace();
    support::write_raw(*result.run, criteria);
    return result;
}

bool holds(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(verdict_line, says_the_verdict_first_and_counts_the_runs) {
    std::vector<run_result> const results{result_of(outcome::passed, {}), result_of(outcome::failed, {}),
                                          result_of(outcome::passed, {})};
    EXPECT_EQ(verdict_line(results, exit_status::failed), "failed: 3 runs, 2 passed, 1 failed");
    EXPECT_EQ(verdict_line({results.data(), 1}, exit_status::passed), "passed: 1 run, 1 passed");
}

TEST(github, commands_are_one_line_and_cannot_be_broken_out_of) {
    auto const command = github_command(result_of(outcome::failed, {{hostile, "failed"}}));
    EXPECT_EQ(command.find('\n'), command.size() - 1);
    EXPECT_TRUE(command.starts_with("::error title=run failed::T1/R1 failed after 1 m 32 s; failed criteria: "));
    EXPECT_TRUE(holds(command, "x%250A<b>&\"")) << "a percent sign is data: " << command;
    EXPECT_FALSE(holds(command, "##["));
    EXPECT_FALSE(holds(command, "\x1b"));
}

TEST(github, command_tells_failures_from_what_nobody_waited_for) {
    EXPECT_TRUE(github_command(result_of(outcome::passed, {})).starts_with("::notice "));
    EXPECT_TRUE(github_command(result_of(outcome::error, {})).starts_with("::error "));
    EXPECT_TRUE(github_command(result_of(outcome::unwatchable, {})).starts_with("::error "));
    EXPECT_TRUE(github_command(result_of(outcome::unfinished, {})).starts_with("::warning "));
}

TEST(github, summary_keeps_hostile_names_in_their_cell) {
    std::vector<run_result> const results{result_of(outcome::failed, {{hostile, "failed"}, {"@someone", "passed"}})};
    auto const table = github_summary(results, exit_status::failed);
    EXPECT_FALSE(holds(table, "<b>"));
    EXPECT_TRUE(holds(table, "&lt;b&gt;&amp;"));
    EXPECT_TRUE(holds(table, "\\|\\`"));
    EXPECT_TRUE(holds(table, "&#64;someone"));
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 6);
}

TEST(junit, has_a_suite_a_test_and_a_case_a_criterion) {
    std::vector<run_result> const results{
        result_of(outcome::failed, {{"Empathy", "passed"}, {"Tone", "failed"}, {"Speed", "pending"}})};
    auto const xml = junit_xml(results);
    EXPECT_TRUE(holds(xml, R"(<testsuite name="T1" tests="3" failures="1" errors="0" skipped="1" time="92.000")"))
        << xml;
    EXPECT_TRUE(holds(xml, R"(<testcase name="Empathy" classname="T1" time="30.666"/>)")) << xml;
    EXPECT_TRUE(holds(xml, R"(<failure message="criterion failed" type="failed">run T1/R1</failure>)")) << xml;
}

TEST(junit, tells_the_verdict_where_no_criterion_does) {
    auto error = result_of(outcome::error, {});
    support::write_raw(*error.run, {{"Empathy", "passed"}}, "it & broke");
    std::vector<run_result> const results{error};
    auto const xml = junit_xml(results);
    EXPECT_TRUE(holds(xml, R"(tests="2" failures="0" errors="1" skipped="0")")) << xml;
    EXPECT_TRUE(holds(xml, R"(<error message="cause: it &amp; broke" type="error">)")) << xml;
    EXPECT_TRUE(holds(xml, "<system-out>run R1:\nit &amp; broke\n</system-out>")) << xml;
}

TEST(junit, does_not_call_a_run_failed_because_nobody_looked_any_longer) {
    auto unfinished = result_of(outcome::unfinished, {});
    unfinished.reason = "the deadline came";
    auto const xml = junit_xml({&unfinished, 1});
    EXPECT_TRUE(holds(xml, R"(tests="1" failures="0" errors="0" skipped="1")")) << xml;
    EXPECT_TRUE(holds(xml, R"(<skipped message="the deadline came"/>)")) << xml;
}

TEST(junit, keeps_several_runs_of_a_test_apart) {
    std::vector<run_result> results{result_of(outcome::passed, {{"Empathy", "passed"}}),
                                    result_of(outcome::passed, {{"Empathy", "passed"}})};
    results[1].key = {"t1", "R2"};
    auto const xml = junit_xml(results);
    EXPECT_TRUE(holds(xml, R"x(name="Empathy (run R1)" classname="T1")x")) << xml;
    EXPECT_TRUE(holds(xml, R"x(name="Empathy (run R2)")x")) << xml;
    EXPECT_TRUE(holds(xml, R"(<testsuites name="runwatch" tests="2" failures="0")")) << xml;
}

TEST(junit, holds_only_what_xml_can_hold) {
    std::vector<run_result> const results{
        result_of(outcome::failed, {{std::string{"a\x01z\xEF\xBF\xBF\xFF<&>\"'\n"}, "failed"}})};
    auto const xml = junit_xml(results);
    EXPECT_TRUE(holds(xml, "name=\"a\uFFFDz\uFFFD\uFFFD&lt;&amp;&gt;&quot;'&#10;\"")) << xml;
}

} // namespace
} // namespace runwatch::cli
