#include "runwatch/api_clock.hpp"

#include "runwatch/units.hpp"

#include <algorithm>

namespace runwatch {
namespace {

/// Enough that the wrong ones are outvoted, and few enough to follow within minutes a clock that was set.
constexpr std::size_t dates_kept = 9;

constexpr std::size_t votes_to_be_sure = 3;

/// The finest that a Date tells.
constexpr duration resolution{1'000};

constexpr duration small_skew = std::chrono::minutes{1};

/// The time of day at the instant that is counted from, if it is `time` at `now`.
timestamp at_origin(timestamp time, instant now) {
    return time - std::chrono::duration_cast<duration>(now.time_since_epoch());
}

} // namespace

void api_clock::note(timestamp date, instant sent, instant received) {
    auto const low = at_origin(date, received);
    auto const high = at_origin(date + resolution, sent);
    auto const known = std::ranges::find(dates_, date, &range::date);
    if (known == dates_.end()) {
        dates_.push_back({date, low, high});
        if (dates_.size() > dates_kept)
            dates_.pop_front();
    } else if (low <= known->high && known->low <= high) {
        known->low = std::max(known->low, low);
        known->high = std::min(known->high, high);
    }
    believed_ = best();
}

duration api_clock::skew(instant now, timestamp utc) const {
    if (dates_.empty())
        return duration{0};
    auto const ours = at_origin(utc, now);
    if (believed_.low <= ours && ours <= believed_.high)
        return duration{0};
    return believed_.low + (believed_.high - believed_.low) / 2 - ours;
}

bool api_clock::is_sure() const { return !dates_.empty() && believed_.votes >= votes_to_be_sure; }

/// The range that the most dates allow. It begins where one of theirs does.
api_clock::range api_clock::best() const {
    range found;
    found.votes = 0;
    for (auto const& first : dates_) {
        range shared{first.date, first.low, first.high, 0};
        for (auto const& other : dates_) {
            if (other.low > shared.low || shared.low > other.high)
                continue;
            ++shared.votes;
            shared.high = std::min(shared.high, other.high);
        }
        if (shared.votes > found.votes || (shared.votes == found.votes && shared.low > found.low))
            found = shared;
    }
    return found;
}

std::string skew_warning(duration skew) {
    if (std::chrono::abs(skew) <= small_skew)
        return {};
    return "the API's clock is " + format_duration(std::chrono::abs(skew)) +
           (skew > duration{0} ? " ahead of" : " behind") + " this machine's: check the time here (NTP)";
}

} // namespace runwatch
