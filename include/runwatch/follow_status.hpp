#pragma once

#include "runwatch/time.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace runwatch {

/// How following a list goes, for people.
struct follow_status {
    /// `test ID` or `suite "NAME"`.
    std::string name;
    /// Runs that had ended by then are history: what the config says, or when following began.
    timestamp since;
    /// When the last look ended that brought an answer to all that it asked.
    std::optional<timestamp> last_look;
    /// When the next one begins; in the past while one is under way.
    timestamp next_look;
    /// The API says that there is no such list.
    bool is_gone = false;
    /// All runs of the list have been compared with the state since the start.
    bool has_swept = false;
    /// New runs found since the start.
    std::size_t runs_found = 0;
    /// Why the last request failed; empty if it did not.
    std::string trouble;
};

} // namespace runwatch
