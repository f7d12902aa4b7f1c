#include "runwatch/troubles.hpp"

namespace runwatch {

troubles::change troubles::note(run_key const& run, std::string const& failure) {
    auto const known = failing_.find(run);
    if (known == failing_.end() && failure.empty())
        return change::none;
    if (known != failing_.end() && known->second == failure)
        return change::none;
    forget(run);
    if (failure.empty())
        return sufferers_.empty() ? change::ended : change::none;
    failing_.emplace(run, failure);
    return ++sufferers_[failure] == 1 ? change::began : change::none;
}

void troubles::forget(run_key const& run) {
    auto const known = failing_.find(run);
    if (known == failing_.end())
        return;
    auto const trouble = sufferers_.find(known->second);
    if (--trouble->second == 0)
        sufferers_.erase(trouble);
    failing_.erase(known);
}

} // namespace runwatch
