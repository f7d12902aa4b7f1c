#pragma once

#include "cli/exit_status.hpp"
#include "cli/wait_options.hpp"
#include "runwatch/time.hpp"

namespace runwatch::cli {

/// Runs `runwatch wait`: watches the runs that the options name, prints their results and says by its status how they
/// ended. `started` is when the command began; its deadline is counted from there.
///
/// Throws usage_error and config_error before anything was sent.
exit_status wait(wait_options const& options, instant started);

} // namespace runwatch::cli
