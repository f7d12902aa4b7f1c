#include "cli/commands.hpp"

#include "cli/config_option.hpp"
#include "cli/reload_by_signal.hpp"
#include "cli/terminal.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/store.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace runwatch::cli {
namespace {

constexpr auto footer = R"(Sends SIGHUP to the daemon that runs with the config's state and waits for what
comes of it. A config with something wrong in it changes nothing.

Exit status:
  0    the config is in force
  1    no daemon runs with this state, or it does not answer
  64   wrong usage
  78   something is wrong with the config; the message says what

Example:
  runwatch reload && echo "the new config is in force")";

struct reload_options {
    std::string config;
    bool json = false;
};

std::string reload_json(reload_note const& note) {
    return R"({"generation": )" + std::to_string(note.generation) + R"(, "problem": )" +
           (note.problem.empty() ? "null" : json_quote(note.problem)) + "}\n";
}

int reload(reload_options const& options) {
    auto const outline = load_known(options.config);
    if (outline.state.is_in_memory())
        throw state_error{"the state of " + options.config +
                          " is in the memory of its daemon, where nobody else sees it: send the daemon SIGHUP, and see "
                          "its log, or name a file in state.path"};
    auto const note = reload_by_signal(outline.state.path);
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
    add_config_option(*command, options->config);
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&chosen, options] { chosen = [options] { return reload(*options); }; });
}

} // namespace runwatch::cli
