#include "app/life_summary.hpp"

#include "runwatch/text.hpp"

#include <array>

namespace runwatch {
namespace {

/// The worst first.
constexpr std::array by_gravity{outcome::unwatchable, outcome::timed_out, outcome::error, outcome::failed,
                                outcome::passed};

std::string listed(std::string list, std::string const& next) { return list.empty() ? next : list + ", " + next; }

std::string verdict_of(std::map<outcome, std::size_t> const& reported) {
    std::string worst;
    std::string counts;
    for (auto const each : by_gravity) {
        auto const found = reported.find(each);
        if (found == reported.end() || found->second == 0)
            continue;
        if (worst.empty())
            worst = to_string(each);
        counts = listed(std::move(counts), std::to_string(found->second) + ' ' + std::string{to_string(each)});
    }
    return worst.empty() ? "none (no run was reported)" : worst + " (" + counts + ')';
}

std::string undelivered_of(std::optional<std::vector<delivery_count>> const& unsettled) {
    if (!unsettled)
        return "not known, as the state could not be read";
    std::string counts;
    for (auto const& each : *unsettled)
        if (each.count != 0)
            counts = listed(std::move(counts), std::to_string(each.count) + ' ' + std::string{to_string(each.state)} +
                                                   " (" + to_printable(each.sink) + ')');
    return counts.empty() ? "nothing" : counts;
}

} // namespace

std::string to_text(life_summary const& summary) {
    return "verdict: " + verdict_of(summary.reported) + "\nundelivered: " + undelivered_of(summary.unsettled) +
           "\nstill watched: " + std::to_string(summary.watching) + "\nended: " + to_printable(summary.why_ended) +
           '\n';
}

} // namespace runwatch
