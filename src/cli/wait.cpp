#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "cli/wait_options.hpp"
#include "cli/wait_setup.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace runwatch::cli {
namespace {

constexpr auto examples = R"(
Examples:
  runwatch wait TEST_ID/RUN_ID --timeout 10m
  runwatch wait --output json --junit report.xml - < refs.txt
  runwatch wait --timeout 10m --hand-over --address 127.0.0.1:9464 - < refs.txt)";

exit_status wait(wait_options const& options, std::vector<std::string> const& refs, instant started) {
    // First all that can be wrong on our side, then the first request.
    wait_setup setup{options, started};
    auto keys = read_refs(refs, setup.base_url(), setup.deadline());
    if (!keys) {
        say("the deadline came before standard input ended");
        return exit_status::timed_out;
    }
    wait_subject subject;
    subject.runs = *std::move(keys);
    return setup.wait_for(std::move(subject));
}

} // namespace

void add_wait(CLI::App& program, action& chosen, instant started) {
    auto* const command = program.add_subcommand("wait", "Wait for runs, print the results, exit by verdict");
    command->footer(std::string{exit_status_help} + examples);
    auto const refs = std::make_shared<std::vector<std::string>>();
    auto const options = std::make_shared<wait_options>();
    command->add_option("REF", *refs, "A run: TEST_ID/RUN_ID, its API URL, or - for one a line on standard input")
        ->required()
        ->type_name("");
    add_wait_options(*command, *options);
    add_hand_over_options(*command, *options, "At the deadline, leave what has not ended to a running daemon");
    command->callback([&chosen, refs, options, started] {
        chosen = [refs, options, started] { return static_cast<int>(wait(*options, *refs, started)); };
    });
}

} // namespace runwatch::cli
