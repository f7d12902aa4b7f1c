#include "runwatch/config.hpp"
#include "support/environment.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <string>

namespace runwatch {
namespace {

class config_outline_test : public testing::Test {
protected:
    config_outline outline_of(std::string const& text) const {
        support::write_file(path, text);
        return load_outline(path);
    }

    /// What is wrong with a config, without the name of its file.
    std::string error_of(std::string const& text) const {
        try {
            outline_of(text);
        } catch (config_error const& wrong) {
            std::string const said = wrong.what();
            EXPECT_TRUE(said.starts_with(path + ':')) << said;
            return said.substr(path.size() + 1);
        }
        return "good";
    }

    support::temporary_directory directory;
    std::string const path = directory.file("runwatch.yaml");
    support::environment_variable no_key_{"TELNYX_API_KEY", std::nullopt};
    support::environment_variable no_credentials_{"CREDENTIALS_DIRECTORY", std::nullopt};
};

TEST_F(config_outline_test, needs_no_secret) {
    auto const outline = outline_of("telnyx: {api_key: {credential: telnyx-api-key}}\n"
                                    "sinks:\n"
                                    "  - {name: ops, type: webhook, url: {env: NOWHERE}, secret: {credential: ops}}\n"
                                    "  - {name: results, type: file, path: x, on: [failed]}\n"
                                    "state: {path: state.db, keep: 7d}\n");
    EXPECT_EQ(outline.state.path, directory.file("state.db"));
    ASSERT_EQ(outline.sinks.size(), 2U);
    EXPECT_EQ(outline.sinks[0].name, "ops");
    EXPECT_EQ(outline.sinks[0].type, "webhook");
    EXPECT_NE(outline.sinks[0].options.find("secret"), nullptr);
    EXPECT_EQ(outline.sinks[1].filter.outcomes.size(), 1U);
    EXPECT_EQ(outline_of("telnyx: {}").state.path, "/var/lib/runwatch/state.db");
}

TEST_F(config_outline_test, refuses_what_it_reads_itself) {
    EXPECT_EQ(error_of("- a list"), "1:1: found a list, expected a map of options, such as telnyx, sinks and watch");
    EXPECT_EQ(error_of("state: {path: 3}\nsinks: [{name: ops, type: file}, {name: ops, type: file}]"),
              "1:15: state.path: found 3, expected a path, or {env: NAME} or {file: PATH}\n" + path +
                  ":2:41: sinks[1].name: another sink has this name already: sinks[0].name");
    EXPECT_TRUE(error_of("state: {path: [}").starts_with("1:16: not valid YAML"));
}

TEST_F(config_outline_test, says_where_the_control_api_is_though_its_token_may_be_kept_from_this_user) {
    EXPECT_FALSE(outline_of("telnyx: {}").http.listen);
    auto const open = outline_of("http: {listen: '127.0.0.1:9464'}");
    EXPECT_EQ(open.http.listen->text(), "127.0.0.1:9464");
    EXPECT_FALSE(open.http.token);
    EXPECT_EQ(open.http_problems, "");
    auto const kept = outline_of("http: {listen: 'unix:/run/x.sock', token: {file: /nowhere/token}}");
    EXPECT_EQ(kept.http.listen->text(), "unix:/run/x.sock");
    EXPECT_FALSE(kept.http.token);
    EXPECT_EQ(kept.http_problems,
              path + ":1:43: http.token: the file /nowhere/token cannot be read: No such file or directory");
    auto const wrong = outline_of("http: {listen: here}");
    EXPECT_FALSE(wrong.http.listen);
    EXPECT_NE(wrong.http_problems, "");
}

TEST_F(config_outline_test, tells_where_options_stand_or_would_belong) {
    auto const whole = outline_of("telnyx:\n  api_key: {env: KEY}\nstate:\n  keep: 7d\n").whole;
    EXPECT_EQ(place_of(whole, {"telnyx", "api_key"}), (option_place{path, 2, 12, "telnyx.api_key"}));
    EXPECT_EQ(place_of(whole, {"state", "path"}), (option_place{path, 4, 3, "state.path"}));
    EXPECT_EQ(place_of(whole, {"log", "level"}), (option_place{path, 1, 1, "log.level"}));
}

} // namespace
} // namespace runwatch
