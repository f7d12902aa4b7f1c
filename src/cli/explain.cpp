#include "cli/commands.hpp"

#include "cli/config_option.hpp"
#include "cli/daemon_option.hpp"
#include "cli/history_text.hpp"
#include "cli/named_state.hpp"
#include "cli/ref_input.hpp"
#include "cli/terminal.hpp"
#include "cli/usage_error.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/state_json.hpp"
#include "runwatch/text.hpp"
#include "runwatch/url.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>

namespace runwatch::cli {
namespace {

constexpr auto footer = R"(Shows the status changes, polls, pauses and delivery attempts of one run, with their
reasons. Works beside a running daemon and without one; polls and pauses are
known to a daemon alone, and shown if its config has `http:`.

Exit status:
  0    done
  1    neither a daemon can be asked nor the state file be read
  64   wrong usage, or nothing is known of the run
  78   wrong configuration

Example:
  runwatch explain 182bd5e5-…/84cc1d9e-…)";

constexpr duration patience{10'000};

struct explain_options {
    daemon_options daemon;
    std::string ref;
    bool json = false;
};

std::string ask(control_client const& daemon, run_key const& key) {
    return daemon.ask("GET", "/v1/runs/" + percent_encoded(key.test_id) + '/' + percent_encoded(key.run_id));
}

/// What the state's file says. Throws usage_error if it knows nothing of the run.
std::string look_up(config_outline const& outline, std::string const& config, run_key const& key) {
    if (outline.state.is_in_memory())
        throw state_error{"the state of " + config + " is in the memory of its daemon, where nobody else sees it"};
    auto const history = state_reader{outline.state.path}.history(key);
    if (!history.watch && !history.result && !history.pruned_result_at && history.changes.empty())
        throw usage_error{"nothing is known of the run " + to_printable(key.ref()) +
                          ": it is neither watched nor was it reported"};
    return to_json(key, history, std::nullopt);
}

std::string history_of(explain_options const& options, run_key const& key) {
    if (!options.daemon.address.empty())
        return ask(require_daemon(options.daemon, token_need::some, patience), key);
    auto const outline = load_known(options.daemon.config);
    try {
        if (auto const daemon = find_daemon(options.daemon, outline, token_need::some, patience))
            return ask(*daemon, key);
    } catch (daemon_error const& why) {
        auto history = look_up(outline, options.daemon.config, key);
        say("without polls and pauses: " + std::string{why.what()});
        return history;
    }
    return look_up(outline, options.daemon.config, key);
}

int explain(explain_options const& options) {
    if (options.ref == "-")
        throw usage_error{"name one run, TEST_ID/RUN_ID"};
    auto const key = read_any_ref({options.ref, ""});
    auto const history = history_of(options, key);
    print(options.json ? json_on_one_line(history) + '\n' : history_text(history));
    return 0;
}

} // namespace

void add_explain(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("explain", "Show what happened to one run, and why");
    command->footer(footer);
    auto const options = std::make_shared<explain_options>();
    command->add_option("REF", options->ref, "The run, TEST_ID/RUN_ID or its URL")->required()->type_name("");
    add_daemon_options(*command, options->daemon, token_need::some);
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&chosen, options] { chosen = [options] { return explain(*options); }; });
}

} // namespace runwatch::cli
