#pragma once

#include "runwatch/store.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace runwatch::cli {

/// What a sink said, fit for a terminal, without the sink's name in front: that stands beside it.
std::string shown_error(std::string const& error, std::string const& sink);

/// That a sink is stopped, why, and what to do.
std::string stopped_note(std::string const& sink, std::string const& why);

/// Deliveries for people: a line each and, where there is one, a line with the last error; then how many there are in
/// each state. `stopped` names the stopped sinks. Fits so many columns where that is possible; 0 for no limit.
/// Harmless, whatever the API or a receiver sent.
std::string delivery_table(std::span<listed_delivery const> deliveries,
                           std::map<std::string, std::string> const& stopped, timestamp now, std::size_t columns);

/// Deliveries for programs: an array of JSON objects, one a line.
std::string delivery_json(std::span<listed_delivery const> deliveries);

} // namespace runwatch::cli
