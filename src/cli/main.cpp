#include "cli/commands.hpp"
#include "cli/control_client.hpp"
#include "cli/exit_status.hpp"
#include "cli/hand_over.hpp"
#include "cli/terminal.hpp"
#include "cli/usage_error.hpp"
#include "cli/version.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/store.hpp"
#include "runwatch/text.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <string>
#include <unistd.h>

using namespace runwatch;
using namespace runwatch::cli;

namespace {

/// sysexits' EX_SOFTWARE: our own fault, which must not look like a verdict.
constexpr int internal_error = 70;

/// The state file cannot be used.
constexpr int state_trouble = 1;

/// A daemon cannot be asked, or refuses.
constexpr int daemon_trouble = 1;

int fail(std::string const& message, int status) {
    output standard_error{STDERR_FILENO};
    standard_error.write("runwatch: " + message + '\n');
    return status;
}

int fail(std::string const& message, exit_status status) { return fail(message, static_cast<int>(status)); }

/// Where to read on after wrong usage.
std::string try_help(CLI::App const& app) {
    std::string command = "runwatch";
    for (auto parsed = app.get_subcommands(); !parsed.empty(); parsed = parsed.front()->get_subcommands())
        command += ' ' + parsed.front()->get_name();
    return "\nTry '" + command + " --help'.";
}

/// Where a subcommand is missing, whether none was given or one that does not exist, which CLI11 does not tell apart.
std::string describe_missing(CLI::App const& app, CLI::RequiredError const& wrong) {
    auto const* innermost = &app;
    while (!innermost->get_subcommands().empty())
        innermost = innermost->get_subcommands().front();
    auto const rest = innermost->remaining();
    if (innermost->get_require_subcommand_min() == 0 || rest.empty() || rest.front().starts_with('-'))
        return to_printable(wrong.what(), 1'000);
    return "there is no command \"" + to_printable(rest.front()) + '"';
}

} // namespace

int main(int argc, char** argv) {
    auto const started = boottime_clock::now();
    // A reader that went away is an error of that write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    keep_standard_streams();

    CLI::App app{"Watches Telnyx AI assistant test runs to their end and tells how they ended.", "runwatch"};
    app.set_version_flag("--version", version_line());
    app.require_subcommand(1);
    action chosen;
    add_wait(app, chosen, started);
    add_run(app, chosen, started);
    add_serve(app, chosen);
    add_check(app, chosen);
    add_deliveries(app, chosen);
    add_sinks(app, chosen);
    add_watch(app, chosen);
    add_explain(app, chosen);
    add_reload(app, chosen);
    add_healthcheck(app, chosen);

    try {
        app.parse(argc, argv);
        return chosen();
    } catch (CLI::Success const& asked) {
        return app.exit(asked);
    } catch (CLI::RequiredError const& wrong) {
        return fail(describe_missing(app, wrong) + try_help(app), exit_status::usage);
    } catch (CLI::ParseError const& wrong) {
        return fail(to_printable(wrong.what(), 1'000) + try_help(app), exit_status::usage);
    } catch (usage_error const& wrong) {
        return fail(wrong.what(), exit_status::usage);
    } catch (config_error const& wrong) {
        return fail(wrong.what(), exit_status::config);
    } catch (state_error const& trouble) {
        return fail(trouble.what(), state_trouble);
    } catch (hand_over_error const& trouble) {
        return fail(trouble.what(), exit_status::unwatchable);
    } catch (daemon_error const& trouble) {
        return fail(trouble.what(), daemon_trouble);
    } catch (output_error const& trouble) {
        return fail(trouble.what(), exit_status::not_delivered);
    } catch (std::exception const& bug) {
        return fail("internal error: " + std::string{bug.what()}, internal_error);
    }
}
