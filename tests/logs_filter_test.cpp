#include "telnyx/logs_filter.hpp"

#include "runwatch/run_json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runwatch::telnyx {
namespace {

constexpr std::size_t longest = 10;

/// What is left of these pieces.
std::string filtered(std::vector<std::string_view> const& pieces, logs_filter::subject about) {
    logs_filter filter{longest, about};
    std::string left;
    for (auto const piece : pieces)
        left += filter.feed(piece);
    return left;
}

/// What is left of a text, which must be the same wherever it is torn.
std::string filtered(std::string_view text, logs_filter::subject about = logs_filter::subject::run) {
    auto whole = filtered(std::vector{text}, about);
    for (std::size_t first = 0; first <= text.size(); ++first) {
        EXPECT_EQ(filtered({text.substr(0, first), text.substr(first)}, about), whole) << "torn at " << first;
        auto const second = std::min(first + 3, text.size());
        EXPECT_EQ(filtered({text.substr(0, first), text.substr(first, second - first), text.substr(second)}, about),
                  whole)
            << "torn at " << first << " and " << second;
    }
    std::vector<std::string_view> letters;
    for (std::size_t at = 0; at < text.size(); ++at)
        letters.push_back(text.substr(at, 1));
    EXPECT_EQ(filtered(letters, about), whole) << "letter by letter";
    return whole;
}

TEST(logs_filter, passes_everything_else_byte_for_byte) {
    for (auto const* text : {
             R"({})",
             R"({"run_id":"R1","price":1.10,"logs":"0123456789","z":[1,{"logs":"0123456789abcdef"}]})",
             R"({"logs":null})",
             R"({"logs":"\"\\\"\\\n"})",
             "{\r\n\t\"status\" : \"passed\" ,\n \"logs\" : \"\" }\n",
             R"({"a":"\"logs\":\"0123456789abcdef\"","b":"\\"})",
             R"({"a":["logs","0123456789abcdef"],"b":{"logs":"0123456789abcdef"},"c":"logs"})",
             R"({"logs2":"0123456789abcdef","slogs":"0123456789abcdef","LOGS":"0123456789abcdef"})",
             R"({"l\u006fgs":"0123456789abcdef","\"logs":"0123456789abcdef"})",
             R"({"run_id":"R1","data":{"logs":"0123456789abcdef"}})",
             R"({"data":[{"logs":"0123456789abcdef"}]})",
             R"({"data":{"data":{"logs":"0123456789abcdef"}}})",
             R"({"x":{"data":{"logs":"0123456789abcdef"}}})",
         })
        EXPECT_EQ(filtered(text), text);
}

TEST(logs_filter, passes_what_is_no_object) {
    for (auto const* text :
         {"", " ", "null", "logs", "[{\"logs\":\"0123456789abcdef\"}]", "\"logs\":\"0123456789abcdef\"",
          "<html>{\"logs\":\"0123456789abcdef\"}</html>", "}{\"logs\":\"0123456789abcdef\"}", "]]}}",
          "{} {\"logs\":\"0123456789abcdef\"}", "{\"a\"", "{\"a\\", "{,,::\"logs\"}"})
        EXPECT_EQ(filtered(text), text);
}

TEST(logs_filter, cuts_logs_as_the_state_does) {
    for (auto const* text : {
             R"({"logs":"0123456789a"})",
             R"({"a":1.10, "logs" : "0123456789abcdefghijklmnopqrstuvwxyz" , "z":"é"})",
             R"({"logs":"012345678\n\n\n\n","z":1})",
             R"({"logs":"01234567\ud83d\ude00\ud83d\ude00"})",
             R"({"logs":"01234\ud83d\ude00\ud83d\ude00"})",
             R"({"logs":"01234567éééé😀"})",
             R"({"logs":"\\\\\\\\\\\\\\\\\\"})",
             R"({"logs":"\"\"\"\"\"\"\"\"\"\"\"\""})",
             R"({"logs":[1,2,3,4,5,6,7,"]"],"z":1})",
             R"({"logs":{"logs":"0123456789abcdef"},"z":1})",
             R"({"z":1,"logs":12345678901234567890})",
             "{\"logs\":12345678901234567890 \n, \"z\":1}",
         }) {
        EXPECT_EQ(filtered(text), with_short_logs(text, longest));
        EXPECT_NE(filtered(text), text);
    }
}

TEST(logs_filter, cuts_the_logs_of_a_run_in_data) {
    EXPECT_EQ(filtered(R"({"data": {"x":{"logs":"0123456789abcdef"}, "logs":"0123456789abcdef"}, "logs":"short"})"),
              R"({"data": {"x":{"logs":"0123456789abcdef"}, "logs":"0123456789\n[cut by runwatch: the first 10 of 18 )"
              R"(bytes]"}, "logs":"short"})");
}

TEST(logs_filter, cuts_all_logs_of_an_object_that_names_them_twice) {
    EXPECT_EQ(filtered(R"({"logs":"0123456789abcdef","logs":"fedcba9876543210"})"),
              R"({"logs":"0123456789\n[cut by runwatch: the first 10 of 18 bytes]",)"
              R"("logs":"fedcba9876\n[cut by runwatch: the first 10 of 18 bytes]"})");
}

TEST(logs_filter, reads_behind_a_byte_order_mark) {
    EXPECT_EQ(filtered("\xEF\xBB\xBF {\"logs\":[1,2,3,4,5,6,7]}"),
              "\xEF\xBB\xBF {\"logs\":\"[left out by runwatch: 15 bytes that are no text]\"}");
}

TEST(logs_filter, holds_no_more_of_the_logs_than_it_passes) {
    logs_filter filter{longest};
    EXPECT_EQ(filter.feed(R"({"logs":")"), R"({"logs":)");
    std::string const piece(std::size_t{64} * 1024, 'x');
    for (int count = 0; count < 1000; ++count)
        ASSERT_EQ(filter.feed(piece), "");
    EXPECT_EQ(filter.feed(R"("})"), R"("xxxxxxxxxx\n[cut by runwatch: the first 10 of 65536002 bytes]"})");
}

TEST(logs_filter, leaves_nothing_for_the_state_to_cut) {
    auto const filter = make_logs_filter();
    auto const left = filter(R"({"logs":")" + std::string(2 * longest_stored_logs, 'x') + R"("})");
    EXPECT_LT(left.size(), longest_stored_logs);
    EXPECT_GT(left.size(), longest_stored_logs - 1024);
    EXPECT_EQ(with_short_logs(left, longest_stored_logs), left);
}

TEST(logs_filter, leaves_long_logs_of_a_list_out) {
    auto const of_list = [](std::string_view text) { return filtered(text, logs_filter::subject::list); };
    EXPECT_EQ(
        of_list(R"({"data":[{"a":1,"logs":"0123456789abcdef"},{"logs":"short"},{"logs":"0123456789abcdef","b":[{}]}],)"
                R"("meta":{"total_pages":1}})"),
        R"({"data":[{"a":1,"logs":null},{"logs":"short"},{"logs":null,"b":[{}]}],"meta":{"total_pages":1}})");
    EXPECT_EQ(of_list(R"({"data":{"meta":{"x":[1]},"data":[{"logs":["0123456789abcdef"]},{"logs":null}]}})"),
              R"({"data":{"meta":{"x":[1]},"data":[{"logs":null},{"logs":null}]}})");
    for (auto const* text :
         {R"({"data":[],"logs":"short"})", R"({"data":[{"x":{"logs":"0123456789abcdef"}}],"a":[{}]})",
          R"({"data":["logs","0123456789abcdef",[{"y":1}],{"logs":"short"}]})", R"([{}])", R"({"data":[)"})
        EXPECT_EQ(of_list(text), text);
}

} // namespace
} // namespace runwatch::telnyx
