#include "sinks/registry.hpp"

#include "runwatch/config.hpp"
#include "runwatch/limit_logs.hpp"
#include "support/environment.hpp"
#include "support/run_coroutine.hpp"
#include "support/sample_results.hpp"
#include "support/sample_secrets.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <sstream>

namespace runwatch {
namespace {

using namespace support;

class sink_registry_test : public ::testing::Test {
protected:
    static loaded_config load(std::string const& sink) {
        return parse_config("telnyx: {api_key: {env: RUNWATCH_TEST_KEY}}\nsinks:\n  - {name: ops, " + sink + "}\n",
                            "test.yaml", check_sink);
    }

    /// What is wrong with a sink's options, without file and place; `good` if nothing is.
    static std::string problem_of(std::string const& sink) {
        try {
            load(sink);
        } catch (config_error const& error) {
            std::string text = error.what();
            expect_no_secret(text);
            return text.substr(std::min(text.find("sinks[0]"), text.size()));
        }
        return "good";
    }

    std::unique_ptr<sink> make(std::string const& sink) {
        auto const config = load(sink).config;
        auto const& settings = config.sinks.at(0);
        return make_sink(settings.name, settings.type, settings.options,
                         {io.get_executor(), clock, named_variables(config.effective)});
    }

    boost::asio::io_context io;
    system_clock clock{io.get_executor()};
    temporary_directory directory;
    environment_variable key_{"RUNWATCH_TEST_KEY", "KEY-1"};
};

TEST_F(sink_registry_test, tells_authorities_that_were_replaced_from_those_before) {
    auto const file = directory.file("ca.pem");
    auto const options = "type: webhook, url: 'https://x/y', ca_file: '" + file + "'";
    write_file(file, "one");
    auto const before = load(options).config;
    auto const same = load(options).config;
    write_file(file, "another");
    auto const after = load(options).config;
    EXPECT_EQ(before.sinks.at(0).canonical, same.sinks.at(0).canonical);
    EXPECT_NE(before.sinks.at(0).canonical, after.sinks.at(0).canonical);
}

TEST_F(sink_registry_test, knows_every_type_with_its_options) {
    EXPECT_EQ(problem_of("type: stdout"), "good");
    EXPECT_EQ(problem_of("type: stdout, format: json, logs: omit"), "good");
    EXPECT_EQ(problem_of("type: file, path: /tmp/x"), "good");
    EXPECT_EQ(problem_of("type: file, path: x, rotate: {size: 50MiB, age: 7d, keep: 10}, logs: truncate"), "good");
    EXPECT_EQ(problem_of("type: webhook, url: 'https://x/y'"), "good");
    EXPECT_EQ(problem_of("type: webhook, url: 'http://x/y', allow_http: true, format: cloudevents, logs: full, "
                         "timeout: 5s, concurrency: 8, headers: {X-Team: voice}, proxy: 'http://proxy:3128', "
                         "secret: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, c2Vjb25kLXNlY29uZC1zZWNvbmQtc2Vjb25k]"),
              "good");
    EXPECT_EQ(problem_of("type: exec, command: [/bin/true, x], timeout: 5s, logs: full, concurrency: 2"), "good");
    EXPECT_EQ(find_sink_type("file")->retries, retry_pattern::for_ever);
    EXPECT_EQ(find_sink_type("webhook")->retries, retry_pattern::webhook_schedule);
    EXPECT_EQ(find_sink_type("carrier-pigeon"), nullptr);
}

TEST_F(sink_registry_test, says_what_is_wrong_with_options) {
    struct row {
        std::string sink;
        std::string problem;
    };

    for (auto const& [sink, problem] : std::vector<row>{
             {"type: fiel, path: x",
              "sinks[0].type: there is no such type of sinks, expected one of stdout, file, webhook, exec"},
             {"type: stdout, logs: omit",
              "sinks[0].logs: a line for people holds no logs: leave it out, or choose format: json"},
             {"type: file", "sinks[0].path: is missing"},
             {"type: file, path: x, rotate: {keep: 3}",
              "sinks[0].rotate: says not when: give a size (50MiB), an age (7d), or both"},
             {"type: webhook", "sinks[0].url: is missing"},
             {"type: webhook, url: 'http://hooks.example.com/x'",
              "sinks[0].url: the URL cannot be used: it has no TLS: use https://, or allow it with allow_http"},
             {"type: webhook, url: 'https://u:path-token-7788@x/'",
              "sinks[0].url: the URL cannot be used: it holds a user name or a password"},
             {"type: webhook, url: 'https://x/', secret: hunter2",
              "sinks[0].secret: the text in the config file holds no webhook secret: write whsec_ and base64 of 24 to "
              "64 random bytes"},
             {"type: webhook, url: 'https://x/', format: slack, secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
              "sinks[0].secret: a chat checks no signatures: leave it out"},
             {"type: webhook, url: 'https://x/', format: teams, logs: omit",
              "sinks[0].logs: a chat's message holds no logs: leave it out"},
             {"type: webhook, url: 'https://x/', headers: {Webhook-Id: x}",
              "sinks[0].headers: the header Webhook-Id is runwatch's own to set"},
             {"type: webhook, url: 'https://x/', headers: {'a b': x}",
              "sinks[0].headers: \"a b\" is no name of a header"},
             {"type: exec", "sinks[0].command: is missing"},
         })
        EXPECT_EQ(problem_of(sink), problem);
    EXPECT_NE(problem_of("type: file, path: x, paht: y"), "good");
    EXPECT_NE(problem_of("type: webhook, url: 'https://x/', format: morse"), "good");
}

TEST_F(sink_registry_test, warns_of_a_chats_url_that_stands_in_the_file_and_never_shows_it) {
    auto const url = "https://hooks.slack.com/services/" + std::string{path_secret};
    auto const loaded = load("type: webhook, format: slack, url: '" + url + "'");
    ASSERT_EQ(loaded.warnings.size(), 1U);
    EXPECT_NE(loaded.warnings.front().find("whoever knows the URL"), std::string::npos);
    expect_no_secret(loaded.warnings.front());
    expect_no_secret(print_effective(loaded.config));
    environment_variable const held{"SLACK_URL", url.c_str()};
    EXPECT_TRUE(load("type: webhook, format: slack, url: {env: SLACK_URL}").warnings.empty());
}

TEST_F(sink_registry_test, shows_no_header_that_looks_like_a_secret) {
    auto const loaded = load("type: webhook, url: 'https://x/', headers: {X-Team: voice, Authorization: '" +
                             std::string{header_secret} + "'}");
    auto const shown = print_effective(loaded.config);
    expect_no_secret(shown);
    EXPECT_NE(shown.find("voice"), std::string::npos);
}

TEST_F(sink_registry_test, makes_sinks_that_deliver) {
    auto const path = directory.file("results.jsonl");
    auto const file = make("type: file, path: " + path + ", logs: omit");
    EXPECT_TRUE(run(io, file->deliver(failed_result())));
    EXPECT_EQ(content_of(path), to_json(with_limited_logs(failed_result(), log_limit::omit)) + '\n');
    EXPECT_EQ(make("type: webhook, url: 'https://x/', concurrency: 7")->concurrency(), 7U);
    EXPECT_EQ(make("type: stdout")->concurrency(), 1U);
}

TEST_F(sink_registry_test, hides_variables_that_options_are_read_from) {
    std::signal(SIGPIPE, SIG_IGN);
    auto const sink = make("type: exec, command: [/bin/sh, -c, 'env > \"$0\"', " + directory.file("seen") + "]");
    EXPECT_TRUE(run(io, sink->deliver(failed_result())));
    auto const seen = content_of(directory.file("seen"));
    EXPECT_NE(seen.find("RUNWATCH_STATUS=failed"), std::string::npos);
    EXPECT_EQ(seen.find("KEY-1"), std::string::npos);
}

TEST_F(sink_registry_test, shows_no_secret_that_a_command_says) {
    std::signal(SIGPIPE, SIG_IGN);
    write_file(directory.file("token"), std::string{path_secret});
    environment_variable const held{"OPS_TOKEN", std::string{query_secret}};
    auto const sink = make("type: exec, command: [/bin/sh, -c, 'echo \"$0 and $1 are no good\" >&2; exit 1', "
                           "{env: OPS_TOKEN}, {file: " +
                           directory.file("token") + "}]");
    auto const refused = run(io, sink->deliver(failed_result()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "sink ops: /bin/sh exited with status 1: *** and *** are no good");
}

TEST_F(sink_registry_test, says_what_has_gone_wrong_since_the_config_was_checked) {
    auto const path = directory.file("secret");
    write_file(path, std::string{signing_secret});
    auto const config = load("type: webhook, url: 'https://x/', secret: {file: " + path + "}").config;
    std::filesystem::remove(path);
    try {
        make_sink("ops", "webhook", config.sinks.at(0).options, {io.get_executor(), clock, {}});
        FAIL();
    } catch (config_error const& error) {
        EXPECT_NE(std::string{error.what()}.find("the file " + path + " cannot be read"), std::string::npos);
    }
}

} // namespace
} // namespace runwatch
