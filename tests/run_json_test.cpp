#include "runwatch/run_json.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/text.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <string>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

run_key const key{"T1", "R1"};

TEST(run_json, reads_back_what_runwatch_uses) {
    std::string const raw =
        R"({"run_id":"r1","status":"failed","created_at":"2024-01-24T10:30:00Z","completed_at":"2024-01-24T10:31:32Z",)"
        R"("test_suite_run_id":"S1","logs":"it broke","detail_status":[{"name":"Empathy","status":"passed"},null,{"status":"failed"}],"n":1.10})";
    auto const run = read_run(key, raw);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->key.ref(), "T1/R1");
    EXPECT_EQ(run->status, run_status::failed);
    EXPECT_EQ(run->status_text, "failed");
    EXPECT_EQ(*run->completed_at - *run->created_at, 92s);
    EXPECT_EQ(logs_of(*run), "it broke");
    EXPECT_EQ(run->suite_run_id, "S1");
    auto const criteria = criteria_of(*run);
    ASSERT_EQ(criteria.size(), 2U);
    EXPECT_EQ(criteria[0].name, "Empathy");
    EXPECT_EQ(criteria[1].status, "failed");
    EXPECT_EQ(run->raw, raw);
}

TEST(run_json, leaves_empty_what_is_not_there) {
    for (
        auto const* raw :
        {"{}",
         R"({"status":null,"test_suite_run_id":3,"created_at":7,"completed_at":"soon","logs":[],"detail_status":{}})"}) {
        auto const run = read_run(key, raw);
        ASSERT_TRUE(run) << raw;
        EXPECT_EQ(run->status, run_status::unknown);
        EXPECT_EQ(run->status_text, "");
        EXPECT_FALSE(run->created_at);
        EXPECT_FALSE(run->completed_at);
        EXPECT_TRUE(criteria_of(*run).empty());
        EXPECT_TRUE(logs_of(*run).empty());
        EXPECT_TRUE(run->suite_run_id.empty());
    }
}

TEST(run_json, refuses_what_is_no_object) {
    for (auto const* raw : {"", "null", "[]", "{", "passed"})
        EXPECT_FALSE(read_run(key, raw)) << raw;
}

TEST(run_json, takes_nothing_for_valid_that_is_not_utf8) {
    // What was parsed is stored and passed on as it came: the parser must be as strict as our own reader of UTF-8.
    for (unsigned first = 0x80; first <= 0xFF; ++first)
        for (unsigned second = 0; second <= 0xFF; ++second)
            for (auto const* tail : {"", "\x80", "\x80\x80", "\xBF\xBF", "z"}) {
                auto const text = std::string{static_cast<char>(first), static_cast<char>(second)} + tail;
                auto const quoted = '"' + text + '"';
                auto const taken = is_json(quoted);
                EXPECT_EQ(taken, parse_foreign_json(quoted).has_value()) << first << ' ' << second;
                EXPECT_TRUE(!taken || to_valid_utf8(text) == text) << first << ' ' << second;
            }
}

TEST(run_json, leaves_logs_alone_that_are_short) {
    for (auto const* raw : {R"({"logs":"0123456789","n":1.10})", R"({ "logs" : null })", R"({"n":1})", "{}", ""})
        EXPECT_EQ(with_short_logs(raw, 10), raw);
}

TEST(run_json, cuts_logs_and_nothing_else) {
    EXPECT_EQ(with_short_logs(R"({"a":1.10, "logs" : "0123456789a", "z":"é"})", 10),
              R"({"a":1.10, "logs" : "0123456789\n[cut by runwatch: the first 10 of 13 bytes]", "z":"é"})");
    EXPECT_EQ(with_short_logs(R"({"logs":[1,2,3,4,5,6,7]})", 10),
              R"({"logs":"[left out by runwatch: 15 bytes that are no text]"})");
    EXPECT_EQ(with_short_logs(R"({"x":{"logs":"0123456789abcdef"}})", 10), R"({"x":{"logs":"0123456789abcdef"}})");
}

TEST(run_json, never_cuts_inside_a_character_or_an_escape) {
    std::string const pieces = R"(aé€😀\n\\\"\u00e9\ud83d\ude00\ud83d)";
    std::string const raw = R"({"logs":")" + pieces + pieces + R"("})";
    for (std::size_t limit = 0; limit < 2 * pieces.size(); ++limit) {
        auto const cut = with_short_logs(raw, limit);
        auto const run = read_run(key, cut);
        ASSERT_TRUE(run) << limit << ": " << cut;
        auto const logs = logs_of(*run);
        auto const kept = logs.substr(0, logs.rfind("\n[cut by runwatch"));
        EXPECT_TRUE(logs_of(*read_run(key, raw)).starts_with(kept)) << limit << ": " << cut;
        EXPECT_LE(cut.find("\\n[cut by"), 9 + limit) << cut;
        // A half that was whole before would show as one that stands alone.
        boost::system::error_code error;
        if (kept.find("\xEF\xBF\xBD") == std::string::npos) {
            boost::json::parse(cut, error);
            EXPECT_FALSE(error) << limit << ": " << cut;
        }
    }
}

} // namespace
} // namespace runwatch
