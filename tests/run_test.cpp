#include "runwatch/run_result.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace runwatch {
namespace {

run_result result_of(outcome ended) {
    run_result result;
    result.ended = ended;
    result.key = {"T1", "R1"};
    result.first_seen_at = *parse_timestamp("2026-11-23T10:15:00.000Z");
    result.detected_at = *parse_timestamp("2026-11-23T10:15:04.120Z");
    result.polls = 9;
    return result;
}

TEST(run, knows_the_statuses_of_the_api_and_no_others) {
    for (auto const status : {run_status::pending, run_status::starting, run_status::running, run_status::passed,
                              run_status::failed, run_status::error})
        EXPECT_EQ(parse_status(to_string(status)), status);
    for (auto const* text : {"", "Passed", "passed ", "completed", "unknown", "timeout"})
        EXPECT_EQ(parse_status(text), run_status::unknown) << text;
}

TEST(run, has_ended_when_passed_failed_or_in_error) {
    for (auto const status : {run_status::passed, run_status::failed, run_status::error})
        EXPECT_TRUE(is_terminal(status));
    for (auto const status : {run_status::unknown, run_status::pending, run_status::starting, run_status::running})
        EXPECT_FALSE(is_terminal(status));
}

TEST(run, keys_that_differ_in_case_are_one) {
    run_key const a{"ABC", "Def"};
    run_key const b{"abc", "dEF"};
    EXPECT_EQ(a, b);
    EXPECT_EQ(std::hash<run_key>{}(a), std::hash<run_key>{}(b));
    EXPECT_EQ(a.canonical(), "abc/def");
    EXPECT_EQ(a.ref(), "ABC/Def");
    EXPECT_NE(a, (run_key{"abc", "deg"}));
    EXPECT_NE((run_key{"ab", "c"}), (run_key{"a", "bc"}));
}

TEST(run_result, ids_are_the_same_from_every_process) {
    // Computed with Python: uuid.uuid5(uuid.UUID("6a4e0c1b-6d1f-5b0e-9a53-0c9f6f1f7a2e"), "t1/r1/run.passed").
    EXPECT_EQ(result_id({"T1", "R1"}, outcome::passed), "b7beaee4-2a30-539f-bba7-248059061905");
    EXPECT_EQ(result_id({"t1", "r1"}, outcome::passed), result_id({"T1", "R1"}, outcome::passed));
    EXPECT_NE(result_id({"T1", "R1"}, outcome::failed), result_id({"T1", "R1"}, outcome::passed));
}

TEST(run_result, is_one_line_of_json_that_holds_the_run_byte_for_byte) {
    auto result = result_of(outcome::failed);
    result.run.emplace();
    result.run->raw = R"({"run_id":"R1","big":12345678901234567890123,"price":1.10,"new":{"x":"\u00e9"}})";
    auto const text = to_json(result);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_NE(text.find(R"("data":{"run":)" + result.run->raw + ","), std::string::npos);
    auto const parsed = boost::json::parse(text);
    EXPECT_EQ(parsed.at("type").as_string(), "run.failed");
    EXPECT_EQ(parsed.at("timestamp").as_string(), "2026-11-23T10:15:04.120Z");
    EXPECT_EQ(parsed.at("data").at("watch").at("polls").as_int64(), 9);
    EXPECT_EQ(parsed.at("data").at("watch").at("first_seen_at").as_string(), "2026-11-23T10:15:00.000Z");
    EXPECT_FALSE(parsed.at("data").as_object().contains("reason"));
}

TEST(run_result, names_a_run_that_was_never_seen) {
    auto result = result_of(outcome::unfinished);
    result.key = {"T\"1", "R1"};
    result.reason = "the deadline \"came\"";
    auto const parsed = boost::json::parse(to_json(result));
    EXPECT_EQ(parsed.at("data").at("run").at("test_id").as_string(), "T\"1");
    EXPECT_EQ(parsed.at("data").at("reason").as_string(), "the deadline \"came\"");
}

TEST(run_result, takes_its_duration_from_the_api_where_that_makes_sense) {
    auto result = result_of(outcome::passed);
    EXPECT_EQ(run_duration(result), duration{4'120});
    result.run.emplace();
    result.run->created_at = parse_timestamp("2026-11-23T10:13:00Z");
    EXPECT_EQ(run_duration(result), duration{4'120});
    result.run->completed_at = parse_timestamp("2026-11-23T10:14:32Z");
    EXPECT_EQ(run_duration(result), duration{92'000});
    result.run->completed_at = parse_timestamp("2026-11-23T10:12:00Z");
    EXPECT_EQ(run_duration(result), duration{4'120});
}

} // namespace
} // namespace runwatch
