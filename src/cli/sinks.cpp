#include "cli/commands.hpp"

#include "cli/config_option.hpp"
#include "cli/delivery_table.hpp"
#include "cli/named_state.hpp"
#include "cli/sink_table.hpp"
#include "cli/terminal.hpp"
#include "cli/test_message.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace runwatch::cli {
namespace {

constexpr auto list_footer = R"(Works beside a running daemon and without one.

Exit status:
  0    done
  1    the state file cannot be used
  78   wrong configuration)";

constexpr auto test_footer =
    R"(The message is a made-up result, run.passed of runwatch-test/NUMBER, with the
label test_message. It goes to this sink alone, once, whatever the sink's `on`
says, and is not kept in the state. A file keeps it, a command runs with it, a
chat shows it. A running daemon has its result files locked: their sinks cannot
be tested meanwhile.

Exit status:
  0    the sink has taken it
  3    the sink has not taken it; the message says why
  64   wrong usage, an unknown sink
  78   wrong configuration
  130, 143  interrupted by SIGINT, SIGTERM

Example:
  runwatch sinks test ops)";

constexpr auto enable_footer =
    R"(A webhook that answers 410 Gone asks for nothing to be sent there any more. Its
sink is stopped then, also over restarts, and what it is owed waits. This lifts
the stop and makes all of it due at once. Works beside a running daemon and
without one.

Exit status:
  0    the sink is not stopped any more, or was not
  1    the state file cannot be used
  64   wrong usage, an unknown sink
  78   wrong configuration

Example:
  runwatch sinks enable ops)";

struct sink_options {
    std::string config;
    std::string name;
    bool json = false;
};

int list(sink_options const& options) {
    auto const rows = sink_rows(load_known(options.config));
    print(options.json ? sink_json(rows) : sink_table(rows));
    return 0;
}

int test(sink_options const& options) { return test_sink(load_known(options.config), options.config, options.name); }

int enable(sink_options const& options) {
    named_state const state{options.config};
    state.check_sink(options.name);
    auto const now = std::chrono::floor<duration>(std::chrono::system_clock::now());
    auto const why = state.editor.enable_sink(options.name, now);
    if (!why) {
        print("sink " + options.name + " is not stopped\n");
        return 0;
    }
    print("sink " + options.name + " is enabled; it was stopped: " + shown_error(*why, options.name) + '\n');
    if (!state.reader.owner())
        say("no daemon runs with this state: what the sink is owed is sent once one does");
    return 0;
}

using work = int (*)(sink_options const& options);

CLI::App& add_one(CLI::App& within, action& chosen, std::string const& name, std::string const& description, work does,
                  std::shared_ptr<sink_options> const& options, char const* footer) {
    auto* const command = within.add_subcommand(name, description);
    command->footer(footer);
    add_config_option(*command, options->config);
    command->callback([&chosen, does, options] { chosen = [does, options] { return does(*options); }; });
    return *command;
}

void add_name(CLI::App& command, std::string& name) {
    command.add_option("NAME", name, "The sink, as the config names it")->required()->type_name("");
}

} // namespace

void add_sinks(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("sinks", "List sinks, test one, or enable one that was stopped");
    command->require_subcommand(1);
    auto const listed = std::make_shared<sink_options>();
    add_one(*command, chosen, "list", "Show all sinks, and how many deliveries wait for each", list, listed,
            list_footer)
        .add_flag("--json", listed->json, "Print a JSON array");
    auto const tested = std::make_shared<sink_options>();
    add_name(add_one(*command, chosen, "test", "Send one test message to one sink", test, tested, test_footer),
             tested->name);
    auto const enabled = std::make_shared<sink_options>();
    add_name(add_one(*command, chosen, "enable", "Lift the stop that a 410 caused", enable, enabled, enable_footer),
             enabled->name);
}

} // namespace runwatch::cli
