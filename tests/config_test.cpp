#include "runwatch/config.hpp"

#include "support/config_file.hpp"
#include "support/temporary_file.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using support::check_fake_sink;
using support::config_file;
using support::config_folder;
using support::environment_variable;
using texts = std::vector<std::string>;

TEST_F(config_file, has_a_default_for_everything) {
    auto const [config, warnings] = load("polling: {}");
    EXPECT_EQ(config.telnyx.base_url, "https://api.telnyx.com/v2");
    EXPECT_EQ(config.telnyx.api_key, (secret_source{secret_source::origin::environment, "TELNYX_API_KEY"}));
    EXPECT_EQ(config.telnyx.timeout, 30s);
    EXPECT_EQ(config.telnyx.connections, 8);
    EXPECT_EQ(config.telnyx.requests_per_second, 10);
    EXPECT_FALSE(config.telnyx.allow_http);
    EXPECT_EQ(config.polling, polling_settings{});
    EXPECT_EQ(config.state.path, "/var/lib/runwatch/state.db");
    EXPECT_EQ(config.state.keep, 720h);
    EXPECT_EQ(config.log, log_settings{});
    EXPECT_TRUE(config.watch.empty());
    EXPECT_TRUE(config.sinks.empty());
    EXPECT_EQ(warnings, texts{});
}

TEST_F(config_file, says_what_is_written) {
    auto const config = load(R"(
telnyx:
  base_url: https://API.example.com/v2/
  api_key: {file: files/key}
  timeout: 1m30s
  connections: 2
  requests_per_second: 20
  proxy: {env: CASE_TEXT}
  ca_file: files/key
  allow_http: true
polling: {target_delay: 1s, min_interval: 2s, max_interval: 3s, give_up_after: 4s, not_found_grace: 5s}
watch:
  - run: https://api.example.com/v2/ai/assistants/tests/T/runs/R
    labels: {env: staging, team: {env: CASE_TEXT}}
    sinks: [two]
sinks:
  - {name: one, type: fake}
  - {name: two, type: fake, on: [error, failed], note: mine}
  - {name: three, type: fake, on: changed}
state: {path: ../state.db, keep: 1d}
log: {level: warning, format: json}
)")
                            .config;
    EXPECT_EQ(config.telnyx.base_url, "https://api.example.com/v2");
    EXPECT_EQ(config.telnyx.api_key, (secret_source{secret_source::origin::file, config_folder + "/files/key"}));
    auto key = config.telnyx.api_key;
    EXPECT_EQ(key.read().reveal(), "KEY-from-a-file");
    EXPECT_EQ(config.telnyx.timeout, 90s);
    EXPECT_EQ(config.telnyx.connections, 2);
    EXPECT_EQ(config.telnyx.requests_per_second, 20);
    EXPECT_EQ(config.telnyx.proxy.reveal(), "text");
    EXPECT_EQ(config.telnyx.ca_file, config_folder + "/files/key");
    EXPECT_TRUE(config.telnyx.allow_http);
    EXPECT_EQ(config.polling, (polling_settings{1s, 2s, 3s, 4s, 5s}));
    ASSERT_EQ(config.watch.size(), 1);
    EXPECT_EQ(config.watch[0].run, (run_key{"T", "R"}));
    EXPECT_EQ(config.watch[0].labels, (std::map<std::string, std::string>{{"env", "staging"}, {"team", "text"}}));
    EXPECT_EQ(config.watch[0].sinks, texts{"two"});
    ASSERT_EQ(config.sinks.size(), 3);
    EXPECT_EQ(config.sinks[0].name, "one");
    EXPECT_EQ(config.sinks[0].type, "fake");
    EXPECT_EQ(config.sinks[0].filter, result_filter{});
    EXPECT_EQ(config.sinks[1].filter, (result_filter{{outcome::error, outcome::failed}, false}));
    EXPECT_TRUE(config.sinks[2].filter.only_changes);
    EXPECT_EQ(config.state, (state_settings{RUNWATCH_SOURCE_DIR "/tests/state.db", 24h}));
    EXPECT_EQ(config.log, (log_settings{log_level::warning, log_format::json}));

    // Who makes the sink reads its options again.
    problems found;
    option_map options{config.sinks[1].options, found};
    EXPECT_EQ(options.require_text("note"), "mine");
    EXPECT_FALSE(found.any());

    auto const http = client_options(config.telnyx);
    EXPECT_EQ(http.timeout, 90s);
    EXPECT_EQ(http.connections, 2);
    EXPECT_EQ(http.proxy.url, "text");
    EXPECT_TRUE(http.allow_http);
    auto const policy = config.polling.policy();
    EXPECT_EQ(policy.schedule.target_delay, 1s);
    EXPECT_EQ(policy.give_up_after, 4s);
}

TEST_F(config_file, shows_every_option_and_no_secret) {
    auto const config = load(R"(
telnyx: {api_key: KEY-inline, proxy: "http://user:KEY-inline@proxy:3128", timeout: 90s}
watch: [{run: T/R, labels: {env: "true"}, sinks: [one]}]
follow: [{suite: "*"}]
sinks:
  - name: one
    type: fake
    on: [error]
    secret: [KEY-inline, {credential: key}]
    url: https://hooks.example.com/KEY-in-the-path
    headers: {Authorization: KEY-inline, X-Team: "1"}
    rotate: {}
  - {name: two, type: fake, on: changed, secret: {env: CASE_TEXT}, timeout: {env: CASE_DURATION}}
)")
                            .config;
    EXPECT_EQ(print_effective(config), R"(telnyx:
  base_url: "https://api.telnyx.com/v2"
  api_key: "***"
  timeout: 1m30s
  connections: 8
  requests_per_second: 10
  proxy: "http://proxy:3128"
  allow_http: false
polling:
  target_delay: 3s
  min_interval: 1s
  max_interval: 1m
  give_up_after: 1d
  not_found_grace: 1m
watch:
  - run: T/R
    labels: {env: "true"}
    sinks: [one]
follow:
  - suite: "*"
    every: 1m
    since: now
sinks:
  - name: one
    type: fake
    on: [error]
    note: none
    timeout: 20s
    size: 1KiB
    secret: ["***", {credential: key}]
    url: "https://hooks.example.com/***"
    headers:
      Authorization: "***"
      X-Team: "1"
    rotate: {keep: 10}
  - name: two
    type: fake
    on: changed
    note: none
    timeout: {env: CASE_DURATION}
    size: 1KiB
    secret: {env: CASE_TEXT}
state:
  path: /var/lib/runwatch/state.db
  keep: 30d
log:
  level: info
  format: auto
exit: never
)");
}

TEST_F(config_file, may_keep_the_state_in_memory) {
    auto const config = load("state: {path: ':memory:'}").config;
    EXPECT_EQ(config.state.path, ":memory:");
    EXPECT_TRUE(config.state.is_in_memory());
    EXPECT_EQ(load(print_effective(config)).config.state.path, ":memory:");
    EXPECT_FALSE(load("state: {path: memory}").config.state.is_in_memory());
}

TEST_F(config_file, tells_sinks_with_the_same_options_from_others) {
    auto const canonical = [](std::string const& options) {
        return load("sinks: [{name: one, type: fake" + options + "}]").config.sinks.at(0).canonical;
    };
    auto const plain = canonical("");
    EXPECT_EQ(plain, canonical(", timeout: 20s, on: changed"));
    EXPECT_EQ(canonical(", timeout: 60s"), canonical(", timeout: 1m"));
    EXPECT_NE(canonical(", timeout: 60s"), plain);
    EXPECT_NE(canonical(", secret: KEY-a"), canonical(", secret: KEY-b"));
    EXPECT_NE(canonical(", secret: [KEY-a, KEY-b]"), canonical(", secret: [KEY-b, KEY-a]"));
    EXPECT_NE(canonical(", url: 'https://a.example/b'"), canonical(", url: 'https://a.example/c'"));
    EXPECT_NE(canonical(", rotate: {}"), plain);
    EXPECT_NE(canonical(", rotate: {keep: 1}"), canonical(", rotate: {}"));
    EXPECT_EQ(canonical(", headers: {a: b}, note: c"), canonical(", note: c, headers: {a: b}"));
    EXPECT_EQ(canonical(", secret: KEY-a").find("KEY"), std::string::npos);

    auto const of_variable = canonical(", note: {env: CASE_TEXT}");
    environment_variable const other{"CASE_TEXT", "other"};
    EXPECT_NE(canonical(", note: {env: CASE_TEXT}"), of_variable);
}

TEST_F(config_file, needs_an_api_key) {
    environment_variable const none{"TELNYX_API_KEY", std::nullopt};
    EXPECT_EQ(errors("log: {}"),
              texts{"1:1: telnyx.api_key: is missing: write where it comes from, {env: NAME}, {file: PATH} or "
                    "{credential: NAME}, or set the variable TELNYX_API_KEY"});
    EXPECT_EQ(errors("log: {}\ntelnyx: {timeout: 3s}").front().substr(0, 34), "2:9: telnyx.api_key: is missing: w");
}

TEST_F(config_file, is_read_from_the_disk) {
    support::temporary_file const file{"log: {level: debug}\n"};
    EXPECT_EQ(load_config(file.path(), check_fake_sink).config.log.level, log_level::debug);

    auto const message = [](std::string const& path) -> std::string {
        try {
            load_config(path, check_fake_sink);
        } catch (config_error const& wrong) {
            return wrong.what();
        }
        return {};
    };
    EXPECT_EQ(message("/nowhere/runwatch.yaml"),
              "the config file /nowhere/runwatch.yaml cannot be read: No such file or directory");
    EXPECT_EQ(message("/"), "the config file / cannot be read: Is a directory");
    support::temporary_file const bad{"logs: {}\n"};
    EXPECT_EQ(message(bad.path()), bad.path() + ":1:1: logs: unknown key; did you mean \"log\"?");
}

TEST_F(config_file, that_is_the_example_loads_as_it_stands) {
    auto const [config, warnings] = load_config(RUNWATCH_SOURCE_DIR "/config/runwatch.yaml", check_sink);
    EXPECT_EQ(warnings, texts{});
    auto const plain = load("polling: {}").config;
    EXPECT_EQ(config.telnyx, plain.telnyx);
    EXPECT_EQ(config.polling, plain.polling);
    EXPECT_EQ(config.sinks.size(), 1);
}

} // namespace
} // namespace runwatch
