#include "cli/wait_setup.hpp"

#include "cli/config_option.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/terminal.hpp"
#include "cli/wait_session.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <unistd.h>
#include <utility>

namespace asio = boost::asio;

namespace runwatch::cli {
namespace {

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

std::vector<std::unique_ptr<report>> make_reports(wait_options const& options, output& to, bool live, bool detached) {
    std::vector<std::unique_ptr<report>> reports;
    if (detached && options.output != output_format::json) {
        reports.push_back(make_started_report(to, options.output == output_format::jsonl));
        return reports;
    }
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

wait_options completed(wait_options options, config const* from) {
    if (from != nullptr && !options.timeout)
        options.timeout = from->polling.give_up_after;
    return options;
}

/// The daemon to leave runs to, which would take them now; null if none is asked for.
std::unique_ptr<hand_over> find_heir(wait_options const& options) {
    if (!options.hand_over)
        return nullptr;
    auto daemon = options.daemon;
    daemon.config = options.config_file.empty() ? default_config : options.config_file;
    if (daemon.address.empty() && options.config_file.empty() && ::access(daemon.config.c_str(), F_OK) != 0)
        throw config_error{"--hand-over: there is no config " + daemon.config +
                           " that says where the daemon is: name it with --address, or its config with --config"};
    auto heir = std::make_unique<hand_over>(require_daemon(daemon, token_need::some, hand_over::request_patience));
    heir->check();
    return heir;
}

/// With connections for what is started, so that neither waits for the other.
http_options with_room_to_start(http_options http) {
    http.connections += launch::requests_in_flight;
    return http;
}

} // namespace

std::string_view const exit_status_help = R"(Exit status:
  0    every run passed            4    cannot be watched: key or certificate
  1    a run failed                     refused, no such run, no hand-over
  2    a run ended in error        5    deadline, with the API not answering
  3    passed, but an output or    64   wrong usage     78   wrong configuration
       a required sink failed      124  deadline       130/143  SIGINT/SIGTERM
)";

wait_setup::wait_setup(wait_options options, instant started)
    : options_(std::move(options)),
      started_(started),
      from_(load_config_for(options_)),
      reach_(reach_by(options_ = completed(std::move(options_), from()), from())),
      client_(loop_.get_executor(), with_room_to_start(reach_.http)) {
    if (from_)
        sinks_ = std::make_unique<wait_sinks>(loop_.get_executor(), clock_, *from_, sinks_of(options_, *from_));
    heir_ = find_heir(options_);
}

instant wait_setup::deadline() const { return started_ + options_.timeout.value_or(watch_policy{}.give_up_after); }

exit_status wait_setup::wait_for(wait_subject subject) {
    telnyx_source source{client_, clock_, reach_.base_url, reach_.api_key};
    rate_budget budget{reach_.requests_per_second};
    source.set_rate_listener([&](rate_limit_note const& said) { budget.note(said, clock_.now()); });
    output standard_error{STDERR_FILENO};
    output standard_output{STDOUT_FILENO};
    auto const live = !options_.quiet && !subject.detached && wants_live_view(options_, standard_error);
    wait_session session{loop_.get_executor(),        clock_,   source,      budget, options_,
                         policy_by(options_, from()), started_, subject.runs};
    session.set_sinks(sinks_.get());
    session.set_heir(heir_.get());
    if (!subject.orders.empty())
        session.set_orders(source, std::move(subject.orders), subject.detached);
    auto const view = session.view();
    if (options_.quiet)
        session.set_progress(make_quiet_progress(standard_error));
    else if (live)
        session.set_progress(make_live_view(standard_error, STDERR_FILENO, view));
    else
        session.set_progress(make_line_progress(standard_error, view, options_.heartbeat));
    session.set_warning([&source] { return source.clock_warning(); });
    session.set_reports(make_reports(options_, standard_output, live, subject.detached));

    auto status = exit_status::interrupted;
    std::exception_ptr trouble;
    asio::co_spawn(loop_, session.run(), [&](std::exception_ptr thrown, exit_status ended) {
        trouble = std::move(thrown);
        status = ended;
    });
    loop_.run();
    if (trouble)
        std::rethrow_exception(trouble);
    return status;
}

} // namespace runwatch::cli
