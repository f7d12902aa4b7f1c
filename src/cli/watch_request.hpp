#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace runwatch::cli {

/// Where a daemon is asked to watch runs.
constexpr auto watches_path = "/v1/watches";

/// How many runs are asked for at once.
constexpr std::size_t most_watches_at_once = 500;

/// The bodies of as many requests as it takes to ask for these. Each run is a REF that a daemon can read. No sinks mean
/// every sink.
std::vector<std::string> watch_requests(std::span<std::string const> runs,
                                        std::map<std::string, std::string> const& labels,
                                        std::vector<std::string> const& sinks);

} // namespace runwatch::cli
