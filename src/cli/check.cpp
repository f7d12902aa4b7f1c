#include "cli/commands.hpp"

#include "cli/config_option.hpp"
#include "cli/exit_status.hpp"
#include "cli/probe.hpp"
#include "cli/terminal.hpp"
#include "runwatch/store.hpp"
#include "runwatch/text.hpp"
#include "sinks/registry.hpp"

#include <CLI/CLI.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <unistd.h>

namespace asio = boost::asio;

namespace runwatch::cli {
namespace {

constexpr auto check_help_footer = R"(Exit status:
  0    all is well
  78   the config is wrong, or something that it needs of this machine
  4    --online: the API refused the key, or its certificate is refused
  5    --online: the API or the host of a sink cannot be reached

Run it as the user that the daemon runs as: files are checked for whoever asks.
Credentials that systemd gives to the daemon alone are not needed without --online.

Examples:
  runwatch check --config runwatch.yaml
  runwatch check --online --quiet && runwatch reload)";

struct check_options {
    std::string config;
    bool online = false;
    bool quiet = false;
};

/// What was found to be wrong, and the status that follows.
class findings {
public:
    /// Adds what is wrong, one problem a line.
    void add(std::string const& lines, exit_status becomes) {
        std::istringstream in{lines};
        for (std::string line; std::getline(in, line); ++count_)
            text_ += line + '\n';
        if (rank(becomes) > rank(status_))
            status_ = becomes;
    }

    void add(problems const& found) {
        for (auto const& problem : found.errors())
            add(problem, exit_status::config);
    }

    std::size_t count() const { return count_; }

    std::string const& text() const { return text_; }

    exit_status status() const { return status_; }

private:
    /// What is wrong in the config or on this machine counts before what is wrong elsewhere.
    static int rank(exit_status status) {
        switch (status) {
        case exit_status::config:
            return 3;
        case exit_status::unwatchable:
            return 2;
        case exit_status::unreachable:
            return 1;
        default:
            return 0;
        }
    }

    std::string text_;
    std::size_t count_ = 0;
    exit_status status_ = exit_status::passed;
};

/// Reports why the API's client cannot be made.
void check_client(telnyx_settings const& settings, option_node const& whole, problems& found) {
    asio::io_context never_run;
    try {
        http_client const client{never_run.get_executor(), client_options(settings)};
    } catch (config_error const& wrong) {
        found.error(place_of(whole, {"telnyx", settings.ca_file.empty() ? "proxy" : "ca_file"}), wrong.what());
    }
}

/// Looks at everything that a config needs of this machine, also at what can be told of one that is wrong.
void check_machine(config_outline const& outline, config const* checked, problems& found) {
    if (checked != nullptr)
        check_client(checked->telnyx, outline.whole, found);
    for (auto const& sink : outline.sinks)
        verify_sink(sink.type, sink.options, found);
    if (outline.state.is_in_memory())
        return;
    try {
        check_state_file(outline.state.path);
    } catch (state_error const& trouble) {
        found.error(place_of(outline.whole, {"state", "path"}), trouble.what());
    }
}

/// Looks at everybody whom a config names.
void check_others(config const& checked, option_node const& whole, bool quiet, findings& found) {
    for (auto const& probed : probe_all(checked, whole)) {
        if (!quiet && !probed.success.empty())
            say(probed.success);
        if (!probed.failed)
            continue;
        problems one;
        one.error(probed.place, probed.failed->message);
        auto const refused = probed.is_api && probed.failed->kind == failure_kind::refused;
        found.add(one.errors().front(), refused ? exit_status::unwatchable : exit_status::unreachable);
    }
}

findings check(check_options const& options) {
    findings found;
    std::optional<config> checked;
    try {
        // Who tries the key must have it.
        checked = load_with_warnings(options.config,
                                     options.online ? withheld_secrets::refused : withheld_secrets::overlooked);
    } catch (config_error const& wrong) {
        found.add(wrong.what(), exit_status::config);
    }
    std::optional<config_outline> outline;
    try {
        outline = load_outline(options.config);
    } catch (config_error const& wrong) {
        // It was said before, unless the file has changed just now.
        if (found.count() == 0)
            found.add(wrong.what(), exit_status::config);
        return found;
    }
    if (checked && !options.quiet)
        print(print_effective(*checked));
    problems wrong;
    check_machine(*outline, checked ? &*checked : nullptr, wrong);
    found.add(wrong);
    if (checked && options.online)
        check_others(*checked, outline->whole, options.quiet, found);
    if (found.count() == 0 && !options.quiet)
        say(options.config + " is good: " + counted(checked->sinks.size(), "sink", "sinks") + ", " +
            counted(checked->watch.size(), "run", "runs") + " to watch" +
            (checked->follow.empty()
                 ? ""
                 : ", " + counted(checked->follow.size(), "test or suite", "tests or suites") + " to follow"));
    return found;
}

int check_and_tell(check_options const& options) {
    check_is_there(options.config);
    auto const found = check(options);
    output standard_error{STDERR_FILENO};
    standard_error.write(found.text());
    if (found.count() != 0 && !options.quiet)
        say(options.config + ": " + counted(found.count(), "problem", "problems"));
    return static_cast<int>(found.status());
}

} // namespace

void add_check(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("check", "Validate a config and print the effective one");
    command->footer(check_help_footer);
    auto const options = std::make_shared<check_options>();
    add_config_option(*command, options->config);
    command->add_flag("--online", options->online,
                      "Also try the API key, and reach the hosts of the sinks, to which nothing is sent");
    command->add_flag("--quiet,-q", options->quiet, "Print warnings and problems only");
    command->callback([&chosen, options] { chosen = [options] { return check_and_tell(*options); }; });
}

} // namespace runwatch::cli
