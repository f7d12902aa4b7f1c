#include "runwatch/config.hpp"

#include "runwatch/units.hpp"
#include "sinks/registry.hpp"
#include "support/config_example.hpp"
#include "support/environment.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using support::example_path;
using support::parse_yaml;
using support::whole_example;

option_node const& member(option_node const& of, std::string_view name) {
    static option_node const nothing;
    auto const* const found = of.find(name);
    EXPECT_NE(found, nullptr) << name << " is missing in " << of.place.path;
    return found == nullptr ? nothing : *found;
}

/// A value in one form: durations that are equal have the same text.
std::string plain(option_node const& node) {
    auto const time = node.kind == option_kind::text ? parse_duration(node.text) : std::nullopt;
    return time ? spell_duration(*time) : to_yaml(node);
}

/// Calls `see` with each schema of an option that is described, of the same name and path in every place.
void for_each_option(option_node const& schema, auto const& see) {
    if (auto const* const properties = schema.find("properties"))
        for (auto const& each : properties->members) {
            see(each.name, each.value);
            for_each_option(each.value, see);
        }
}

class schema_file : public testing::Test {
protected:
    /// What a schema says itself, or the one that it refers to.
    option_node const& resolve(option_node const& schema) const {
        auto const* const reference = schema.find("$ref");
        return reference == nullptr ? schema : definition(reference->text.substr(std::string{"#/$defs/"}.size()));
    }

    option_node const& definition(std::string const& name) const { return member(member(schema_, "$defs"), name); }

    option_node schema_ = support::parse_schema();
};

TEST_F(schema_file, describes_every_option_and_says_what_it_is_without_it) {
    auto const check = [this](std::string const& name, option_node const& option) {
        auto const& target = resolve(option);
        auto const has = [&](char const* what) { return option.find(what) != nullptr || target.find(what) != nullptr; };
        EXPECT_TRUE(has("description")) << name << " in " << option.place.path;
        EXPECT_TRUE(has("default") || has("examples") || has("const") ||
                    option.find("description")->text.find("Default: ") != std::string::npos)
            << name << " in " << option.place.path;
    };
    for_each_option(schema_, check);
    for (auto const& each : member(schema_, "$defs").members)
        for_each_option(each.value, check);
}

TEST_F(schema_file, has_the_defaults_of_the_loader) {
    support::environment_variable const key{"TELNYX_API_KEY", "KEY"};
    auto const shown = parse_config("log: {}", "x.yaml", {}).config.effective;
    for (auto const& section : shown.members)
        for (auto const& each : section.value.members) {
            auto const& option = member(member(definition(section.name), "properties"), each.name);
            EXPECT_EQ(plain(member(option, "default")), plain(each.value)) << section.name << '.' << each.name;
        }
}

/// Options that the example tells of without showing them.
bool is_told_elsewhere(option_node const& sink, std::string const& option) {
    auto const* const type = sink.find("type");
    return option == "on" || (option == "logs" && type != nullptr && type->text == "stdout");
}

TEST_F(schema_file, knows_the_options_of_the_example_and_no_others) {
    auto const example = parse_yaml(whole_example(), example_path);
    auto const compare = [](option_node const& written, option_node const& schema) {
        auto const& properties = member(schema, "properties");
        for (auto const& each : written.members) {
            auto const& option = member(properties, each.name);
            auto const* const otherwise = option.find("default");
            // Sinks show other lists of outcomes, and labels and headers that somebody may want.
            if (otherwise != nullptr && otherwise->kind != option_kind::map && each.value.kind != option_kind::map) {
                EXPECT_EQ(plain(each.value), plain(*otherwise)) << each.place.path;
            }
        }
        for (auto const& option : properties.members)
            EXPECT_TRUE(written.find(option.name) != nullptr || is_told_elsewhere(written, option.name))
                << option.name << " is missing in " << written.place.path;
    };
    for (auto const& section : schema_.find("properties")->members)
        if (section.name == "exit")
            EXPECT_EQ(member(example, section.name).text, member(section.value, "default").text);
        else if (section.name != "watch" && section.name != "follow" && section.name != "sinks")
            compare(member(example, section.name), definition(section.name));
    compare(member(example, "watch").items.at(0), definition("watch"));
    auto follow = member(example, "follow").items.at(0);
    EXPECT_EQ(follow.members.front().name, "test");
    follow.members.push_back(follow.members.front());
    follow.members.back().name = "suite";
    compare(follow, definition("follow"));
    std::vector<std::string> types;
    for (auto const& sink : member(example, "sinks").items) {
        types.push_back(member(sink, "type").text);
        compare(sink, definition(types.back() + "_sink"));
        if (auto const* const rotate = sink.find("rotate"))
            compare(*rotate, member(member(definition("file_sink"), "properties"), "rotate"));
    }
    EXPECT_EQ(types, (std::vector<std::string>{"stdout", "file", "webhook", "exec"}));
}

TEST(example_config, has_nothing_wrong_in_it_but_the_files_that_are_not_there) {
    support::environment_variable const key{"TELNYX_API_KEY", "KEY"};
    try {
        parse_config(whole_example(), "x.yaml", check_sink);
        FAIL() << "the files of the example exist";
    } catch (config_error const& wrong) {
        auto const said = std::regex_replace(std::string{wrong.what()}, std::regex{"x\\.yaml:[0-9:]+ "}, "");
        EXPECT_EQ(said, "telnyx.ca_file: the file cannot be read: No such file or directory\n"
                        "sinks[2].secret: the file /run/secrets/ops-webhook cannot be read: No such file or directory\n"
                        "sinks[2].headers.Authorization: the variable OPS_AUTHORIZATION is not set\n"
                        "sinks[2].ca_file: the file cannot be read: No such file or directory\n"
                        "http.token: the file /etc/runwatch/http-token cannot be read: No such file or directory");
    }
}

} // namespace
} // namespace runwatch
