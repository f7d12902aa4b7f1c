#include "config/yaml.hpp"
#include "support/config_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using support::config_file;
using support::config_folder;
using texts = std::vector<std::string>;

std::string contents(std::string const& path) {
    std::ostringstream text;
    text << std::ifstream{path, std::ios::binary}.rdbuf();
    return text.str();
}

texts texts_of(option_node const& entry, std::string_view key) {
    texts all;
    if (auto const* const list = entry.find(key))
        for (auto const& item : list->items)
            all.push_back(item.text);
    return all;
}

TEST_F(config_file, is_judged_as_the_table_says) {
    problems found;
    auto const table = read_yaml(contents(config_folder + "/cases.yaml"), "cases.yaml", found);
    ASSERT_EQ(found.errors(), texts{});
    ASSERT_TRUE(table && table->items.size() > 50);
    for (auto const& entry : table->items) {
        auto const& text = entry.find("config")->text;
        SCOPED_TRACE(entry.find("name")->text);
        auto const wrong = errors(text);
        EXPECT_EQ(wrong, texts_of(entry, "errors"));
        for (auto const& line : wrong)
            EXPECT_EQ(line.find("WORD"), std::string::npos) << "a secret in: " << line;
        if (!wrong.empty())
            continue;
        texts warnings;
        for (auto const& line : load(text).warnings)
            warnings.push_back(without_file(line));
        EXPECT_EQ(warnings, texts_of(entry, "warnings"));
        auto const shown = print_effective(load(text).config);
        EXPECT_EQ(shown.find("WORD"), std::string::npos) << shown;
        // What is shown means the same, unless a secret is hidden in it.
        if (shown.find("***") == std::string::npos) {
            EXPECT_EQ(print_effective(load(shown).config), shown);
        }
    }
}

TEST_F(config_file, that_no_parser_should_see_is_refused) {
    EXPECT_EQ(errors("log: {}\n# \xC3\xA4 \xFF\n"), texts{"2:5: the file is not valid UTF-8 here"});
    EXPECT_EQ(errors("log: {}\n#\x1B[1m\n"), texts{"2:2: the file holds a control character here"});
    EXPECT_EQ(errors(std::string_view{"log: {}\n\0", 9}), texts{"2:1: the file holds a control character here"});
    EXPECT_EQ(errors("log: {}\n" + std::string(std::size_t{1024} * 1024, '#')), texts{"the file is larger than 1MiB"});
    EXPECT_EQ(errors("log: {}\n" + std::string(std::size_t{1024} * 1024 - 8, '#')), texts{});
    EXPECT_EQ(errors("a: " + std::string(40, '[') + std::string(40, ']')).back().substr(0, 12), "1:36: a[0][0");
    EXPECT_EQ(errors("a: " + std::string(5000, '[')).size(), 1);
    EXPECT_EQ(errors("a: " + std::string(5000, '{')).size(), 1);
}

TEST_F(config_file, cannot_grow_by_aliases) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int level = 1; level != 10; ++level) {
        auto const last = std::to_string(level - 1);
        auto const name = std::to_string(level);
        text.append("a").append(name).append(": &a").append(name).append(" [");
        for (int index = 0; index != 10; ++index)
            text.append(index == 0 ? "*a" : ", *a").append(last);
        text += "]\n";
    }
    EXPECT_EQ(errors(text), texts{"5:45: a4[7]: more than 100000 values"});
}

TEST_F(config_file, is_read_fast_however_odd) {
    std::string keys = "log: {";
    std::string lines;
    for (int index = 0; index != 20'000; ++index) {
        keys += "k" + std::to_string(index) + ": 1, ";
        lines += "k" + std::to_string(index) + ": 1\n";
    }
    EXPECT_EQ(errors(keys + "}").back(), "and 19900 more");
    EXPECT_EQ(errors(lines).size(), 101);
}

} // namespace
} // namespace runwatch
