#include "cli/commands.hpp"
#include "cli/config_option.hpp"

#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/terminal.hpp"
#include "cli/version.hpp"
#include "cli/wait_options.hpp"
#include "cli/wait_reach.hpp"
#include "cli/wait_session.hpp"
#include "cli/wait_sinks.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/telnyx.hpp"

#include <CLI/CLI.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

namespace asio = boost::asio;

namespace runwatch::cli {
namespace {

constexpr auto wait_help_footer = R"(Exit status:
  0    every run passed            4    cannot be watched: key or certificate
  1    a run failed                     refused, or no such run
  2    a run ended in error        5    deadline, with the API not answering
  3    passed, but an output or    64   wrong usage     78   wrong configuration
       a required sink failed      124  deadline       130/143  SIGINT/SIGTERM

Examples:
  runwatch wait TEST_ID/RUN_ID --timeout 10m
  runwatch wait --output json --junit report.xml - < refs.txt)";

output_format format_of(wait_options const& options) {
    if (options.output != output_format::automatic)
        return options.output;
    return environment("GITHUB_ACTIONS") == "true" ? output_format::github : output_format::text;
}

bool wants_live_view(wait_options const& options, output const& standard_error) {
    auto const terminal = environment("TERM");
    return options.output == output_format::automatic && environment("GITHUB_ACTIONS") != "true" &&
           standard_error.is_terminal() && !terminal.empty() && terminal != "dumb";
}

std::vector<std::unique_ptr<report>> make_reports(wait_options const& options, output& to, bool live) {
    std::vector<std::unique_ptr<report>> reports;
    switch (format_of(options)) {
    case output_format::json:
        reports.push_back(make_json_report(to));
        break;
    case output_format::jsonl:
        reports.push_back(make_jsonl_report(to));
        break;
    case output_format::github:
        reports.push_back(make_github_report(to, environment("GITHUB_STEP_SUMMARY")));
        break;
    case output_format::automatic:
    case output_format::text:
        reports.push_back(options.quiet ? make_verdict_report(to) : make_text_report(to, live));
        break;
    }
    if (!options.junit_file.empty())
        reports.push_back(make_junit_report(options.junit_file));
    return reports;
}

/// The sinks to deliver to. Unless they are named, these are all but standard output, where the wait itself prints.
std::vector<std::string> sinks_of(wait_options const& options, config const& from) {
    auto names = options.sinks;
    for (auto const& sink : from.sinks)
        if (options.sinks.empty() && sink.type != "stdout")
            names.push_back(sink.name);
    names.insert(names.end(), options.required_sinks.begin(), options.required_sinks.end());
    return names;
}

/// The config that the options name, if they do.
std::optional<config> load_config_for(wait_options const& options) {
    auto const named = !options.sinks.empty() || !options.required_sinks.empty();
    if (options.config_file.empty() && !named)
        return std::nullopt;
    auto from = load_with_warnings(options.config_file.empty() ? std::string{default_config} : options.config_file);
    for (auto const& names : {options.sinks, options.required_sinks})
        if (auto const problem = describe_unknown_sinks(from, names); !problem.empty())
            throw usage_error{problem};
    return from;
}

exit_status wait(wait_options options, instant started) {
    // First all that can be wrong on our side, then the first request.
    output standard_error{STDERR_FILENO};
    auto const from = load_config_for(options);
    if (from && !options.timeout)
        options.timeout = from->polling.give_up_after;
    auto const reach = reach_by(options, from ? &*from : nullptr);
    asio::io_context loop{1};
    system_clock clock{loop.get_executor()};
    std::unique_ptr<wait_sinks> sinks;
    if (from)
        sinks = std::make_unique<wait_sinks>(loop.get_executor(), clock, *from, sinks_of(options, *from));
    http_client client{loop.get_executor(), reach.http};
    auto const deadline = started + options.timeout.value_or(watch_policy{}.give_up_after);
    auto const keys = read_refs(options.refs, reach.base_url, deadline);
    if (!keys) {
        standard_error.write("runwatch: the deadline came before standard input ended\n");
        return exit_status::timed_out;
    }

    telnyx_source source{client, clock, reach.base_url, reach.api_key};
    rate_budget budget{reach.requests_per_second};
    source.set_rate_listener([&](rate_limit_note const& said) { budget.note(said, clock.now()); });
    output standard_output{STDOUT_FILENO};
    auto const live = !options.quiet && wants_live_view(options, standard_error);
    wait_session session{loop.get_executor(),
                         clock,
                         source,
                         budget,
                         options,
                         policy_by(options, from ? &*from : nullptr),
                         started,
                         *keys};
    session.set_sinks(sinks.get());
    auto const view = session.view();
    if (options.quiet)
        session.set_progress(make_quiet_progress(standard_error));
    else if (live)
        session.set_progress(make_live_view(standard_error, STDERR_FILENO, view));
    else
        session.set_progress(make_line_progress(standard_error, view, options.heartbeat));
    session.set_warning([&source] { return source.clock_warning(); });
    session.set_reports(make_reports(options, standard_output, live));

    auto status = exit_status::interrupted;
    std::exception_ptr trouble;
    asio::co_spawn(loop, session.run(), [&](std::exception_ptr thrown, exit_status ended) {
        trouble = std::move(thrown);
        status = ended;
    });
    loop.run();
    if (trouble)
        std::rethrow_exception(trouble);
    return status;
}

} // namespace

void add_wait(CLI::App& program, action& chosen, instant started) {
    auto* const command = program.add_subcommand("wait", "Wait for runs, print the results, exit by verdict");
    command->footer(wait_help_footer);
    auto const options = std::make_shared<wait_options>();
    add_wait_options(*command, *options);
    command->callback([&chosen, options, started] {
        chosen = [options, started] { return static_cast<int>(wait(*options, started)); };
    });
}

} // namespace runwatch::cli
