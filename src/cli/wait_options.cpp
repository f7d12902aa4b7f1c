#include "cli/wait_options.hpp"

#include "cli/ref_input.hpp"
#include "cli/terminal.hpp"
#include "runwatch/api_key.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/telnyx.hpp"
#include "runwatch/text.hpp"
#include "runwatch/units.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace runwatch::cli {
namespace {

/// A key is shorter; a file beyond this holds none.
constexpr std::size_t most_key_bytes = 4096;

duration read_duration(std::string const& name, std::string const& text) {
    auto const value = parse_duration(text);
    if (!value)
        throw CLI::ValidationError(name, "\"" + to_printable(text) +
                                             "\" is no duration; write a number with its unit, "
                                             "as in 250ms, 30s, 5m or 24h");
    return *value;
}

/// Defines an option that takes a duration.
template <class Set>
void add_duration(CLI::App& command, std::string const& name, Set set, std::string const& description) {
    command
        .add_option_function<std::string>(
            name, [name, set](std::string const& text) { set(read_duration(name, text)); }, description)
        ->type_name("DURATION");
}

} // namespace

void add_wait_options(CLI::App& command, wait_options& options) {
    static std::map<std::string, output_format> const formats{{"auto", output_format::automatic},
                                                              {"text", output_format::text},
                                                              {"json", output_format::json},
                                                              {"jsonl", output_format::jsonl},
                                                              {"github", output_format::github}};
    command
        .add_option_function<std::string>(
            "--output,-o",
            [&options](std::string const& name) {
                auto const found = formats.find(name);
                if (found == formats.end())
                    throw CLI::ValidationError("--output", "\"" + to_printable(name) +
                                                               "\" is none of auto, text, json, jsonl, github");
                options.output = found->second;
            },
            "How results are printed: auto (default), text, json, jsonl or github")
        ->type_name("FORMAT");
    command.add_option("--junit", options.junit_file, "Also write a JUnit report to this file")->type_name("FILE");
    add_duration(
        command, "--timeout", [&options](duration value) { options.timeout = value; },
        "Stop waiting after this long; a last look is taken then (default: 24h)");
    add_duration(
        command, "--interval",
        [&options](duration value) {
            if (value < duration{100})
                throw CLI::ValidationError("--interval", "at least 100ms");
            options.interval = value;
        },
        "Look at each run this often, instead of by the schedule");
    add_duration(
        command, "--not-found-grace", [&options](duration value) { options.not_found_grace = value; },
        "How long a run may be unknown to the API before it is given up (default: 60s)");
    auto* const any = command.add_flag_callback(
        "--any", [&options] { options.mode = wait_mode::any; }, "Return when the first run ends");
    command
        .add_flag_callback(
            "--fail-fast", [&options] { options.mode = wait_mode::fail_fast; },
            "Return when the first run does not pass")
        ->excludes(any);
    command.add_flag("--quiet,-q", options.quiet, "Print the verdict only");
    add_duration(
        command, "--heartbeat", [&options](duration value) { options.heartbeat = value; },
        "Without a terminal, say this often that the wait goes on; 0s for never (default: 60s)");
    command
        .add_option("--api-key-file", options.api_key_file,
                    "Read the API key from this file (default: the variable TELNYX_API_KEY)")
        ->type_name("FILE");
    command
        .add_option("--base-url", options.base_url,
                    "The API's address (default: the variable TELNYX_BASE_URL, else " + std::string{telnyx_public_api} +
                        ")")
        ->type_name("URL");
    command.add_option("--ca-file", options.ca_file, "Trust the authorities in this PEM file instead of the system's")
        ->type_name("FILE");
    command
        .add_option("--proxy", options.proxy, "Reach the API through this proxy (default: the variable HTTPS_PROXY)")
        ->type_name("URL");
    command.add_flag("--allow-http", options.allow_http, "Allow a base URL with http:// beyond this machine");
    command
        .add_option("--config,-c", options.config_file,
                    "Also deliver the results to the sinks of this config (but those of type stdout), "
                    "and take from it what is not said here")
        ->type_name("FILE");
    command.add_option("--sink", options.sinks, "Of the config's sinks, deliver to this one alone; may be repeated")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command
        .add_option("--require-delivery", options.required_sinks,
                    "Exit with 3 if this sink did not take every result by the deadline; may be repeated")
        ->type_name("NAME")
        ->allow_extra_args(false);
}

CLI::Option* add_hand_over_options(CLI::App& command, wait_options& options, std::string const& text) {
    auto* const flag = command.add_flag("--hand-over", options.hand_over, text);
    command
        .add_option(
            "--address", options.daemon.address,
            "With --hand-over: where the daemon's API is reached, HOST:PORT or unix:/PATH (default: http.listen "
            "of the config)")
        ->type_name("ADDRESS")
        ->needs(flag);
    command
        .add_option("--token-file", options.daemon.token_file,
                    "With --hand-over: a file with the daemon's token (default: the variable RUNWATCH_TOKEN, then "
                    "http.token of the config)")
        ->type_name("FILE")
        ->needs(flag);
    return flag;
}

secret_source read_api_key(std::string const& file) {
    auto text = environment("TELNYX_API_KEY");
    std::string where = "the variable TELNYX_API_KEY";
    if (!file.empty()) {
        where = "the file " + file;
        std::ifstream in{file, std::ios::binary};
        text.assign(most_key_bytes + 1, '\0');
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        // A directory opens but does not read.
        if (!in.eof() && in.gcount() == 0)
            throw config_error{"the API key cannot be read from " + where + ": " + std::strerror(errno)};
        text.resize(static_cast<std::size_t>(in.gcount()));
    } else if (text.empty()) {
        throw config_error{"there is no API key: set TELNYX_API_KEY, or name a file that holds it with --api-key-file"};
    }
    std::string const key{trim(text)};
    if (key.empty())
        throw config_error{where + " holds no API key: it is empty"};
    if (!is_api_key(key))
        throw config_error{where + " holds no API key: " + std::string{api_key_rule}};
    if (file.empty())
        return {secret_source::origin::environment, "TELNYX_API_KEY"};
    // What comes through a pipe comes once.
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored))
        return {secret_source::origin::inline_text, key};
    return {secret_source::origin::file, file};
}

std::optional<std::vector<run_key>> read_refs(std::vector<std::string> const& refs, std::string const& base_url,
                                              instant deadline) {
    auto const texts = read_ref_texts(refs, deadline);
    if (!texts)
        return std::nullopt;
    std::vector<run_key> keys;
    std::unordered_set<run_key> known;
    for (auto const& [text, where] : *texts) {
        auto const key = parse_ref(text, base_url);
        if (!key)
            throw usage_error{where + key.error().message};
        if (known.insert(*key).second)
            keys.push_back(*key);
    }
    return keys;
}

} // namespace runwatch::cli
