#pragma once

#include "config/yaml.hpp"
#include "runwatch/option_node.hpp"
#include "runwatch/problems.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <istream>
#include <string>
#include <vector>

namespace runwatch::support {

inline std::string const example_path = RUNWATCH_SOURCE_DIR "/config/runwatch.yaml";
inline std::string const schema_path = RUNWATCH_SOURCE_DIR "/config/runwatch.schema.json";

inline std::vector<std::string> lines_of(std::istream& in) {
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

/// The lines as one text, each with its end.
inline std::string join_lines(std::vector<std::string> const& lines) {
    std::string text;
    for (auto const& line : lines)
        text += line + '\n';
    return text;
}

/// The example with every option that is commented out: behind their `#` stands no blank.
inline std::string whole_example() {
    std::ifstream in{example_path};
    auto lines = lines_of(in);
    for (auto& line : lines) {
        auto const mark = line.find_first_not_of(' ');
        if (mark != std::string::npos && line[mark] == '#' && mark + 1 < line.size() && line[mark + 1] != ' ')
            line.erase(mark, 1);
    }
    return join_lines(lines);
}

/// What a YAML text holds, which must be valid.
inline option_node parse_yaml(std::string const& text, std::string const& file) {
    problems found;
    auto const root = read_yaml(text, file, found);
    EXPECT_EQ(found.errors(), std::vector<std::string>{});
    return root.value_or(option_node{});
}

/// The JSON Schema of a config, which is YAML as well.
inline option_node parse_schema() {
    std::ifstream in{schema_path};
    return parse_yaml(join_lines(lines_of(in)), schema_path);
}

} // namespace runwatch::support
