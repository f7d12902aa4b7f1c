#pragma once

#include "runwatch/config.hpp"
#include "sinks/registry.hpp"
#include "support/environment.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch::support {

inline std::string const config_folder = RUNWATCH_SOURCE_DIR "/tests/config";

/// Replaces every occurrence of one text by another.
inline std::string replace(std::string text, std::string const& what, std::string const& with) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
        text.replace(at, what.size(), with);
    return text;
}

/// Knows one more type of sinks than there are, `fake`, with an option of each kind; fake_sink.schema.json says the
/// same.
inline void check_fake_sink(std::string const& type, option_map& options, problems& found) {
    if (type != "fake") {
        check_sink(type, options, found);
        return;
    }
    using namespace std::chrono_literals;
    options.read_text("note", "none");
    options.read_duration("timeout", 20s, {1s, 5min});
    options.read_size("size", 1024, {1, std::uint64_t{1024} * 1024});
    options.read_secrets("secret");
    options.read_url("url", url_display::origin);
    options.read_text_map("headers", [](std::string_view name) { return name == "Authorization"; });
    if (auto* const rotate = options.find_map("rotate"))
        rotate->read_number("keep", 10, {1, 100});
}

/// Configs in an environment that tests/config/cases.yaml describes.
class config_file : public testing::Test {
protected:
    static loaded_config load(std::string_view text) {
        return parse_config(text, config_folder + "/case.yaml", check_fake_sink);
    }

    /// What is wrong with a config, without the name of its file; nothing if it is good.
    static std::vector<std::string> errors(std::string_view text) {
        std::vector<std::string> lines;
        try {
            load(text);
        } catch (config_error const& wrong) {
            std::istringstream in{wrong.what()};
            for (std::string line; std::getline(in, line);)
                lines.push_back(without_file(line));
        }
        return lines;
    }

    static std::string without_file(std::string const& line) {
        auto const text =
            line.starts_with(config_folder + "/case.yaml:") ? line.substr(config_folder.size() + 11) : line;
        return replace(text.starts_with(' ') ? text.substr(1) : text, config_folder, "FOLDER");
    }

    environment_variable key_{"TELNYX_API_KEY", "KEY-from-the-environment"};
    environment_variable duration_{"CASE_DURATION", "5s"};
    environment_variable text_{"CASE_TEXT", "text"};
    environment_variable private_{"CASE_PRIVATE", "WORD-private"};
    environment_variable empty_{"CASE_EMPTY", ""};
    environment_variable url_{"CASE_URL", "https://hooks.example.com/WORD"};
    environment_variable unset_{"CASE_UNSET", std::nullopt};
    environment_variable credentials_{"CREDENTIALS_DIRECTORY", config_folder + "/files"};
};

} // namespace runwatch::support
