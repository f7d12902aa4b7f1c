#pragma once

#include "runwatch/store.hpp"

#include <string>

namespace runwatch::cli {

/// Sends SIGHUP to the daemon that holds the lock of a state file, and waits until the state says what came of it, a
/// minute at most. Throws state_error if there is no such daemon, or none that can be signalled or answers.
reload_note reload_by_signal(std::string const& state_path);

} // namespace runwatch::cli
