#include "runwatch/config.hpp"

#include "sinks/registry.hpp"
#include "support/config_example.hpp"
#include "support/config_file.hpp"
#include "support/environment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runwatch {
namespace {

using support::environment_variable;
using support::join_lines;
using support::lines_of;
using support::replace;

std::string const signing_key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A part of every secret that a test puts into a config, or that one names.
constexpr std::array<std::string_view, 4> hidden_words{"hush/inline", "hush-by-variable", "MfKQ9r8G",
                                                       "not-a-duration-but-private"};

/// Numbers that look random and are the same at each run.
class randomness {
public:
    explicit randomness(unsigned seed) : numbers_(seed) {}

    std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>{0, below - 1}(numbers_); }

    bool one_in(std::size_t times) { return pick(times) == 0; }

    template <class Things>
    auto const& among(Things const& things) {
        return things[pick(std::size(things))];
    }

private:
    std::mt19937 numbers_;
};

/// What YAML makes much of.
constexpr std::array<std::string_view, 35> yaml_pieces{"null",
                                                       "~",
                                                       "[]",
                                                       "{}",
                                                       "{env: X}",
                                                       "{env: MUTATION_SECRET}",
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

/// Spoils one line of a text, or its place among the others.
void spoil_line(std::vector<std::string>& lines, randomness& random) {
    auto& line = lines[random.pick(lines.size())];
    auto const place = random.pick(line.size() + 1);
    switch (random.pick(9)) {
    case 0:
        line.clear();
        break;
    case 1:
        lines.push_back(line);
        break;
    case 2:
        std::swap(line, lines[random.pick(lines.size())]);
        break;
    case 3:
        line.insert(0, random.pick(5), ' ');
        break;
    case 4:
        line.erase(0, random.pick(5));
        break;
    case 5:
        line.erase(place, 1 + random.pick(3));
        break;
    case 6:
        line.insert(place, 1, static_cast<char>(random.pick(256)));
        break;
    case 7:
        line.insert(place, random.among(yaml_pieces));
        break;
    default:
        if (auto const colon = line.find(": "); colon != std::string::npos)
            line.replace(colon + 2, std::string::npos, random.among(yaml_pieces));
    }
}

/// Spoils a text by lines and letters.
std::string spoil(std::string const& text, randomness& random) {
    std::istringstream in{text};
    auto lines = lines_of(in);
    for (auto left = 1 + random.pick(4); left != 0 && !lines.empty(); --left)
        spoil_line(lines, random);
    auto spoilt = join_lines(lines);
    if (random.one_in(20))
        spoilt.resize(random.pick(spoilt.size() + 1));
    return spoilt;
}

/// All names and values that the schema of a config speaks of.
class vocabulary {
public:
    explicit vocabulary(option_node const& schema) {
        for (auto const* const odd : {"", " ", "\n", "0", "1", "1s", "1MiB", "99999999999999999999d", "a/b", "../..",
                                      "http://", "https://a b/", "http://[::1", "{env: X}", "*", "\xF0\x9F\x98\x80"})
            values.push_back(text_node(odd));
        for (auto const* const number : {"-1", "0", "1e400", "18446744073709551616", "0x10", "1.5", ".inf"})
            values.push_back(plain_node(option_kind::number, number));
        for (auto const* const name : {"MUTATION_SECRET", "MUTATION_UNSET", "", "a b"})
            values.push_back(place("env", name));
        for (auto const* const path : {"files/private", "files/empty", "files/two-lines", "/", "absent"})
            values.push_back(place("file", path));
        values.push_back(place("credential", "key"));
        values.push_back(plain_node(option_kind::flag, "true"));
        values.push_back(option_node{});
        values.push_back(list_node({}));
        values.push_back(map_node());
        collect(schema);
    }

    std::vector<std::string> names;
    std::vector<option_node> values;

private:
    static option_node place(std::string kind, std::string name) {
        auto map = map_node();
        add_member(map, std::move(kind), text_node(std::move(name)));
        return map;
    }

    void collect(option_node const& schema) {
        for (auto const& item : schema.items)
            collect(item);
        for (auto const& each : schema.members) {
            if (each.name == "default" || each.name == "const")
                values.push_back(each.value);
            if (each.name == "examples" || each.name == "enum")
                values.insert(values.end(), each.value.items.begin(), each.value.items.end());
            if (each.name == "properties")
                for (auto const& option : each.value.members)
                    names.push_back(option.name);
            collect(each.value);
        }
    }
};

/// Writes configs out of what the schema describes, with something wrong here and there. Each is another; most are bad.
class schema_writer {
public:
    schema_writer(option_node const& schema, vocabulary const& words, randomness& random)
        : schema_(schema), words_(words), random_(random) {}

    option_node write() { return value_of(schema_, ""); }

private:
    option_node value_of(option_node const& schema, std::string const& name) {
        if (random_.one_in(25))
            return wrapped(random_.among(words_.values));
        if (auto hidden = hidden_value(name); hidden.kind == option_kind::text)
            return random_.one_in(10) ? wrapped(std::move(hidden)) : hidden;
        if (auto const* const reference = schema.find("$ref"))
            return value_of(*schema_.find("$defs")->find(reference->text.substr(std::string{"#/$defs/"}.size())), name);
        for (auto const* const choice : {"oneOf", "anyOf"})
            if (auto const* const schemas = schema.find(choice); schemas != nullptr && schema.find("type") == nullptr)
                return value_of(random_.among(schemas->items), name);
        if (auto const* const only = schema.find("const"))
            return *only;
        if (auto const* const values = schema.find("enum"))
            return random_.among(values->items);
        auto const* const type = schema.find("type");
        auto const kind = type == nullptr ? std::string{} : type->text;
        if (kind == "object")
            return schema.find("oneOf") == nullptr ? map_of(schema)
                                                   : value_of(random_.among(schema.find("oneOf")->items), name);
        if (kind == "array")
            return list_of(schema);
        if (kind == "integer")
            return plain_node(option_kind::number,
                              random_.among(std::array{"0", "1", "8", "64", "65", "1000", "1001"}));
        if (kind == "boolean")
            return plain_node(option_kind::flag, random_.one_in(2) ? "true" : "false");
        return random_.among(words_.values);
    }

    option_node map_of(option_node const& schema) {
        auto map = map_node();
        if (auto const* const options = schema.find("properties"))
            for (auto const& option : options->members)
                if (random_.one_in(2) || (is_required(schema, option.name) && !random_.one_in(10)))
                    add_member(map, named(option.name), value_of(option.value, option.name));
        auto const* const more = schema.find("additionalProperties");
        if (more != nullptr && more->kind == option_kind::map)
            for (auto const* const key : {"team", "Authorization", "X-Team", "Content-Type", "a b"})
                if (random_.one_in(3))
                    add_member(map, named(key), value_of(*more, key));
        if (random_.one_in(12))
            add_member(map, random_.among(words_.names), random_.among(words_.values));
        return map;
    }

    option_node list_of(option_node const& schema) {
        auto list = list_node({});
        for (auto left = random_.pick(4); left != 0; --left)
            list.items.push_back(value_of(*schema.find("items"), ""));
        return list;
    }

    static bool is_required(option_node const& schema, std::string const& name) {
        auto const* const names = schema.find("required");
        if (names != nullptr)
            for (auto const& each : names->items)
                if (each.text == name)
                    return true;
        return name == "name" || name == "type";
    }

    /// A key, misspelt now and then.
    std::string named(std::string name) {
        if (!random_.one_in(25))
            return name;
        auto const place = random_.pick(name.size());
        switch (random_.pick(3)) {
        case 0:
            return name.erase(place, 1);
        case 1:
            name[place] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[place])));
            return name;
        default:
            return name.insert(place, 1, static_cast<char>(' ' + random_.pick(95)));
        }
    }

    /// A secret that stands in the file itself where one may, good or spoilt; else nothing.
    option_node hidden_value(std::string const& name) {
        if (!random_.one_in(2))
            return {};
        if (name == "secret")
            return text_node(
                random_.among(std::array{signing_key, signing_key + "=x", "!" + signing_key, signing_key + "\n"}));
        if (name == "api_key" || name == "Authorization")
            return text_node(
                random_.among(std::array{"hush/inline", "hush/inline\n", "two hush/inline", "\x01hush/inline"}));
        if (name == "proxy")
            return text_node(random_.among(
                std::array{"http://a:hush/inline@b:1", "http://a:hush/inline@b:1/path", "ftp://a:hush/inline@b"}));
        if (name == "url" || name == "base_url")
            return text_node(random_.among(std::array{"https://a.example/?hush/inline", "http://a.example/?hush/inline",
                                                      "https://b:hush/inline@a.example/", "a.example?hush/inline"}));
        return {};
    }

    /// A value in a list or a map where none belongs.
    option_node wrapped(option_node value) {
        switch (random_.pick(4)) {
        case 0:
            return list_node(std::vector<option_node>(1 + random_.pick(2), value));
        case 1: {
            auto map = map_node();
            add_member(map, value.kind == option_kind::text ? value.text : "env", option_node{});
            return map;
        }
        case 2: {
            auto map = map_node();
            add_member(map, "env", std::move(value));
            return map;
        }
        default:
            return value;
        }
    }

    option_node const& schema_;
    vocabulary const& words_;
    randomness& random_;
};

/// The whole example without its comments, naming files that exist.
std::string good_config() {
    std::istringstream in{support::whole_example()};
    auto lines = lines_of(in);
    std::erase_if(lines, [](std::string const& line) { return line.find("# ") != std::string::npos; });
    auto text = join_lines(lines);
    for (auto const& [absent, present] :
         {std::pair<std::string, std::string>{"/etc/ssl/certs/example-ca.pem", RUNWATCH_SOURCE_DIR "/LICENSE"},
          {"/run/secrets/ops-webhook", support::config_folder + "/files/signing-key"},
          {"/etc/runwatch/http-token", support::config_folder + "/files/key"},
          {"OPS_AUTHORIZATION", "MUTATION_SECRET"}})
        text = replace(text, absent, present);
    return text;
}

/// Without a line end.
std::string_view next_line(std::string_view& text) {
    auto const line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

/// `file:line:column: message`.
bool names_a_place(std::string_view line, std::string const& file) {
    if (!line.starts_with(file))
        return false;
    line.remove_prefix(file.size());
    for (int number = 0; number != 2; ++number) {
        auto const end = std::min(line.find_first_not_of("0123456789", 1), line.size());
        if (!line.starts_with(':') || end == 1)
            return false;
        line.remove_prefix(end);
    }
    return line.starts_with(": ") && line.size() > 2;
}

/// Configs that are spoilt at random: none harms the loader, which says of each what is wrong with it and where.
class config_mutation : public testing::Test {
protected:
    static constexpr unsigned rounds = 2000;

    ~config_mutation() override { std::cout << rounds << " configs of the seeds from 0, " << refused_ << " refused\n"; }

    void load(std::string const& text) {
        try {
            auto const loaded = parse_config(text, file_, check_sink);
            expect_no_secret(print_effective(loaded.config));
            expect_no_secret(join_lines(loaded.warnings));
        } catch (config_error const& wrong) {
            ++refused_;
            std::string_view const said{wrong.what()};
            expect_no_secret(said);
            unsigned count = 0;
            for (auto rest = said; !rest.empty() || count == 0; ++count) {
                auto const line = next_line(rest);
                auto const is_the_rest = count == 100 && line.starts_with("and ") && rest.empty();
                EXPECT_TRUE(names_a_place(line, file_) || is_the_rest) << line << "\nin\n" << text;
            }
        }
    }

    static void expect_no_secret(std::string_view said) {
        for (auto const word : hidden_words)
            EXPECT_EQ(said.find(word), std::string_view::npos) << said;
    }

    /// Some mutations spoil nothing.
    void expect_most_were_refused() const {
        EXPECT_GT(refused_, rounds / 2);
        EXPECT_LT(refused_, rounds);
    }

private:
    std::string const file_ = support::config_folder + "/case.yaml";
    unsigned refused_ = 0;
    environment_variable key_{"TELNYX_API_KEY", "hush-by-variable"};
    environment_variable secret_{"MUTATION_SECRET", "hush-by-variable"};
    environment_variable unset_{"MUTATION_UNSET", std::nullopt};
    environment_variable credentials_{"CREDENTIALS_DIRECTORY", support::config_folder + "/files"};
};

TEST_F(config_mutation, of_the_example_is_told_by_its_place) {
    auto const good = good_config();
    EXPECT_EQ(parse_config(good, "x.yaml", check_sink).config.sinks.size(), 4);
    for (unsigned seed = 0; seed != rounds; ++seed) {
        SCOPED_TRACE(seed);
        randomness random{seed};
        load(spoil(good, random));
    }
    expect_most_were_refused();
}

TEST_F(config_mutation, of_what_the_schema_describes_is_told_by_its_place) {
    auto const schema = support::parse_schema();
    vocabulary const words{schema};
    EXPECT_GT(words.names.size(), 40);
    for (unsigned seed = 0; seed != rounds; ++seed) {
        SCOPED_TRACE(seed);
        randomness random{seed};
        load(to_yaml(schema_writer{schema, words, random}.write()));
    }
    expect_most_were_refused();
}

} // namespace
} // namespace runwatch
