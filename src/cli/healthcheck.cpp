#include "cli/commands.hpp"

#include "cli/daemon_option.hpp"
#include "cli/terminal.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/text.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace runwatch::cli {
namespace {

constexpr auto footer = R"(For the HEALTHCHECK of a container: is the daemon up, and does it watch and deliver?
Needs no token. A daemon that is starting or ending is not ready.

Exit status:
  0    the daemon is ready
  1    it is not, or nobody answers within 5 s; the message says which
  64   wrong usage
  78   wrong configuration, or one without `http:`

Examples:
  HEALTHCHECK CMD ["runwatch", "healthcheck"]
  runwatch healthcheck --address unix:/run/runwatch/http.sock)";

/// Docker and the like wait for 30 s.
constexpr duration patience{5'000};

int healthcheck(daemon_options const& options) {
    auto const daemon = require_daemon(options, token_need::none, patience);
    auto const answer = daemon.send("GET", "/readyz");
    if (answer.status == 200 && json_string(json_member(answer.body, "status")) != "ready")
        throw daemon.stranger();
    if (answer.status == 200) {
        print("ready\n");
        return 0;
    }
    auto const said = error_said(answer);
    throw daemon_error{"the daemon at " + daemon.address().text() + " is not ready: " +
                       (said.empty() ? "it answers " + std::to_string(answer.status) : to_printable(said))};
}

} // namespace

void add_healthcheck(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("healthcheck", "Tell by the exit status whether a daemon is ready");
    command->footer(footer);
    auto const options = std::make_shared<daemon_options>();
    add_daemon_options(*command, *options, token_need::none);
    command->callback([&chosen, options] { chosen = [options] { return healthcheck(*options); }; });
}

} // namespace runwatch::cli
