#pragma once

#include "sinks/descriptor.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace runwatch {

/// Starts a command in a process group of its own, with these as its standard streams, no other descriptor, no signal
/// blocked or ignored, and the limit of open files that we were started with. The command is a path, or a name to be
/// found by our PATH; no shell has a part in it. Returns its process. Throws std::system_error.
///
/// posix_spawn() would do, if it could set a limit.
pid_t spawn(std::vector<std::string> const& command, std::vector<std::string> const& environment,
            descriptor const& input, descriptor const& output, descriptor const& errors);

} // namespace runwatch
