#include "runwatch/poll_history.hpp"

#include "runwatch/text.hpp"

#include <algorithm>
#include <utility>

namespace runwatch {
namespace {

constexpr std::size_t most_pauses = 1'000;

/// What an API says may be long, and ten thousand of these are kept.
constexpr std::size_t longest_error = 200;

} // namespace

std::string_view to_string(pause_kind kind) {
    switch (kind) {
    case pause_kind::refused:
        return "refused";
    case pause_kind::throttled:
        return "throttled";
    case pause_kind::used_up:
        return "used_up";
    }
    return "?";
}

poll_history::poll_history(timestamp now, std::size_t most) : most_(most), since_(now) {}

void poll_history::looked(step const& step, result<test_run> const& seen, duration throttled_for, timestamp now) {
    poll_note note;
    note.key = step.next.key;
    note.at = now;
    if (seen) {
        note.status_text = seen->status_text;
    } else {
        note.failed = seen.error().kind;
        note.error = to_printable(seen.error().message, longest_error);
    }
    if (!step.ended)
        note.next_at = now + step.next_poll;
    polls_.push_back(std::move(note));
    if (polls_.size() > most_) {
        since_ = std::max(since_, polls_.front().at);
        polls_.pop_front();
    }
    asked(seen ? std::nullopt : std::optional{seen.error()}, throttled_for, now);
}

void poll_history::asked(std::optional<failure> const& failed, duration throttled_for, timestamp now) {
    if (!failed || (failed->kind != failure_kind::transient && failed->kind != failure_kind::refused))
        end_refusal(now);
    if (!failed)
        return;
    auto const reason = to_printable(failed->message, longest_error);
    if (failed->kind == failure_kind::refused)
        begin_pause(pause_kind::refused, now, std::nullopt, reason);
    else if (failed->kind == failure_kind::throttled && throttled_for > duration{0})
        begin_pause(pause_kind::throttled, now, now + throttled_for, reason);
}

void poll_history::limit_is_used_up(duration wait, timestamp now) {
    begin_pause(pause_kind::used_up, now, now + wait, "the API's rate limit is used up");
}

/// A pause that another of its kind follows, before it is over, is the same.
void poll_history::begin_pause(pause_kind why, timestamp from, std::optional<timestamp> until, std::string reason) {
    auto const is_such = [why](poll_pause const& pause) { return pause.why == why; };
    auto const last = std::find_if(pauses_.rbegin(), pauses_.rend(), is_such);
    if (last != pauses_.rend() && (!last->until || *last->until >= from)) {
        last->until = until;
        last->reason = std::move(reason);
        return;
    }
    poll_pause pause;
    pause.why = why;
    pause.from = from;
    pause.until = until;
    pause.reason = std::move(reason);
    pauses_.push_back(std::move(pause));
    if (pauses_.size() > most_pauses) {
        since_ = std::max(since_, pauses_.front().from);
        pauses_.pop_front();
    }
}

void poll_history::end_refusal(timestamp now) {
    for (auto& pause : pauses_)
        if (pause.why == pause_kind::refused && !pause.until)
            pause.until = now;
}

known_polls poll_history::of(run_key const& key, timestamp first_seen) const {
    known_polls known;
    known.since = since_;
    for (auto const& note : polls_)
        if (note.key == key)
            known.polls.push_back(note);
    for (auto const& pause : pauses_)
        if (!pause.until || *pause.until >= first_seen)
            known.pauses.push_back(pause);
    return known;
}

std::optional<poll_pause> poll_history::pause_at(timestamp now) const {
    auto const goes_on = [now](poll_pause const& pause) { return !pause.until || *pause.until > now; };
    auto const last = std::find_if(pauses_.rbegin(), pauses_.rend(), goes_on);
    return last == pauses_.rend() ? std::nullopt : std::optional{*last};
}

} // namespace runwatch
