#include "runwatch/json_text.hpp"
#include "runwatch/run_json.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runwatch {
namespace {

run_key const key{"T1", "R1"};

/// What the damage is made of: all that JSON makes much of.
constexpr std::array<std::string_view, 36> pieces{"{",
                                                  "}",
                                                  "[",
                                                  "]",
                                                  "\"",
                                                  ":",
                                                  ",",
                                                  "\\",
                                                  "\\n",
                                                  "\\u00e9",
                                                  "\\ud83d",
                                                  "\\ude00",
                                                  "\\uZ",
                                                  "true",
                                                  "false",
                                                  "null",
                                                  "0",
                                                  "-",
                                                  "1.10",
                                                  "e",
                                                  "E+5",
                                                  ".",
                                                  " ",
                                                  "\n",
                                                  "\t",
                                                  "\x01",
                                                  "\x7F",
                                                  "\xC3",
                                                  "\xA9",
                                                  "\xED\xA0",
                                                  "\xF0\x9F\x98\x80",
                                                  "\"status\"",
                                                  "\"logs\"",
                                                  "name",
                                                  "x",
                                                  "tru"};

/// A text with one to three pieces of damage, or with none.
std::string damaged(std::string text, std::mt19937& random) {
    for (auto times = random() % 4; times != 0 && !text.empty(); --times) {
        auto const at = random() % text.size();
        switch (random() % 3) {
        case 0:
            text.insert(at, pieces[random() % pieces.size()]);
            break;
        case 1:
            text.replace(at, 1, pieces[random() % pieces.size()]);
            break;
        default:
            text.erase(at, 1 + random() % 6);
        }
    }
    return text;
}

TEST(is_json, takes_what_the_standard_allows) {
    for (auto const* text : {"{}",
                             "[]",
                             " [ ] ",
                             "\"\"",
                             "null",
                             "true",
                             "false",
                             "0",
                             "-0",
                             "10",
                             "1.5",
                             "1e5",
                             "1E+05",
                             "-1.10e-3",
                             "[1,2]",
                             "[[],{}]",
                             R"({"a":{"b":[1,{"c":null}]},"a":2})",
                             "\t{\r\n\"a\" : 1 , \"b\" : [ 1 , 2 ] } \n",
                             R"("\" \\ \/ \b \f \n \r \t \u00e9 \uD83D\ude00 \ud83d \ude00")",
                             "\"é 😀 \x7F\""})
        EXPECT_TRUE(is_json(text)) << text;
}

TEST(is_json, refuses_everything_else) {
    for (auto const* text : {"",         " ",         "{",        "}",         "[",           "]",
                             "[1",       "[1,]",      "[,1]",     "[1 2]",     "{1:2}",       "{a:1}",
                             "{\"a\"",   "{\"a\":",   "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}",  "{,}",
                             "[1}",      "{\"a\":1]", "1 2",      "nul",       "nullx",       "TRUE",
                             "01",       "-",         "+1",       ".5",        "1.",          "1e",
                             "1e+",      "0x1",       "NaN",      "Infinity",  "'a'",         "\"",
                             "\"a",      "\"\\\"",    "\"\\x\"",  "\"\\u12\"", "\"\\u12G4\"", "\"\t\"",
                             "\"\n\"",   "\"\x01\"",  "[] []",    "[]x",       "// c\n1",     "\xEF\xBB\xBF{}",
                             "\"\xFF\"", "\"\xC3\""})
        EXPECT_FALSE(is_json(text)) << text;
    EXPECT_FALSE(is_json(std::string_view{"\"\0\"", 3}));
    EXPECT_FALSE(is_json(std::string_view{"[\0]", 3}));
}

TEST(is_json, reads_as_deep_as_it_says) {
    auto const nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(is_json(nested(deepest_json)));
    EXPECT_FALSE(is_json(nested(deepest_json + 1)));
    EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
    EXPECT_TRUE(parse_foreign_json(nested(deepest_json)));
    EXPECT_FALSE(parse_foreign_json(nested(deepest_json + 1)));
}

TEST(is_json, finds_what_ends_a_string_wherever_it_stands) {
    for (std::size_t front = 0; front < 40; ++front)
        for (std::size_t back = 0; back < 20; ++back) {
            auto const around = [&](std::string_view middle) {
                return '"' + std::string(front, 'a') + std::string{middle} + std::string(back, 'z') + '"';
            };
            EXPECT_TRUE(is_json(around("")));
            EXPECT_TRUE(is_json(around("\\\"")));
            EXPECT_TRUE(is_json(around("\x7F")));
            EXPECT_TRUE(is_json(around("é")));
            for (auto const* wrong : {"\"", "\\x", "\x1F", "\x01", "\x80", "\xFF"})
                EXPECT_FALSE(is_json(around(wrong))) << front << ' ' << back;
        }
}

TEST(is_json, tells_of_the_members_of_the_outermost_object_alone) {
    using members = std::vector<std::pair<std::string, std::string>>;
    auto const told_of = [](std::string_view text) {
        members told;
        json_member_visitor const tell = [&told](std::string_view name, std::string_view value) {
            told.emplace_back(name, value);
        };
        EXPECT_TRUE(is_json(text, tell)) << text;
        return told;
    };
    EXPECT_EQ(told_of(R"({"a":1})"), (members{{"a", "1"}}));
    EXPECT_EQ(told_of(R"( { "a" : { "b" : [1, {"c":2}] } , "d\"":"e" , "a":null } )"),
              (members{{"a", R"({ "b" : [1, {"c":2}] })"}, {R"(d\")", R"("e")"}, {"a", "null"}}));
    EXPECT_EQ(told_of(R"({"a":{},"b":[],"":"" })"), (members{{"a", "{}"}, {"b", "[]"}, {"", R"("")"}}));
    for (auto const* text : {"{}", " { } ", "[]", R"([{"a":1},{"b":{}}])", "1", R"("a")"})
        EXPECT_TRUE(told_of(text).empty()) << text;
    EXPECT_FALSE(is_json(R"({"a":1,})", [](std::string_view, std::string_view) {}));
}

using read_by_library = std::pair<test_run, std::vector<criterion>>;

/// What is read of a run by a parser that knows nothing of ours.
read_by_library read_with_library(boost::json::object const& object) {
    read_by_library read;
    auto& [run, criteria] = read;
    run.status_text = string_member(object, "status");
    run.created_at = parse_timestamp(string_member(object, "created_at"));
    run.suite_run_id = string_member(object, "test_suite_run_id");
    auto const* const details = object.if_contains("detail_status");
    if (details != nullptr && details->is_array())
        for (auto const& detail : details->get_array())
            if (detail.is_object())
                criteria.push_back({std::string{string_member(detail.get_object(), "name")},
                                    std::string{string_member(detail.get_object(), "status")}});
    return read;
}

TEST(is_json, agrees_with_a_json_library_and_so_does_what_is_read_of_a_run) {
    std::string const body =
        R"({"run_id":"R1","status":"failed","st\u0061tus":"passed","created_at":"2026-11-23T10:15:04.12+00:00", )"
        R"("test_suite_run_id":"S\/1","logs":"[10:15:05] caf\u00e9 \ud83d\ude00 \ud83d \"quoted\" \\\n[10:15:06] é😀", )"
        R"("detail_status":[{"name":"Greets","status":"passed"},null,{"n\u0061me":"a\tb"},[1]],"n":-1.10e+2,"b":true})";
    std::mt19937 random{11};
    int valid = 0;
    for (int round = 0; round < 40'000; ++round) {
        auto const text = damaged(body, random);
        auto const parsed = parse_foreign_json(text);
        ASSERT_EQ(is_json(text), parsed.has_value()) << text;
        auto const ours = read_run(key, text);
        ASSERT_EQ(ours.has_value(), parsed && parsed->is_object()) << text;
        if (!ours)
            continue;
        ++valid;
        auto const [theirs, their_criteria] = read_with_library(parsed->get_object());
        ASSERT_EQ(ours->status_text, theirs.status_text) << text;
        ASSERT_EQ(ours->created_at, theirs.created_at) << text;
        ASSERT_EQ(ours->suite_run_id, theirs.suite_run_id) << text;
        ASSERT_EQ(logs_of(*ours), string_member(parsed->get_object(), "logs")) << text;
        auto const criteria = criteria_of(*ours);
        ASSERT_EQ(criteria.size(), their_criteria.size()) << text;
        for (std::size_t index = 0; index < criteria.size(); ++index) {
            ASSERT_EQ(criteria[index].name, their_criteria[index].name) << text;
            ASSERT_EQ(criteria[index].status, their_criteria[index].status) << text;
        }
    }
    EXPECT_GT(valid, 10'000) << "the damage leaves too little";
    EXPECT_LT(valid, 35'000) << "there is too little damage";
}

} // namespace
} // namespace runwatch
