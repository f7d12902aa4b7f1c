#pragma once

#include "runwatch/poll_history.hpp"
#include "runwatch/state_records.hpp"

#include <optional>
#include <string>

namespace runwatch {

/// What a state holds, as JSON on one line: the same for whoever asks a daemon and for who reads its file. The shapes
/// are those of docs/control-api.openapi.yaml.

std::string to_json(watch_record const& watch);

std::string to_json(listed_delivery const& delivery);

std::string to_json(reported_run const& run);

/// All that is known of a run; of how it was polled only a daemon knows. The logs in its result are cut.
std::string to_json(run_key const& key, run_history const& history, std::optional<known_polls> const& polled);

} // namespace runwatch
