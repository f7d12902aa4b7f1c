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

/// What a walk comes by, as `name=value`, and how it ends.
std::string walked(std::string_view text) {
    std::string all;
    json_walk walk{text};
    while (walk.next())
        all.append(walk.name()).append("=").append(walk.value()).append(" ");
    EXPECT_FALSE(walk.next()) << "it stays where it has ended";
    return all + (walk.ended() ? "ended:" : "broken:") + std::string{walk.rest()};
}

TEST(json_text, walks_through_members_and_elements) {
    EXPECT_EQ(walked(R"( { "a" : 1.10 , "b":{"x":[]},"":"}" } rest)"), R"(a=1.10 b={"x":[]} ="}" ended: rest)");
    EXPECT_EQ(walked("[1,\n \"a,]\", [2 ,3], {}]"), "=1 =\"a,]\" =[2 ,3] ={} ended:");
    EXPECT_EQ(walked("{}"), "ended:");
    EXPECT_EQ(walked(" [ ] "), "ended: ");
}

TEST(json_text, walks_no_further_than_text_makes_sense) {
    for (auto const* text :
         {"",           " ",         "1",     "\"[]\"", "{",         "[",        "[1",        "[1,",
          "[1,]",       "[,1]",      "[1 2]", "{\"a\"", "{\"a\":",   "{\"a\":}", "{\"a\" 1}", "{a:1}",
          "{\"a\":1,}", "{\"a\":1]", "[1}",   "[\"a]",  "[\"a\\\"]", "[{]",      "{\"",       "{\"a"})
        EXPECT_NE(walked(text).find("broken:"), std::string::npos) << text << ": " << walked(text);
}

TEST(json_text, knows_where_a_string_ends) {
    for (std::size_t count = 0; count < 8; ++count) {
        auto const string = "\"" + std::string(count, '\\') + (count % 2 == 0 ? "\"" : "\",\"");
        EXPECT_EQ(walked("[" + string + ",1]"), "=" + string + " =1 ended:");
    }
}

TEST(json_text, walks_through_what_is_inside_only_once) {
    json_walk outer{R"([0, [1, [2]] , 3])"};
    ASSERT_TRUE(outer.next() && outer.next());
    auto inner = outer.inside();
    std::string all;
    while (inner.next())
        all.append(inner.value()).append(" ");
    EXPECT_EQ(all, "1 [2] ");
    ASSERT_TRUE(inner.ended());
    outer.leave(inner);
    ASSERT_TRUE(outer.next());
    EXPECT_EQ(outer.value(), "3");
    EXPECT_FALSE(outer.next());
    EXPECT_TRUE(outer.ended());
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
