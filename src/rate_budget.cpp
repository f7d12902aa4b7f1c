#include "runwatch/rate_budget.hpp"

#include <algorithm>

namespace runwatch {
namespace {

using std::chrono::nanoseconds;

/// Evenly spaced requests that come a little early or late must not become one too many in a window.
constexpr double margin = 1.05;

/// Notes of one window differ by this much in when it ends, as the API tells it in whole seconds.
constexpr duration same_window{1'500};

constexpr double least_share = 1.0 / 64;

/// By which the share grows with each success: some two hundred undo the halving from 1.
constexpr double regained = 1.0 / 400;

nanoseconds scaled(nanoseconds time, double by) { return std::chrono::duration_cast<nanoseconds>(time * by); }

} // namespace

rate_budget::rate_budget(std::uint64_t per_second, backoff_policy when_throttled) : when_throttled_(when_throttled) {
    set_ceiling(per_second);
}

void rate_budget::set_ceiling(std::uint64_t per_second) {
    ceiling_ = nanoseconds{0};
    if (per_second != 0)
        ceiling_ = nanoseconds{std::chrono::seconds{1}} / static_cast<nanoseconds::rep>(per_second);
    // A wait by the old ceiling may be longer than the new one asks for; the pause and the window still hold.
    not_before_ = std::min(not_before_, last_taken_ == instant::min() ? last_taken_ : last_taken_ + ceiling_);
}

/// How far apart requests are to be, as things stand.
nanoseconds rate_budget::spacing(instant now) const {
    auto const own = scaled(ceiling_, 1.0 / share_);
    if (now >= window_end_)
        return std::max(own, sustained_);
    if (left_in_window_ == 0)
        return window_end_ - now;
    auto const even = (window_end_ - now) / static_cast<nanoseconds::rep>(left_in_window_);
    return std::max(own, even);
}

instant rate_budget::next(instant now) const {
    auto const empty = now < window_end_ && left_in_window_ == 0;
    return std::max({not_before_, paused_until_, empty ? window_end_ : instant::min()});
}

void rate_budget::take(instant now) {
    ++in_flight_;
    if (left_in_window_ > 0)
        --left_in_window_;
    last_taken_ = now;
    not_before_ = now + spacing(now);
    // The next window brings requests of its own.
    if (now < window_end_)
        not_before_ = std::min(not_before_, std::max(window_end_, now + ceiling_));
}

void rate_budget::give_back() { in_flight_ -= in_flight_ > 0 ? 1 : 0; }

void rate_budget::note(rate_limit_note const& said, instant now) {
    // Those under way beside this one may not have been counted yet.
    auto const others = in_flight_ > 0 ? in_flight_ - 1 : 0;
    auto const left = said.remaining > others ? said.remaining - others : 0;
    auto const end = now + said.reset;
    if (now < window_end_ && std::chrono::abs(end - window_end_) <= same_window) {
        left_in_window_ = std::min(left_in_window_, left);
        window_end_ = std::min(window_end_, end);
    } else {
        left_in_window_ = left;
        window_end_ = end;
        // One long window, or a clock that was wrong, is not to count for ever.
        longest_window_ /= 2;
    }
    longest_window_ = std::max(longest_window_, said.reset);
    sustained_ = said.limit == 0 ? nanoseconds{0} : scaled(longest_window_, margin / static_cast<double>(said.limit));
    if (last_taken_ != instant::min())
        not_before_ = std::min(last_taken_ + spacing(now), std::max(window_end_, now));
}

void rate_budget::forget() {
    paused_until_ = window_end_ = instant::min();
    throttled_ = 0;
    share_ = 1.0;
    left_in_window_ = 0;
    longest_window_ = duration{0};
    sustained_ = nanoseconds{0};
    not_before_ = last_taken_;
    if (last_taken_ != instant::min())
        not_before_ += ceiling_;
}

void rate_budget::pause(std::optional<duration> asked, instant now) {
    // Answers to requests that were under way together tell of one throttling.
    if (now >= paused_until_) {
        ++throttled_;
        if (sustained_ == nanoseconds{0})
            share_ = std::max(share_ / 2, least_share);
    }
    auto const wait = asked.value_or(backoff(throttled_, 0.0, when_throttled_));
    paused_until_ = std::max(paused_until_, now + wait);
}

void rate_budget::note_success() {
    throttled_ = 0;
    share_ = std::min(1.0, share_ + regained);
}

double rate_budget::per_second(instant now) const {
    auto const gap = std::chrono::duration<double>(spacing(now)).count();
    return gap > 0 ? 1 / gap : 0;
}

} // namespace runwatch
