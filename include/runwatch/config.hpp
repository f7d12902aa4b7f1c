#pragma once

#include "runwatch/http_client.hpp"
#include "runwatch/listen_address.hpp"
#include "runwatch/log_settings.hpp"
#include "runwatch/options.hpp"
#include "runwatch/result_filter.hpp"
#include "runwatch/run.hpp"
#include "runwatch/secret.hpp"
#include "runwatch/secret_source.hpp"
#include "runwatch/time.hpp"
#include "runwatch/watch.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// How the API is reached: `telnyx:`.
struct telnyx_settings {
    /// In its plain form, see plain_base_url().
    std::string base_url;
    secret_source api_key;
    /// One request, from name look-up to the last byte of the answer.
    duration timeout{30'000};
    std::uint64_t connections = 8;
    std::uint64_t requests_per_second = 10;
    /// The proxy's URL, which may hold a password; empty for that of the environment.
    secret proxy;
    /// An absolute path; empty for the system's authorities.
    std::string ca_file;
    /// See ca_file::version of http_settings.hpp.
    std::string ca_version;
    /// Plain http:// beyond loopback.
    bool allow_http = false;

    friend bool operator==(telnyx_settings const& a, telnyx_settings const& b);
};

/// What an HTTP client needs to reach the API by these settings. What the proxy is not used for comes from the
/// environment.
http_options client_options(telnyx_settings const& settings);

/// How often runs are looked at, and for how long: `polling:`.
struct polling_settings {
    duration target_delay{3'000};
    duration min_interval{1'000};
    duration max_interval{60'000};
    duration give_up_after = std::chrono::hours{24};
    duration not_found_grace{60'000};

    bool operator==(polling_settings const&) const = default;

    /// The policy that follows, with a seed of 0.
    watch_policy policy() const;
};

/// A run that is known beforehand, of `watch:`.
struct watch_entry {
    run_key run;
    std::map<std::string, std::string> labels;
    /// Names of sinks that exist; empty for every sink.
    std::vector<std::string> sinks;

    bool operator==(watch_entry const&) const = default;
};

/// What is followed, of `follow:`: every new run of a test or a suite.
struct follow_entry {
    /// Empty for a suite.
    std::string test_id;
    /// `*` for all suites; empty for a test.
    std::string suite;
    /// The time between two looks for new runs.
    duration every{60'000};
    /// Runs that had ended by then are history: nothing for when following began, timestamp::min() for none.
    std::optional<timestamp> since;
    std::map<std::string, std::string> labels;
    /// Names of sinks that exist; empty for every sink.
    std::vector<std::string> sinks;

    bool operator==(follow_entry const&) const = default;
};

/// A sink, of `sinks:`.
struct sink_settings {
    std::string name;
    std::string type;
    /// Which results it gets: `on`.
    result_filter filter;
    /// All its options as they are written, for who makes the sink: found good by the sink_checker.
    option_node options;
    /// Equal texts mean equal options of its own (all but name, type and on): the sink need not be made anew.
    std::string canonical;
};

/// Where the state is kept: `state:`.
struct state_settings {
    /// An absolute path, or `:memory:`.
    std::string path;
    duration keep = std::chrono::hours{24 * 30};

    /// Nothing survives a restart, and no other process sees the state.
    bool is_in_memory() const { return path == ":memory:"; }

    bool operator==(state_settings const&) const = default;
};

/// The control API: `http:`.
struct control_settings {
    /// Nothing if there is none.
    std::optional<listen_address> listen;
    /// What requests must bring; nothing, which only a loopback address and a unix socket may have, if they need not.
    std::optional<secret_source> token;
    /// POST /quit ends the daemon; never beyond loopback.
    bool quit = false;

    bool operator==(control_settings const&) const = default;
};

/// When a daemon ends by itself: `exit:`.
enum class exit_rule {
    never,
    /// Once nothing is left to do, as a batch or a sidecar does.
    when_idle,
};

/// A whole config file, checked. A value: nothing in it changes once it is loaded.
struct config {
    telnyx_settings telnyx;
    polling_settings polling;
    std::vector<watch_entry> watch;
    std::vector<follow_entry> follow;
    std::vector<sink_settings> sinks;
    state_settings state;
    control_settings http;
    log_settings log;
    exit_rule exit = exit_rule::never;
    /// All options, defaults filled in and secrets hidden.
    option_node effective;
};

/// Reads all options of a sink of this type, so that those which nobody knows can be told, and reports what is wrong
/// with them, as well as a type that does not exist (see option_map::leave_rest()). Opens and connects nothing.
using sink_checker = std::function<void(std::string const& type, option_map& options, problems& found)>;

struct loaded_config {
    runwatch::config config;
    /// One a problem that does not keep the config from being used: `file:line:column: key: message`.
    std::vector<std::string> warnings;
};

/// Reads and checks a config file, at most 1 MiB of YAML. Throws config_error with everything that is wrong, one
/// problem a line: `file:line:column: key: message`. No message holds a secret. Withheld secrets that are overlooked
/// are warned of, and missing in the config.
loaded_config load_config(std::string const& path, sink_checker const& check_sink,
                          withheld_secrets withheld = withheld_secrets::refused);

/// Checks the text of a config file. The file's name is for messages, and its folder is what paths are relative to.
loaded_config parse_config(std::string_view text, std::string const& file, sink_checker const& check_sink,
                           withheld_secrets withheld = withheld_secrets::refused);

/// What of a config can be told without the API key, which who gives a command may not have: systemd gives a
/// credential to the daemon alone.
struct config_outline {
    state_settings state;
    /// Their options, but for name, type and on, are as they stand: nobody has checked them.
    std::vector<sink_settings> sinks;
    /// How the daemon's control API is reached, as far as this user can tell: a token that cannot be read is not there.
    control_settings http;
    /// What is wrong with `http:`, or cannot be read of it, one problem a line as config_error would tell it; empty if
    /// nothing is.
    std::string http_problems;
    /// All that the file says, for places and names in it. Never to be shown: secrets may stand there.
    option_node whole;
};

/// Reads the outline of a config file. Throws config_error with what is wrong in it, as load_config() does.
config_outline load_outline(std::string const& path);

/// Where the value of an option stands, `telnyx.api_key` being {"telnyx", "api_key"}; where it would belong if it is
/// missing.
option_place place_of(option_node const& whole, std::vector<std::string> const& keys);

/// The config as YAML, every option with its value, `***` for secrets that stand in the file itself. Those that do not
/// are shown by their place, so that the text without secrets is a config of the same meaning.
std::string print_effective(config const& config);

} // namespace runwatch
