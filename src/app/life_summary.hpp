#pragma once

#include "runwatch/state_records.hpp"
#include "runwatch/watch.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace runwatch {

/// What came of one life of a daemon.
struct life_summary {
    /// How many results were written down, by how their runs ended.
    std::map<outcome, std::size_t> reported;
    /// Runs that were still watched.
    std::size_t watching = 0;
    /// What sinks had not taken; nothing if the state could not be asked.
    std::optional<std::vector<delivery_count>> unsettled;
    /// In words: `nothing was left to do`.
    std::string why_ended;
};

/// The summary for who looks at a container that has ended: a few lines, the verdict first.
std::string to_text(life_summary const& summary);

} // namespace runwatch
