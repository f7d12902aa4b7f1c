#pragma once

#include "runwatch/config.hpp"
#include "runwatch/run_result.hpp"
#include "runwatch/time.hpp"

#include <string>

namespace runwatch::cli {

/// A result that nobody takes for one: of the run `runwatch-test/` and `number`, passed, with a label that says what it
/// is.
run_result test_message(std::string const& number, timestamp now);

/// Sends a test message to a sink of the config, once, and tells what came of it. Returns the exit status. Throws
/// usage_error if there is no such sink, config_error if its options are wrong. `file` is the config's, for messages.
int test_sink(config_outline const& config, std::string const& file, std::string const& name);

} // namespace runwatch::cli
