#pragma once

#include "runwatch/control_api.hpp"
#include "runwatch/time.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace runwatch {

/// How a daemon stands in one line for people, as `systemctl status` shows it: `watching 12 runs, following 2, 3
/// deliveries pending, API paused for 14 s: HTTP 429`. `pending` is nothing while the state cannot be read;
/// `failed_reload` says what was wrong with a config that is not in force, if that was the last to be read.
std::string service_status(daemon_status const& status, std::optional<std::size_t> pending,
                           std::string const& failed_reload, timestamp now);

} // namespace runwatch
