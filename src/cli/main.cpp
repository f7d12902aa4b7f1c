#include "cli/exit_status.hpp"
#include "cli/terminal.hpp"
#include "cli/version.hpp"
#include "cli/wait.hpp"
#include "cli/wait_options.hpp"
#include "runwatch/http_client.hpp"
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

constexpr auto wait_help_footer = R"(Exit status:
  0    every run passed            4    cannot be watched: key or certificate
  1    a run failed                     refused, or no such run
  2    a run ended in error        5    deadline, with the API not answering
  3    passed, but an output       64   wrong usage     78   wrong configuration
       could not be written        124  deadline       130/143  SIGINT/SIGTERM

Examples:
  runwatch wait TEST_ID/RUN_ID --timeout 10m
  runwatch wait --output json --junit report.xml - < refs.txt)";

int fail(std::string const& message, exit_status status) {
    output standard_error{STDERR_FILENO};
    standard_error.write("runwatch: " + message + '\n');
    return static_cast<int>(status);
}

/// Where to read on after wrong usage.
std::string try_help(CLI::App const& wait_command) {
    return std::string{"\nTry 'runwatch"} + (wait_command.parsed() ? " wait" : "") + " --help'.";
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
    wait_options waiting;
    auto* const wait_command = app.add_subcommand("wait", "Wait for runs, print the results, exit by verdict");
    wait_command->footer(wait_help_footer);
    add_wait_options(*wait_command, waiting);

    try {
        app.parse(argc, argv);
        return static_cast<int>(wait(waiting, started));
    } catch (CLI::Success const& asked) {
        return app.exit(asked);
    } catch (CLI::RequiredError const& wrong) {
        // CLI11 asks for a subcommand also where one was given that it does not know.
        std::string const first = argc > 1 ? argv[1] : "";
        if (wait_command->parsed() || first.empty() || first.starts_with('-'))
            return fail(to_printable(wrong.what(), 1'000) + try_help(*wait_command), exit_status::usage);
        return fail("there is no command \"" + to_printable(first) + '"' + try_help(*wait_command), exit_status::usage);
    } catch (CLI::ParseError const& wrong) {
        return fail(to_printable(wrong.what(), 1'000) + try_help(*wait_command), exit_status::usage);
    } catch (usage_error const& wrong) {
        return fail(wrong.what(), exit_status::usage);
    } catch (config_error const& wrong) {
        return fail(wrong.what(), exit_status::config);
    } catch (std::exception const& bug) {
        fail("internal error: " + std::string{bug.what()}, exit_status::usage);
        return internal_error;
    }
}
