#include "runwatch/options.hpp"

#include "config/yaml.hpp"
#include "options/nearest.hpp"
#include "runwatch/http_client.hpp"
#include "support/environment.hpp"
#include "support/temporary_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using texts = std::vector<std::string>;

class options_of : public testing::Test {
protected:
    /// Begins to read these options, written in YAML.
    option_map& read(std::string const& yaml) {
        problems_ = problems{};
        node_ = read_yaml(yaml, "/etc/x.yaml", problems_).value_or(option_node{});
        options_ = std::make_unique<option_map>(node_, problems_);
        return *options_;
    }

    /// All that was wrong, without the name of the file.
    texts errors() const { return without_file(problems_.errors()); }

    texts warnings() const { return without_file(problems_.warnings()); }

    std::string effective() const { return to_yaml(options_->effective()); }

    problems problems_;

private:
    static texts without_file(texts lines) {
        for (auto& line : lines)
            line.erase(0, std::string_view{"/etc/x.yaml:"}.size());
        return lines;
    }

    option_node node_;
    std::unique_ptr<option_map> options_;
};

TEST_F(options_of, every_type_are_read) {
    auto& options =
        read("{text: abc, path: a/b, url: 'https://a.example/', time: 1h30m, size: 2KiB, number: 7, flag: true,"
             " word: two, texts: [a, b], map: {k: v}, secret: {env: OPTIONS_WORD}}");
    support::environment_variable const word{"OPTIONS_WORD", "WORD"};
    EXPECT_EQ(options.read_text("text"), "abc");
    EXPECT_EQ(options.read_path("path"), "/etc/a/b");
    EXPECT_EQ(options.read_url("url"), "https://a.example/");
    EXPECT_EQ(options.read_duration("time", {1s, 24h}), 90min);
    EXPECT_EQ(options.read_size("size", {1, 4096}), 2048);
    EXPECT_EQ(options.read_number("number", {1, 10}), 7);
    EXPECT_TRUE(options.read_flag("flag", false));
    EXPECT_EQ(options.read_choice<int>("word", {{"one", 1}, {"two", 2}}), 2);
    EXPECT_EQ(options.read_texts("texts"), (texts{"a", "b"}));
    EXPECT_EQ(options.read_text_map("map"), (std::map<std::string, std::string>{{"k", "v"}}));
    EXPECT_EQ(options.read_secret("secret")->read().reveal(), "WORD");
    options.finish();
    EXPECT_EQ(errors(), texts{});
    EXPECT_EQ(warnings(), texts{});
}

TEST_F(options_of, nothing_are_their_defaults) {
    auto& options = read("{}");
    EXPECT_EQ(options.read_text("text"), std::nullopt);
    EXPECT_EQ(options.read_text("text", "abc"), "abc");
    EXPECT_EQ(options.read_path("path", "/var/a b"), "/var/a b");
    EXPECT_EQ(options.read_duration("time", 90s, {1s, 24h}), 90s);
    EXPECT_EQ(options.read_size("size", 1025, {1, 4096}), 1025);
    EXPECT_EQ(options.read_number("number", 7, {1, 10}), 7);
    EXPECT_FALSE(options.read_flag("flag", false));
    EXPECT_EQ(options.read_choice("word", 2, {{"one", 1}, {"two", 2}}), 2);
    EXPECT_EQ(options.read_texts("texts"), texts{});
    EXPECT_TRUE(options.read_text_map("map").empty());
    EXPECT_EQ(options.read_secret("secret"), std::nullopt);
    EXPECT_TRUE(options.read_secrets("secrets").empty());
    EXPECT_EQ(options.find_map("nested"), nullptr);
    EXPECT_EQ(options.read_map("inner").read_number("deep", 3, {1, 10}), 3);
    EXPECT_TRUE(options.read_maps("maps").empty());
    options.finish();
    EXPECT_EQ(errors(), texts{});
    EXPECT_EQ(effective(), "text: abc\npath: \"/var/a b\"\ntime: 1m30s\nsize: 1025B\nnumber: 7\nflag: false\n"
                           "word: two\ninner: {deep: 3}\nmaps: []\n");
}

TEST_F(options_of, what_is_missing_but_required_are_told) {
    auto& options = read("a: b\nmap:\n  c: d\n");
    EXPECT_EQ(options.require_text("text"), "");
    auto& map = options.read_map("map");
    EXPECT_EQ(map.require_path("path"), "");
    EXPECT_EQ(map.require_url("url"), "");
    EXPECT_TRUE(map.require_texts("texts").empty());
    map.read_text("c");
    options.read_text("a");
    options.finish();
    EXPECT_EQ(errors(), (texts{"1:1: text: is missing", "3:3: map.path: is missing", "3:3: map.url: is missing",
                               "3:3: map.texts: is missing"}));
}

TEST_F(options_of, which_nobody_reads_are_told_with_the_nearest_that_somebody_does) {
    auto& options = read("{tiemout: 3s, inner: {kep: 1}, list: [{a: 1}, {b: 1}], x: 1}");
    options.read_duration("timeout", 1s, {1s, 1h});
    options.read_map("inner").read_number("keep", 1, {1, 10});
    for (auto* const item : options.read_maps("list"))
        item->read_number("a", 1, {1, 10});
    options.finish();
    EXPECT_EQ(errors(), (texts{"1:2: tiemout: unknown key; did you mean \"timeout\"?",
                               "1:23: inner.kep: unknown key; did you mean \"keep\"?",
                               "1:48: list[1].b: unknown key; expected one of a",
                               "1:56: x: unknown key; expected one of timeout, inner, list"}));
}

TEST_F(options_of, an_unknown_kind_can_be_left_unread) {
    auto& options = read("{a: 1, b: {c: 2}}");
    options.leave_rest();
    options.finish();
    EXPECT_EQ(errors(), texts{});
}

TEST_F(options_of, a_shape_of_their_own_have_their_places) {
    auto& options = read("either: [1, two]\nmissing_here: x\n");
    auto const* const either = options.find("either");
    ASSERT_NE(either, nullptr);
    EXPECT_EQ(either->items.at(1).text, "two");
    options.refuse("either", "not like this");
    problems_.error(options.place_of("either", 1), "nor this");
    problems_.error(options.place_of("either", 2), "there is no third");
    options.refuse("other", "nothing there");
    options.leave_rest();
    EXPECT_EQ(errors(), (texts{"1:1: other: nothing there", "1:9: either: not like this",
                               "1:9: either: there is no third", "1:13: either[1]: nor this"}));
}

TEST_F(options_of, a_named_place_are_resolved_and_not_quoted) {
    support::environment_variable const word{"OPTIONS_WORD", " WORD\n"};
    support::temporary_file const file{"PATH-in-a-file\n"};
    auto& options = read("{text: {env: OPTIONS_WORD}, path: {file: " + file.path() +
                         "}, time: {env: OPTIONS_WORD}, word: {env: OPTIONS_WORD}, list: [{env: OPTIONS_WORD}, b],"
                         " map: {env: {env: OPTIONS_WORD}}, plain: abc}");
    EXPECT_EQ(options.read_text("text"), "WORD");
    EXPECT_EQ(options.read_path("path"), "/etc/PATH-in-a-file");
    EXPECT_EQ(options.read_duration("time", {1s, 1h}), std::nullopt);
    EXPECT_EQ(options.read_choice("word", {"WORT", "b"}), std::nullopt);
    EXPECT_EQ(options.read_texts("list"), (texts{"WORD", "b"}));
    EXPECT_EQ(options.read_text_map("map"), (std::map<std::string, std::string>{{"env", "WORD"}}));
    EXPECT_FALSE(options.is_written_out("text"));
    EXPECT_FALSE(options.is_text("text"));
    EXPECT_TRUE(options.is_written_out("plain"));
    EXPECT_TRUE(options.is_text("plain"));
    for (auto const& line : errors())
        EXPECT_EQ(line.find("WORD\""), std::string::npos) << line;
    EXPECT_EQ(errors().size(), 2);
    EXPECT_EQ(effective(), "text: {env: OPTIONS_WORD}\npath: {file: " + file.path() +
                               "}\nlist: [{env: OPTIONS_WORD}, b]\nmap:\n  env: {env: OPTIONS_WORD}\n");
}

TEST_F(options_of, a_chat_show_the_host_of_their_url_alone) {
    auto& options =
        read("{a: 'https://u:WORD@a.example:8/b?WORD', b: 'https://hooks.example/WORD', c: 'https://c.example'}");
    options.read_url("a");
    options.read_url("b", url_display::origin);
    options.read_url("c", url_display::origin);
    EXPECT_EQ(effective(),
              "a: \"https://a.example:8/b\"\nb: \"https://hooks.example/***\"\nc: \"https://c.example\"\n");
}

TEST_F(options_of, one_kind_are_the_same_however_they_are_written) {
    auto const canonical = [this](std::string const& yaml) {
        auto& options = read(yaml);
        options.read_duration("time", 60s, {1s, 1h});
        options.read_secrets("secret");
        options.read_map("inner").read_number("keep", 3, {1, 10});
        return options.canonical();
    };
    EXPECT_EQ(canonical("{}"), canonical("{inner: {keep: 3}, time: 1m}"));
    EXPECT_NE(canonical("{}"), canonical("{inner: {keep: 4}}"));
    EXPECT_EQ(canonical("{secret: WORD}"), canonical("{secret: WORD}"));
    EXPECT_NE(canonical("{secret: WORD}"), canonical("{secret: WORT}"));
    EXPECT_EQ(canonical("{secret: WORD}").find("WORD"), std::string::npos);
}

TEST_F(options_of, yaml_have_the_types_of_its_core_schema) {
    auto const kind = [this](std::string const& scalar) { return read("{a: " + scalar + "}").find("a")->kind; };
    for (auto const* scalar : {"", "~", "null", "Null", "NULL"})
        EXPECT_EQ(kind(scalar), option_kind::nothing) << scalar;
    for (auto const* scalar : {"true", "True", "TRUE", "false", "False", "FALSE"})
        EXPECT_EQ(kind(scalar), option_kind::flag) << scalar;
    for (auto const* scalar :
         {"0", "-1", "+1", "0o17", "0x1F", "1.5", ".5", "1.", "1e3", "-1.5E-3", ".inf", "-.Inf", ".nan"})
        EXPECT_EQ(kind(scalar), option_kind::number) << scalar;
    for (auto const* scalar :
         {"yes", "no", "on",    "off",  "nULL",       "tRue", "'1'", "\"true\"", "1_000", "0b1",  "1e",
          "-",   ".",  "1.5.2", "1:30", "2026-11-23", "3s",   "0x",  "a b",      "''",    "-.nan"})
        EXPECT_EQ(kind(scalar), option_kind::text) << scalar;
}

TEST(problems_found, are_sorted_by_place_and_told_in_one_go) {
    problems found;
    EXPECT_FALSE(found.any());
    EXPECT_NO_THROW(found.throw_if_any());
    found.warn({"a", 1, 1, "w"}, "look");
    EXPECT_FALSE(found.any());
    found.error({"a", 10, 1, ""}, "third");
    found.error({"a", 2, 7, "b.c"}, "second");
    found.error({"a", 2, 3, "b"}, "first");
    found.error({"a", 2, 3, "b"}, "first");
    found.error({"a", 0, 0, ""}, "whole");
    EXPECT_EQ(found.errors(), (texts{"a: whole", "a:2:3: b: first", "a:2:7: b.c: second", "a:10:1: third"}));
    EXPECT_EQ(found.warnings(), texts{"a:1:1: w: look"});
    try {
        found.throw_if_any();
        FAIL();
    } catch (config_error const& wrong) {
        EXPECT_STREQ(wrong.what(), "a: whole\na:2:3: b: first\na:2:7: b.c: second\na:10:1: third");
    }
}

TEST(problems_found, beyond_a_hundred_are_counted) {
    problems found;
    for (std::size_t line = 1; line != 104; ++line)
        found.error({"a", line, 1, ""}, "wrong");
    try {
        found.throw_if_any();
        FAIL();
    } catch (config_error const& wrong) {
        EXPECT_TRUE(std::string_view{wrong.what()}.ends_with("a:100:1: wrong\nand 3 more"));
    }
}

TEST(nearest_word, is_the_one_that_was_meant) {
    texts const words{"timeout", "concurrency", "format", "on", "logs", "allow_http", "warning"};
    EXPECT_EQ(nearest("tiemout", words), "timeout");
    EXPECT_EQ(nearest("Timeout", words), "timeout");
    EXPECT_EQ(nearest("timeouts", words), "timeout");
    EXPECT_EQ(nearest("allowHttp", words), "allow_http");
    EXPECT_EQ(nearest("concurency", words), "concurrency");
    EXPECT_EQ(nearest("log", words), "logs");
    EXPECT_EQ(nearest("warn", words), "warning");
    EXPECT_EQ(nearest("no", words), "on");
    for (auto const* text : {"x", "", "url", "in_between", "wa"})
        EXPECT_EQ(nearest(text, words), "") << text;
    EXPECT_EQ(nearest(std::string(101, 'a'), {std::string(101, 'a')}), "");
    EXPECT_EQ(edit_distance("", "abc"), 3);
    EXPECT_EQ(edit_distance("abc", ""), 3);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
    EXPECT_EQ(edit_distance("ab", "ba"), 1);
}

TEST(yaml_text, is_read_back_as_it_was) {
    auto all = map_node();
    for (auto const* text :
         {"a",    "a b", "true", "No",  "null", "~", "1",    "1.5",  "0x1F",       "3s",  "50MiB",  "a: b",
          "a #b", "-",   "*a",   "&a",  "!a",   "",  " a ",  "\"",   "'",          "\\",  "é",      "😀",
          "{a}",  "[",   "#",    "a,b", "@",    "%", "/a/b", "/a b", "2026-11-23", "1e5", "12e03m", "a\tb"})
        add_member(all, "key " + std::string{text}, text_node(text));
    add_member(all, "list",
               list_node({text_node("a"), plain_node(option_kind::number, "1"), list_node({}), map_node()}));
    auto inner = map_node();
    add_member(inner, "on", plain_node(option_kind::flag, "true"));
    add_member(inner, "X-Y", plain_node(option_kind::nothing, ""));
    add_member(all, "map", inner);
    add_member(all, "maps", list_node({inner, inner, list_node({inner}), list_node({list_node({text_node("x")})})}));
    add_member(all, "long", list_node({text_node(std::string(60, 'a')), text_node(std::string(60, 'b'))}));

    problems found;
    auto const yaml = to_yaml(all);
    auto const again = read_yaml(yaml, "x", found);
    ASSERT_EQ(found.errors(), texts{}) << yaml;
    EXPECT_EQ(to_yaml(again.value()), yaml);
    for (std::size_t index = 0; index != all.members.size(); ++index) {
        auto const& written = all.members[index];
        auto const& read = again->members.at(index);
        EXPECT_EQ(read.name, written.name);
        EXPECT_EQ(read.value.kind, written.value.kind) << written.name;
        EXPECT_EQ(read.value.text, written.value.text) << written.name;
    }
}

} // namespace
} // namespace runwatch
