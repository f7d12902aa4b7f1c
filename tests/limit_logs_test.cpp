#include "runwatch/limit_logs.hpp"

#include "runwatch/json_text.hpp"
#include "support/sample_results.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

std::string object_with(std::string const& logs) { return R"({"a" : 1.10, "logs" :)" + logs + R"( , "b":[1e5]})"; }

TEST(limit_logs, leaves_what_fits_byte_for_byte) {
    auto const fits = '"' + std::string(truncated_log_bytes, 'x') + '"';
    for (auto const* logs : {"\"\"", "null", "{\"x\": 1}", "\"short \\u00e9\""})
        EXPECT_EQ(limit_logs(object_with(logs), log_limit::truncate), object_with(logs));
    EXPECT_EQ(limit_logs(object_with(fits), log_limit::truncate), object_with(fits));
    EXPECT_EQ(limit_logs(R"({"a":1})", log_limit::truncate), R"({"a":1})");
    EXPECT_EQ(limit_logs(R"({"a":1})", log_limit::omit), R"({"a":1})");
    auto const huge = object_with('"' + std::string(100'000, 'x') + '"');
    EXPECT_EQ(limit_logs(huge, log_limit::full), huge);
}

TEST(limit_logs, cuts_a_long_text_and_says_so) {
    auto const text = '"' + std::string(truncated_log_bytes + 5, 'x') + '"';
    auto const kept = '"' + std::string(truncated_log_bytes, 'x') + "… [5 bytes cut by runwatch]\"";
    EXPECT_EQ(limit_logs(object_with(text), log_limit::truncate), object_with(kept));
}

TEST(limit_logs, never_cuts_a_character_or_an_escape_in_two) {
    for (std::string const unit : {"é", "€", "😀", "\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "\\uD83D\\uDE00"})
        for (std::size_t offset = 0; offset < unit.size(); ++offset) {
            std::string text = "\"" + std::string(truncated_log_bytes - offset, 'x');
            for (int count = 0; count < 10; ++count)
                text += unit;
            auto const cut = limit_logs(R"({"logs":)" + text + "\"}", log_limit::truncate);
            auto const whole = offset == 0 ? truncated_log_bytes : truncated_log_bytes - offset;
            EXPECT_TRUE(cut.starts_with(R"({"logs":")" + std::string(whole, 'x') + "… [")) << cut.substr(4'050);
        }
}

TEST(limit_logs, leaves_the_member_out_with_its_comma) {
    EXPECT_EQ(limit_logs(R"({"logs":"x"})", log_limit::omit), "{}");
    EXPECT_EQ(limit_logs(R"({"logs":"x","a":1})", log_limit::omit), R"({"a":1})");
    EXPECT_EQ(limit_logs(R"({"a":1,"logs":"x"})", log_limit::omit), R"({"a":1})");
    EXPECT_EQ(limit_logs(R"({"a":1,"logs":"x","b":2})", log_limit::omit), R"({"a":1,"b":2})");
    EXPECT_EQ(limit_logs(object_with(R"(["x", {"logs": 1}])"), log_limit::omit), R"({"a" : 1.10 , "b":[1e5]})");
    EXPECT_EQ(limit_logs(R"({ "logs" : "x" , "a":{"logs":"kept"}})", log_limit::omit), R"({  "a":{"logs":"kept"}})");
    EXPECT_EQ(limit_logs(R"({"logs":"x","a":1,"logs":"y"})", log_limit::omit), R"({"a":1})");
}

TEST(limit_logs, leaves_out_what_is_long_and_no_text) {
    auto const array = "[" + std::string(5'000, '1') + "]";
    EXPECT_EQ(limit_logs(R"({"a":1,"logs":)" + array + "}", log_limit::truncate), R"({"a":1})");
}

TEST(limit_logs, touches_nothing_but_the_runs_json) {
    auto const result = support::failed_result();
    auto const limited = with_limited_logs(result, log_limit::omit);
    EXPECT_EQ(json_member(limited.run->raw, "logs"), "");
    EXPECT_EQ(json_member(limited.run->raw, "price"), "1.10");
    EXPECT_EQ(result_id(limited.key, limited.ended), result_id(result.key, result.ended));
    EXPECT_EQ(to_json(with_limited_logs(result, log_limit::full)), to_json(result));
    auto const timed_out = support::result_of(outcome::timed_out);
    EXPECT_EQ(to_json(with_limited_logs(timed_out, log_limit::omit)), to_json(timed_out));
}

} // namespace
} // namespace runwatch
