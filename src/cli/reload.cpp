#include "cli/commands.hpp"

#include "cli/config_option.hpp"
#include "cli/daemon_option.hpp"
#include "cli/reload_by_signal.hpp"
#include "cli/terminal.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/store.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <memory>
#include <string>

namespace runwatch::cli {
namespace {

constexpr auto footer = R"(Asks the daemon by its API or, where the config has no `http:`, sends SIGHUP to the
one that runs with the config's state, and waits for what comes of it. A config
with something wrong in it changes nothing.

Exit status:
  0    the config is in force
  1    no daemon runs with this state, it does not answer, or it refuses the token
  64   wrong usage
  78   something is wrong with the config; the message says what

Example:
  runwatch reload && echo "the new config is in force")";

/// A daemon with a hundred thousand watches needs seconds.
constexpr duration patience{60'000};

struct reload_options {
    daemon_options daemon;
    bool json = false;
};

/// A generation of 0 is not known.
std::string reload_json(reload_note const& note) {
    return R"({"generation": )" + (note.generation == 0 ? "null" : std::to_string(note.generation)) +
           R"(, "problem": )" + json_quote_or_null(note.problem) + "}\n";
}

/// Has a daemon reload by its API.
reload_note ask(control_client const& daemon) {
    reload_note note;
    auto const answer = daemon.send("POST", "/v1/reload");
    if (answer.status == 422) {
        for (json_walk problems{json_member(answer.body, "problems")}; problems.next();)
            note.problem.append(note.problem.empty() ? "" : "\n").append(json_string(problems.value()));
        if (note.problem.empty())
            daemon.explain(answer);
        return note;
    }
    if (answer.status != 200)
        daemon.explain(answer);
    auto const text = json_member(answer.body, "generation");
    std::from_chars(text.data(), text.data() + text.size(), note.generation);
    if (note.generation == 0)
        throw daemon.stranger("it does not say what came of the reload");
    return note;
}

reload_note signal(config_outline const& outline, std::string const& config) {
    if (outline.state.is_in_memory())
        throw state_error{"the state of " + config +
                          " is in the memory of its daemon, where nobody else sees it: send the daemon SIGHUP, and see "
                          "its log, or add http: to the config"};
    return reload_by_signal(outline.state.path);
}

reload_note reload_somehow(daemon_options const& options) {
    if (!options.address.empty())
        return ask(require_daemon(options, token_need::some, patience));
    auto const outline = load_known(options.config);
    auto const runs_here = [&outline] {
        return !outline.state.is_in_memory() && state_reader{outline.state.path}.owner().has_value();
    };
    try {
        if (auto const daemon = find_daemon(options, outline, token_need::some, patience))
            return ask(*daemon);
    } catch (no_daemon_error const&) {
        // What is not there yet, the reload itself may bring: an `http:` that was added or moved.
        if (!runs_here())
            throw;
    } catch (config_error const&) {
        // A token that systemd gives to the daemon alone: a signal needs none.
        if (!runs_here())
            throw;
    }
    return signal(outline, options.config);
}

int reload(reload_options const& options) {
    auto const note = reload_somehow(options.daemon);
    if (options.json)
        print(reload_json(note));
    if (!note.problem.empty())
        throw config_error{note.problem + "\nThe daemon goes on with the config that it had."};
    if (!options.json)
        print("config reloaded\n");
    return 0;
}

} // namespace

void add_reload(CLI::App& program, action& chosen) {
    auto* const command =
        program.add_subcommand("reload", "Make a running daemon read its config anew, and say what comes of it");
    command->footer(footer);
    auto const options = std::make_shared<reload_options>();
    add_daemon_options(*command, options->daemon, token_need::some);
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&chosen, options] { chosen = [options] { return reload(*options); }; });
}

} // namespace runwatch::cli
