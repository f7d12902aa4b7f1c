#pragma once

#include "cli/daemon_option.hpp"
#include "cli/exit_status.hpp"
#include "cli/usage_error.hpp"
#include "runwatch/run.hpp"
#include "runwatch/secret_source.hpp"
#include "runwatch/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace runwatch::cli {

enum class output_format { automatic, text, json, jsonl, github };

/// The options that `runwatch wait` and `runwatch run` share, as they were given.
struct wait_options {
    output_format output = output_format::automatic;
    std::string junit_file;
    std::optional<duration> timeout;
    std::optional<duration> interval;
    std::optional<duration> not_found_grace;
    duration heartbeat{60'000};
    wait_mode mode = wait_mode::all;
    bool quiet = false;
    std::string api_key_file;
    std::string base_url;
    std::string ca_file;
    std::string proxy;
    bool allow_http = false;
    /// A config to take sinks from, and whatever else the options do not say; empty for none.
    std::string config_file;
    /// The sinks to deliver to, of that config; empty for all.
    std::vector<std::string> sinks;
    /// Of these, the ones that must take every result for the wait to succeed.
    std::vector<std::string> required_sinks;
    /// Leave to a running daemon what nobody waits for any more.
    bool hand_over = false;
    /// Which daemon; without a config named here, it is the default one.
    daemon_options daemon;
};

/// Adds these options to a subcommand; they are read into `options`, which must outlive it.
void add_wait_options(CLI::App& command, wait_options& options);

/// Adds --hand-over, which does what the text says, and what it needs to know of the daemon. Returns the option.
CLI::Option* add_hand_over_options(CLI::App& command, wait_options& options, std::string const& text);

/// Where the key comes from: the file, or else TELNYX_API_KEY. Throws config_error when there is none that can be sent.
secret_source read_api_key(std::string const& file);

/// The runs that REFs name, each once, in order. `-` stands for the lines of standard input, read until `deadline` at
/// the longest; lines that are blank or begin with `#` are passed over.
///
/// Throws usage_error for a REF that names no run, and for `-` without a single one. Returns nothing when the deadline
/// came before standard input ended.
std::optional<std::vector<run_key>> read_refs(std::vector<std::string> const& refs, std::string const& base_url,
                                              instant deadline);

} // namespace runwatch::cli
