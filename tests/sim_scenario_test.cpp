#include "sim/scenario.hpp"

#include <gtest/gtest.h>

namespace runwatch::sim {
namespace {

using namespace std::chrono_literals;

std::string problem(std::string const& yaml) {
    try {
        parse_scenario(yaml, "s.yaml");
    } catch (scenario_error const& error) {
        return error.what();
    }
    return "";
}

TEST(sim_scenario, is_complete_when_empty) {
    auto const play = parse_scenario("", "s.yaml");
    EXPECT_EQ(play.api_key, "sim-key");
    EXPECT_TRUE(play.create_unknown);
    ASSERT_EQ(play.defaults.phases.size(), 3U);
    EXPECT_EQ(play.defaults.phases[2].status, "running");
    EXPECT_EQ(play.defaults.phases[2].lasts, 2s);
}

TEST(sim_scenario, hands_down_from_defaults_to_tests_to_runs) {
    auto const play = parse_scenario(R"(
defaults: {pending: 1s, triggered_by: manual, fields: {a: 1}}
tests:
  - {test: T, starting: 0s, rubric: [Empathy], fields: {b: "2"}, verdict: failed}
runs:
  - {test: T, run: R, running: 7s, fields: {a: null}}
  - {test: U, run: R}
)",
                                     "s.yaml");
    auto const& run = play.runs.at(0).plan;
    EXPECT_EQ(run.phases.at(0).lasts, 1s);
    EXPECT_EQ(run.phases.at(1).lasts, 0s);
    EXPECT_EQ(run.phases.at(2).lasts, 7s);
    EXPECT_EQ(run.verdicts.at(0).value, verdict::failed);
    EXPECT_EQ(run.criteria.at(0).name, "Empathy");
    EXPECT_EQ(run.triggered_by, "manual");
    EXPECT_TRUE(run.fields.at("a").is_null());
    EXPECT_EQ(run.fields.at("b").as_string(), "2");
    EXPECT_EQ(play.runs.at(1).plan.verdicts.at(0).value, verdict::passed);
}

TEST(sim_scenario, lets_the_nearest_word_on_length_win) {
    auto const play = parse_scenario(R"(
defaults: {duration: 90s}
tests: [{test: T, running: 5s}, {test: U, pending: 5s}]
)",
                                     "s.yaml");
    EXPECT_FALSE(play.tests.at(0).runs.length);
    EXPECT_TRUE(play.tests.at(1).runs.length);
}

TEST(sim_scenario, reads_how_lists_misbehave) {
    auto const play = parse_scenario("{list_order: shuffled, list_omit: [logs], list_drop: 0.1, list_repeat: 2, "
                                     "list_insert: 3, list_stale: {by: 30s, chance: 0.5}, list_meta: zeros}",
                                     "s.yaml");
    EXPECT_EQ(play.order, list_order::shuffled);
    EXPECT_EQ(play.lists.omit, std::vector<std::string>{"logs"});
    EXPECT_EQ(play.lists.drop, 0.1);
    EXPECT_EQ(play.lists.repeat, 2U);
    EXPECT_EQ(play.lists.insert, 3U);
    EXPECT_EQ(play.lists.stale, 30s);
    EXPECT_EQ(play.lists.stale_chance, 0.5);
    EXPECT_EQ(play.lists.meta, list_meta::zeros);
    EXPECT_EQ(parse_scenario("list_stale: 5s", "s.yaml").lists.stale_chance, 1);
    for (auto const* wrong : {"list_drop: 2", "list_repeat: 100", "list_insert: -1", "list_stale: soon",
                              "list_stale: {by: 3s}", "list_meta: some"})
        EXPECT_NE(problem(wrong), "") << wrong;
}

TEST(sim_scenario, reads_which_requests_a_fault_strikes) {
    auto const play = parse_scenario(R"(
faults:
  - {on: 3}
  - {on: "2-5"}
  - {on: "4-"}
  - {on: [1, "3-4"], path: retrieve}
  - {every: 3, path: [list, trigger_suite_run]}
)",
                                     "s.yaml");
    auto const struck = [&](std::size_t index) {
        std::string numbers;
        for (std::uint64_t number = 1; number != 7; ++number)
            numbers += strikes(play.faults.at(index).rule, number, 1) ? std::to_string(number) : "";
        return numbers;
    };
    EXPECT_EQ(struck(0), "3");
    EXPECT_EQ(struck(1), "2345");
    EXPECT_EQ(struck(2), "456");
    EXPECT_EQ(struck(3), "134");
    EXPECT_EQ(struck(4), "36");
    EXPECT_EQ(play.faults[3].paths, std::vector{operation::retrieve_run});
    EXPECT_EQ(play.faults[4].paths, (std::vector{operation::list_runs, operation::trigger_suite_run}));
}

TEST(sim_scenario, strikes_by_chance_alike_in_every_play) {
    strike_rule rule;
    rule.chance = 0.3;
    std::uint64_t count = 0;
    for (std::uint64_t number = 1; number <= 1'000; ++number) {
        EXPECT_EQ(strikes(rule, number, 7), strikes(rule, number, 7));
        count += strikes(rule, number, 7) ? 1U : 0U;
    }
    EXPECT_NEAR(static_cast<double>(count), 300, 60);
}

TEST(sim_scenario, says_where_it_is_wrong_and_what_it_expected) {
    EXPECT_EQ(problem("defaults:\n  running: 5"),
              "s.yaml:2:12: defaults.running: expected a duration such as 500ms, 2s or 1m30s, not \"5\"");
    EXPECT_EQ(problem("runs:\n  - {test: A}"), "s.yaml:2:5: runs[0]: the key run is missing");
    EXPECT_EQ(problem("seed: 1\nlatency:"),
              "s.yaml:2:1: latency: expected a duration such as 500ms, 2s or 1m30s, not nothing");
    EXPECT_EQ(problem("seed: 1\nseed: 2"), "s.yaml:2:1: seed: the key is there twice");
    EXPECT_EQ(problem("defaults: {verdict: maybe}"),
              "s.yaml:1:21: defaults.verdict: expected one of passed, failed, error, never, not \"maybe\"");
    EXPECT_EQ(problem("a: [").substr(0, 7), "s.yaml:");
}

TEST(sim_scenario, refuses_unknown_keys_everywhere) {
    EXPECT_TRUE(problem("sed: 1").starts_with("s.yaml:1:1: sed: unknown key; expected one of api_key, seed"));
    EXPECT_TRUE(problem("faults: [{onn: 1}]").starts_with("s.yaml:1:11: faults[0].onn: unknown key"));
    EXPECT_TRUE(problem("runs: [{test: A, run: r, faults: [{path: list}]}]").find("path: unknown key") !=
                std::string::npos);
    EXPECT_FALSE(problem("keep_alive: {request: 1}").empty());
}

TEST(sim_scenario, refuses_what_makes_no_sense) {
    for (auto const* yaml : {"faults: [{on: 0}]", "faults: [{on: \"5-2\"}]", "faults: [{chance: 1.5}]",
                             "faults: [{close: body, reset: true}]", "defaults: {phases: [], running: 1s}",
                             "latency: {min: 2s, max: 1s}", "rate_limit: {requests: 1, window: 0s}",
                             "tests: [{test: A}, {test: A}]", "runs: [{test: A, run: r}, {test: A, run: r}]",
                             "defaults: {verdicts: {passed: 0}}", "defaults: {logs_size: 3GB}", "[]"})
        EXPECT_NE(problem(yaml), "") << yaml;
}

} // namespace
} // namespace runwatch::sim
