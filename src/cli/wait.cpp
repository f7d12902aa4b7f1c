#include "cli/wait.hpp"

#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/terminal.hpp"
#include "cli/version.hpp"
#include "cli/wait_session.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/telnyx.hpp"

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

/// However short a wait is, a request gets this long.
constexpr duration shortest_request{1'000};

std::string base_url_of(wait_options const& options) {
    if (!options.base_url.empty()) {
        try {
            return plain_base_url(options.base_url);
        } catch (config_error const& wrong) {
            throw usage_error{"--base-url: " + std::string{wrong.what()}};
        }
    }
    auto const variable = environment("TELNYX_BASE_URL");
    if (variable.empty())
        return std::string{telnyx_public_api};
    try {
        return plain_base_url(variable);
    } catch (config_error const& wrong) {
        throw config_error{"TELNYX_BASE_URL: " + std::string{wrong.what()}};
    }
}

http_options client_options(wait_options const& options, std::string const& base_url) {
    http_options http;
    http.connections = wait_session::requests_in_flight;
    http.ca_file = options.ca_file;
    http.allow_http = options.allow_http;
    http.user_agent = user_agent();
    // Cut off by the deadline, a request could not tell why it got no answer.
    if (options.timeout)
        http.timeout = std::clamp(*options.timeout, shortest_request, http.timeout);
    http.proxy = proxy_settings::from_environment();
    if (!options.proxy.empty()) {
        // What is on a command line, every process on the machine can read.
        if (options.proxy.find('@') != std::string::npos)
            throw usage_error{"--proxy must not hold a user name or password: set HTTPS_PROXY instead"};
        http.proxy.url = options.proxy;
    }
    if (base_url.starts_with("http://") && !options.allow_http && !is_loopback_url(base_url))
        throw usage_error{"the base URL " + base_url +
                          " would send the API key unprotected: use https://, or allow it with --allow-http"};
    return http;
}

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

} // namespace

exit_status wait(wait_options const& options, instant started) {
    // First all that can be wrong on our side, then the first request.
    auto const base_url = base_url_of(options);
    auto const key = read_api_key(options.api_key_file);
    asio::io_context loop{1};
    http_client client{loop.get_executor(), client_options(options, base_url)};
    auto const deadline = started + options.timeout.value_or(watch_policy{}.give_up_after);
    auto const keys = read_refs(options.refs, base_url, deadline);
    output standard_error{STDERR_FILENO};
    if (!keys) {
        standard_error.write("runwatch: the deadline came before standard input ended\n");
        return exit_status::timed_out;
    }

    system_clock clock{loop.get_executor()};
    telnyx_source source{client, clock, base_url, key};
    output standard_output{STDOUT_FILENO};
    auto const live = !options.quiet && wants_live_view(options, standard_error);
    wait_session session{loop.get_executor(), clock, source, options, started, *keys};
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

} // namespace runwatch::cli
