#include "runwatch/state_json.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/limit_logs.hpp"

#include <string_view>

namespace runwatch {
namespace {

std::string time_json(timestamp time) { return json_quote(format_timestamp(time)); }

std::string time_json(std::optional<timestamp> const& time) { return time ? time_json(*time) : "null"; }

/// A list of what `write` makes of each.
template <class All, class Write>
std::string list_of(All const& all, Write const& write) {
    std::string list = "[";
    for (auto const& each : all)
        list.append(list.size() == 1 ? "" : ",").append(write(each));
    return list + ']';
}

std::string ids_json(run_key const& key) {
    return R"("test_id":)" + json_quote(key.test_id) + R"(,"run_id":)" + json_quote(key.run_id);
}

std::string change_json(status_change const& change) {
    return R"({"at":)" + time_json(change.at) + R"(,"status":)" + json_quote(change.status_text) + '}';
}

std::string attempt_json(delivery_attempt const& attempt) {
    return R"({"delivery_id":)" + std::to_string(attempt.delivery_id) + R"(,"sink":)" + json_quote(attempt.sink) +
           R"(,"at":)" + time_json(attempt.at) + R"(,"state":)" + json_quote(to_string(attempt.state)) +
           R"(,"error":)" + json_quote_or_null(attempt.error) + '}';
}

std::string poll_json(poll_note const& poll) {
    auto const kind = poll.failed ? to_string(*poll.failed) : std::string_view{"seen"};
    return R"({"at":)" + time_json(poll.at) + R"(,"outcome":)" + json_quote(kind) + R"(,"status":)" +
           (poll.failed ? "null" : json_quote(poll.status_text)) + R"(,"error":)" + json_quote_or_null(poll.error) +
           R"(,"next_at":)" + time_json(poll.next_at) + '}';
}

std::string pause_json(poll_pause const& pause) {
    return R"({"from":)" + time_json(pause.from) + R"(,"until":)" + time_json(pause.until) + R"(,"why":)" +
           json_quote(to_string(pause.why)) + R"(,"reason":)" + json_quote(pause.reason) + '}';
}

std::string delivery_of(listed_delivery const& delivery) { return to_json(delivery); }

} // namespace

std::string to_json(watch_record const& watch) {
    return '{' + ids_json(watch.key) + R"(,"status":)" + json_quote_or_null(watch.status_text) + R"(,"labels":)" +
           json_object(watch.labels) + R"(,"sinks":)" + json_list(watch.sinks) + R"(,"origin":)" +
           json_quote(to_string(watch.origin)) + R"(,"first_seen_at":)" + time_json(watch.first_seen_at) + '}';
}

std::string to_json(listed_delivery const& delivery) {
    std::optional<timestamp> due;
    if (delivery.state == delivery_state::pending)
        due = delivery.due;
    return R"({"id":)" + std::to_string(delivery.id) + R"(,"state":)" + json_quote(to_string(delivery.state)) +
           R"(,"sink":)" + json_quote(delivery.sink) + R"(,"result":{"id":)" + json_quote(delivery.result_id) +
           R"(,"type":)" + json_quote(delivery.result_type) + "}," + ids_json(delivery.key) + R"(,"attempts":)" +
           std::to_string(delivery.attempts) + R"(,"owed_since":)" + time_json(delivery.owed_since) + R"(,"due":)" +
           time_json(due) + R"(,"error":)" + json_quote_or_null(delivery.error) + '}';
}

std::string to_json(reported_run const& run) {
    return '{' + ids_json(run.key) + R"(,"result_id":)" + json_quote_or_null(run.result_id) + '}';
}

std::string to_json(run_key const& key, run_history const& history, std::optional<known_polls> const& polled) {
    auto const polls = polled.value_or(known_polls{});
    return '{' + ids_json(key) + R"(,"watch":)" + (history.watch ? to_json(*history.watch) : "null") + R"(,"result":)" +
           (history.result ? to_json(with_limited_logs(*history.result, log_limit::truncate)) : "null") +
           R"(,"result_removed_at":)" + time_json(history.pruned_result_at) + R"(,"status_changes":)" +
           list_of(history.changes, change_json) + R"(,"polls":)" + list_of(polls.polls, poll_json) +
           R"(,"polls_kept_since":)" + (polled ? time_json(polls.since) : "null") + R"(,"pauses":)" +
           list_of(polls.pauses, pause_json) + R"(,"deliveries":)" + list_of(history.deliveries, delivery_of) +
           R"(,"attempts":)" + list_of(history.attempts, attempt_json) + '}';
}

} // namespace runwatch
