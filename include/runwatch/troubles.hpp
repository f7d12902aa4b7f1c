#pragma once

#include "runwatch/run.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>

namespace runwatch {

/// Which troubles there are at present, and which runs suffer from them: many runs share one trouble, and it is worth
/// telling once when it begins and once when the last run is out of it.
class troubles {
public:
    enum class change { none, began, ended };

    /// Notes what a look at a run brought: the failure's text, empty after a success. Tells whether a trouble began by
    /// it, or whether with this run the last one is out of its trouble.
    change note(run_key const& run, std::string const& failure);

    /// Forgets a run that is not watched any more. Tells nothing of its trouble's end: nobody knows of it.
    void forget(run_key const& run);

private:
    std::unordered_map<run_key, std::string> failing_;
    /// Runs by the text of what they suffer from.
    std::map<std::string, std::size_t> sufferers_;
};

} // namespace runwatch
