#pragma once

#include "runwatch/backoff.hpp"
#include "runwatch/rate_limit.hpp"
#include "runwatch/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace runwatch {

/// When the next request with one API key may be sent: everything that sends with that key asks the same budget.
///
/// Requests are spaced evenly, so that a backlog (after a suspend, a pause, an outage) is worked off without a burst.
/// The ceiling is the user's; what the API says of its own limit can only lower it: what is left of a window is spread
/// over the rest of it, and between windows the last known limit is kept to. A 429, or another answer that says
/// when to come back, pauses everything; where the API
/// does not say how much it allows, each also halves the rate, which then grows again with every success. Pure: knows
/// no time but what it is told.
class rate_budget {
public:
    /// At most `per_second` requests a second; 0 for as many as may be. `when_throttled` is for a 429 that does not say
    /// how long to wait.
    explicit rate_budget(std::uint64_t per_second = 0, backoff_policy when_throttled = {});

    void set_ceiling(std::uint64_t per_second);

    /// How far apart requests are by the ceiling alone.
    std::chrono::nanoseconds ceiling() const { return ceiling_; }

    /// When the next request may be sent; not later than `now` if at once.
    instant next(instant now) const;

    /// A request is sent.
    void take(instant now);

    /// The answer to a request has come, or none will.
    void give_back();

    /// What the API says in an answer, before give_back().
    void note(rate_limit_note const& said, instant now);

    /// The API asked to slow down: everything pauses for as long as it asks, or for a backoff.
    void pause(std::optional<duration> asked, instant now);

    /// The key is another one, or the API: what was said of the old one counts no more.
    void forget();

    /// The API answered as it should.
    void note_success();

    /// How many requests a second may be sent as things stand, pauses aside; 0 for as many as may be.
    double per_second(instant now) const;

    /// Until when everything pauses; in the past if it does not.
    instant paused_until() const { return paused_until_; }

    /// Until when the API allows nothing more; in the past if it does not say so.
    instant used_up_until() const { return left_in_window_ == 0 ? window_end_ : instant::min(); }

private:
    std::chrono::nanoseconds spacing(instant now) const;

    std::chrono::nanoseconds ceiling_{0};
    backoff_policy when_throttled_;
    std::size_t in_flight_ = 0;
    instant last_taken_ = instant::min();
    instant not_before_ = instant::min();
    instant paused_until_ = instant::min();
    /// Throttled answers in a row, over all requests.
    unsigned throttled_ = 0;
    /// The share of the ceiling that 429s without further word have left.
    double share_ = 1.0;
    /// The API's present window, if it told of one.
    instant window_end_ = instant::min();
    std::uint64_t left_in_window_ = 0;
    duration longest_window_{0};
    /// By the last known limit; zero if none is known.
    std::chrono::nanoseconds sustained_{0};
};

} // namespace runwatch
