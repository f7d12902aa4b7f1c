#include "runwatch/config.hpp"

#include "config/yaml.hpp"
#include "runwatch/units.hpp"
#include "sinks/registry.hpp"
#include "support/environment.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <random>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

std::string const example_path = RUNWATCH_SOURCE_DIR "/config/runwatch.yaml";
std::string const schema_path = RUNWATCH_SOURCE_DIR "/config/runwatch.schema.json";

std::vector<std::string> lines_of(std::istream& in) {
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

std::string join(std::vector<std::string> const& lines) {
    std::string text;
    for (auto const& line : lines)
        text += line + '\n';
    return text;
}

/// The example with every option that is commented out: behind their `#` stands no blank.
std::string whole_example() {
    std::ifstream in{example_path};
    auto lines = lines_of(in);
    for (auto& line : lines) {
        auto const mark = line.find_first_not_of(' ');
        if (mark != std::string::npos && line[mark] == '#' && mark + 1 < line.size() && line[mark + 1] != ' ')
            line.erase(mark, 1);
    }
    return join(lines);
}

option_node parse(std::string const& text, std::string const& file) {
    problems found;
    auto const root = read_yaml(text, file, found);
    EXPECT_EQ(found.errors(), std::vector<std::string>{});
    return root.value_or(option_node{});
}

option_node parse_file(std::string const& path) {
    std::ifstream in{path};
    return parse(join(lines_of(in)), path);
}

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

    option_node schema_ = parse_file(schema_path);
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
    auto const example = parse(whole_example(), example_path);
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
        if (section.name != "watch" && section.name != "sinks")
            compare(member(example, section.name), definition(section.name));
    compare(member(example, "watch").items.at(0), definition("watch"));
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
                        "sinks[2].ca_file: the file cannot be read: No such file or directory");
    }
}

/// Spoils a config: by lines, by letters, by what YAML makes much of.
class mutation {
public:
    explicit mutation(unsigned seed) : random_(seed) {}

    std::string apply(std::string const& text) {
        std::istringstream in{text};
        auto lines = lines_of(in);
        for (auto left = 1 + pick(4); left != 0; --left)
            spoil(lines);
        auto spoilt = join(lines);
        if (pick(20) == 0)
            spoilt.resize(pick(spoilt.size()));
        return spoilt;
    }

private:
    std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_); }

    void spoil(std::vector<std::string>& lines) {
        static constexpr std::array<char const*, 34> pieces{"null",
                                                            "~",
                                                            "[]",
                                                            "{}",
                                                            "{env: X}",
                                                            "{file: /}",
                                                            "{credential: a/b}",
                                                            "true",
                                                            "-1",
                                                            "1e9",
                                                            "0x1F",
                                                            "999999d",
                                                            "1.5s",
                                                            "!!str x",
                                                            "!x y",
                                                            "&a 1",
                                                            "*a",
                                                            "<<: {a: b}",
                                                            "? ",
                                                            "- ",
                                                            ": ",
                                                            "\"",
                                                            "'",
                                                            "|",
                                                            ">-",
                                                            "%",
                                                            "@",
                                                            "\t",
                                                            "\xC3",
                                                            "\xF0\x9F\x98\x80",
                                                            "\x01",
                                                            "---",
                                                            "...",
                                                            "[[[[{{{{"};
        auto& line = lines[pick(lines.size())];
        switch (pick(9)) {
        case 0:
            line.clear();
            break;
        case 1:
            lines.push_back(line);
            break;
        case 2:
            std::swap(line, lines[pick(lines.size())]);
            break;
        case 3:
            line.insert(0, pick(5), ' ');
            break;
        case 4:
            line.erase(0, pick(5));
            break;
        case 5:
            line.erase(pick(line.size() + 1), 1 + pick(3));
            break;
        case 6:
            line.insert(pick(line.size() + 1), 1, static_cast<char>(pick(256)));
            break;
        case 7:
            line.insert(pick(line.size() + 1), pieces[pick(pieces.size())]);
            break;
        default:
            if (auto const colon = line.find(": "); colon != std::string::npos)
                line.replace(colon + 2, std::string::npos, pieces[pick(pieces.size())]);
        }
    }

    std::mt19937 random_;
};

/// The whole example without its comments, naming files that exist.
std::string good_config() {
    std::istringstream in{whole_example()};
    auto lines = lines_of(in);
    std::erase_if(lines, [](std::string const& line) { return line.find("# ") != std::string::npos; });
    auto text = join(lines);
    for (auto const& [absent, present] :
         {std::pair{"/etc/ssl/certs/example-ca.pem", RUNWATCH_SOURCE_DIR "/LICENSE"},
          {"/run/secrets/ops-webhook", RUNWATCH_SOURCE_DIR "/tests/config/files/signing-key"},
          {"OPS_AUTHORIZATION", "TELNYX_API_KEY"}})
        for (std::size_t at = 0; (at = text.find(absent, at)) != std::string::npos; at += std::strlen(present))
            text.replace(at, std::strlen(absent), present);
    return text;
}

TEST(example_config, can_be_spoilt_at_will) {
    support::environment_variable const key{"TELNYX_API_KEY", "KEY"};
    auto const good = good_config();
    EXPECT_EQ(parse_config(good, "x.yaml", check_sink).config.sinks.size(), 4);
    unsigned refused = 0;
    for (unsigned seed = 0; seed != 2000; ++seed) {
        SCOPED_TRACE(seed);
        auto const text = mutation{seed}.apply(good);
        try {
            auto const loaded = parse_config(text, "x.yaml", check_sink);
            print_effective(loaded.config);
        } catch (config_error const& wrong) {
            ++refused;
            std::istringstream in{wrong.what()};
            for (auto const& line : lines_of(in))
                EXPECT_TRUE(line.starts_with("x.yaml:") && line.find(": ") != std::string::npos) << line;
        }
    }
    // Some mutations spoil nothing.
    EXPECT_GT(refused, 1500U);
    EXPECT_LT(refused, 2000U);
}

} // namespace
} // namespace runwatch
