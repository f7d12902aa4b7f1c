#pragma once

#include "runwatch/time.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace runwatch::cli {

/// What a command line asks for, to be done once all of it was parsed. Returns the exit status. Throws usage_error and
/// config_error, state_error and output_error.
using action = std::function<int()>;

/// Each adds a subcommand to the program. When a command line names it, `chosen` becomes what it does.
void add_wait(CLI::App& program, action& chosen, instant started);
void add_run(CLI::App& program, action& chosen, instant started);
void add_serve(CLI::App& program, action& chosen);
void add_check(CLI::App& program, action& chosen);
void add_deliveries(CLI::App& program, action& chosen);
void add_sinks(CLI::App& program, action& chosen);
void add_reload(CLI::App& program, action& chosen);
void add_watch(CLI::App& program, action& chosen);
void add_explain(CLI::App& program, action& chosen);
void add_healthcheck(CLI::App& program, action& chosen);

} // namespace runwatch::cli
