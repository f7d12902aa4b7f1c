#include "app/event_log.hpp"

#include "runwatch/run_result.hpp"
#include "runwatch/units.hpp"

#include <utility>

namespace runwatch {

void event_log::looked(step const& step, result<test_run> const& seen) {
    auto const ref = step.next.key.ref();
    tell_of_refusal(seen ? std::nullopt : std::optional{seen.error()}, {"run", ref});
    tell_of_troubles(step, seen);
    if (step.status_unknown && unknown_statuses_.insert(step.next.status_text).second)
        log_.warning("the API reports a status that is not in its description; waiting on",
                     {{"status", step.next.status_text}, {"run", ref}});
    if (!step.ended) {
        if (step.status_changed)
            log_.debug("status changed", {{"run", ref}, {"status", step.next.status_text}});
        return;
    }
    troubles_.forget(step.next.key);
    auto const type = result_type(*step.ended);
    auto const polls = std::to_string(step.next.polls);
    if (step.reason.empty())
        log_.info("run ended", {{"run", ref}, {"type", type}, {"polls", polls}});
    else
        log_.warning("run given up", {{"run", ref}, {"type", type}, {"polls", polls}, {"reason", step.reason}});
}

/// A key or certificate that is refused concerns every run: it is told as what it is, and once.
void event_log::tell_of_refusal(std::optional<failure> const& failed, log_field about) {
    if (failed && failed->kind == failure_kind::refused) {
        if (!std::exchange(api_refuses_, true))
            log_.error("polling paused, as nothing can be read with this key or certificate; tried again every minute",
                       {{"error", failed->message}, std::move(about)});
        return;
    }
    auto const reached = !failed || failed->kind != failure_kind::transient;
    if (reached && std::exchange(api_refuses_, false))
        log_.info("polling goes on: the API can be read again");
}

void event_log::tell_of_troubles(step const& step, result<test_run> const& seen) {
    if (!seen && (step.ended || seen.error().kind == failure_kind::refused))
        return;
    auto const ref = step.next.key.ref();
    switch (troubles_.note(step.next.key, seen ? "" : seen.error().message)) {
    case troubles::change::none:
        break;
    case troubles::change::began:
        log_.warning("poll failed", {{"run", ref},
                                     {"attempt", std::to_string(step.next.failures)},
                                     {"retry_in", format_duration(step.next_poll)},
                                     {"error", seen.error().message}});
        break;
    case troubles::change::ended:
        log_.info("polls succeed again", {{"run", ref}});
        break;
    }
}

void event_log::followed(follow_status const& status, std::optional<failure> const& failed, duration wait,
                         bool all_is_refused) {
    auto const is_refused = failed && failed->kind == failure_kind::refused;
    if (!is_refused || all_is_refused)
        tell_of_refusal(failed, {"follows", status.name});
    if (!failed) {
        if (denied_lists_.erase(status.name) != 0)
            log_.info("what is followed can be read again", {{"follows", status.name}});
        if (failing_lists_.erase(status.name) != 0 && failing_lists_.empty())
            log_.info("lists of new runs can be read again");
        return;
    }
    // What pauses all requests is told of as such.
    if ((is_refused && all_is_refused) || failed->kind == failure_kind::throttled)
        return;
    if (is_refused || status.is_gone) {
        failing_lists_.erase(status.name);
        if (denied_lists_.insert(status.name).second)
            log_.error(is_refused
                           ? "what is followed is not for this key, so no new run of it can be found; tried again "
                             "every minute"
                           : "what is followed is not there, so no new run of it can be found; asked for rarely "
                             "from now on, and at a reload",
                       {{"follows", status.name}, {"error", failed->message}});
        return;
    }
    // Many may suffer from one trouble: the first is told of, and the last.
    auto const is_first = failing_lists_.empty();
    auto const is_new = failing_lists_.insert(status.name).second;
    if (is_first)
        log_.warning("a list of new runs cannot be read; nothing in it is missed, as it is read later",
                     {{"follows", status.name}, {"retry_in", format_duration(wait)}, {"error", failed->message}});
    else if (is_new)
        log_.debug("another list of new runs cannot be read", {{"follows", status.name}, {"error", failed->message}});
}

void event_log::forget_list(std::string const& name) {
    failing_lists_.erase(name);
    denied_lists_.erase(name);
}

void event_log::found(follow_status const& status, test_run const& seen) {
    log_.info("new run found", {{"run", seen.key.ref()}, {"follows", status.name}, {"status", seen.status_text}});
}

/// Once, whatever the figures in the text become.
void event_log::clock_is_wrong(std::string const& text) {
    if (!std::exchange(clock_is_wrong_, !text.empty()) && !text.empty())
        log_.warning("clocks disagree", {{"problem", text}});
}

void event_log::limit_is_used_up(duration wait) {
    log_.warning("the API's rate limit is used up; polling goes on with its next window",
                 {{"wait", format_duration(wait)}});
}

void event_log::delivered(delivery_event const& event) {
    if (event.what == delivery_event::kind::state_failed) {
        state_failed(event.error, event.wait);
        return;
    }
    // What came of it has been written down.
    state_works();
    auto const attempt = std::to_string(event.attempt);
    switch (event.what) {
    case delivery_event::kind::delivered:
        if (failing_sinks_.erase(event.sink) != 0)
            log_.info("sink works again", {{"sink", event.sink}});
        log_.debug("result delivered", {{"sink", event.sink}, {"run", event.key.ref()}, {"attempt", attempt}});
        break;
    case delivery_event::kind::failed:
        tell_of_failure(event);
        break;
    case delivery_event::kind::given_up:
        log_.error("delivery given up; it is kept, and `runwatch deliveries retry --sink " + event.sink +
                       "` sends it again",
                   {{"sink", event.sink}, {"run", event.key.ref()}, {"attempt", attempt}, {"error", event.error}});
        break;
    case delivery_event::kind::stopped:
        // Several may have been under way.
        if (std::exchange(failing_sinks_[event.sink], event.error) != event.error)
            log_.error("sink stopped, as it wants nothing more; `runwatch sinks enable " + event.sink + "` lifts this",
                       {{"sink", event.sink}, {"run", event.key.ref()}, {"error", event.error}});
        break;
    case delivery_event::kind::state_failed:
        break;
    }
}

void event_log::tell_of_failure(delivery_event const& event) {
    auto& known = failing_sinks_[event.sink];
    auto const changed = std::exchange(known, event.error) != event.error;
    auto const attempt = std::to_string(event.attempt);
    auto const wait = format_duration(event.wait);
    auto const ref = event.key.run_id.empty() ? std::string{} : event.key.ref();
    if (changed)
        log_.warning(
            "delivery failed",
            {{"sink", event.sink}, {"run", ref}, {"attempt", attempt}, {"retry_in", wait}, {"error", event.error}});
    else
        log_.debug("delivery failed again",
                   {{"sink", event.sink}, {"run", ref}, {"attempt", attempt}, {"retry_in", wait}});
}

void event_log::state_failed(std::string const& error, duration wait) {
    if (std::exchange(state_trouble_, error) != error)
        log_.error("state could not be written; nothing is lost, and it is tried again until it works",
                   {{"error", error}, {"retry_in", format_duration(wait)}});
}

void event_log::state_works() {
    if (!std::exchange(state_trouble_, {}).empty())
        log_.info("state can be written again");
}

} // namespace runwatch
