#include "runwatch/json_text.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

TEST(json_text, finds_a_member_byte_for_byte) {
    constexpr auto object = R"( { "a" : 1.10, "b":{"a":2,"c":"}"}, "d" : [1,{"x":"]"}] , "e":"\"}" , "f":null } )";
    EXPECT_EQ(json_member(object, "a"), "1.10");
    EXPECT_EQ(json_member(object, "b"), R"({"a":2,"c":"}"})");
    EXPECT_EQ(json_member(object, "d"), R"([1,{"x":"]"}])");
    EXPECT_EQ(json_member(object, "e"), R"("\"}")");
    EXPECT_EQ(json_member(object, "f"), "null");
    EXPECT_EQ(json_member(object, "c"), "") << "members of members are not the object's";
}

TEST(json_text, takes_the_last_of_members_with_one_name) { EXPECT_EQ(json_member(R"({"a":1,"a":2})", "a"), "2"); }

TEST(json_text, finds_nothing_in_what_is_no_object) {
    EXPECT_EQ(json_member("[1]", "a"), "");
    EXPECT_EQ(json_member("{}", "a"), "");
    EXPECT_EQ(json_member("", "a"), "");
}

TEST(json_text, puts_indented_json_on_one_line_and_leaves_the_rest_alone) {
    EXPECT_EQ(json_on_one_line("{\r\n  \"a\": \"x  y\\n\",\n\t\"b\": [1, 2]\n}"), R"({"a":"x  y\n","b":[1,2]})");
    EXPECT_EQ(json_on_one_line(R"({"a": 1.10})"), R"({"a": 1.10})");
}

TEST(json_text, quotes_any_bytes) {
    EXPECT_EQ(json_quote("a\"\\\n\x01"), R"("a\"\\\n\u0001")");
    EXPECT_EQ(json_quote("\xFF"), "\"\uFFFD\"");
}

} // namespace
} // namespace runwatch
