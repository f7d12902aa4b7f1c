#include "cli/history_text.hpp"

#include "cli/columns.hpp"
#include "cli/daemon_answers.hpp"
#include "cli/delivery_table.hpp"
#include "cli/watch_table.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace runwatch::cli {
namespace {

/// Something that happened; the times are RFC 3339 in UTC, so that their order is that of their texts.
struct moment {
    std::string at;
    std::string what;
    std::string details;
};

std::string text_of(std::string_view object, std::string_view name) { return json_string(json_member(object, name)); }

std::string shown(std::string_view object, std::string_view name) { return to_printable(text_of(object, name), 1'000); }

bool is_there(std::string_view value) { return value.starts_with('{'); }

/// `passed` of `run.passed`.
std::string verdict_of(std::string const& type) { return type.substr(type.find('.') + 1); }

std::string watch_line(std::string_view object) {
    auto const watch = read_watch(object);
    auto line = "watched since " + format_timestamp(watch.first_seen_at) + " by " +
                std::string{to_string(watch.origin)} + ", " +
                (watch.status_text.empty() ? "not yet seen" : "last seen " + to_printable(watch.status_text));
    if (!watch.sinks.empty()) {
        line += "; to";
        for (auto const& sink : watch.sinks)
            line += ' ' + to_printable(sink);
    }
    if (!watch.labels.empty())
        line += "; " + shown_labels(watch.labels);
    return line;
}

std::string result_line(std::string_view result) {
    auto const watch = json_member(json_member(result, "data"), "watch");
    auto line = verdict_of(shown(result, "type")) + ", detected " + shown(watch, "detected_at") + " after " +
                std::string{json_member(watch, "polls")} + " polls; result " + shown(result, "id");
    if (auto const reason = shown(json_member(result, "data"), "reason"); !reason.empty())
        line += ": " + reason;
    return line;
}

std::string standing(std::string_view history) {
    std::string text;
    if (auto const watch = json_member(history, "watch"); is_there(watch))
        text += "  " + watch_line(watch) + '\n';
    if (auto const result = json_member(history, "result"); is_there(result))
        text += "  " + result_line(result) + '\n';
    else if (auto const removed = shown(history, "result_removed_at"); !removed.empty())
        text += "  ended, detected " + removed + "; its result was removed for its age\n";
    return text;
}

void add_polls(std::vector<moment>& all, std::string_view history) {
    for (auto const& poll : read_objects(json_member(history, "polls"))) {
        auto const outcome = shown(poll, "outcome");
        auto details = outcome == "seen" ? shown(poll, "status") : outcome + ": " + shown(poll, "error");
        auto const next = shown(poll, "next_at");
        details += next.empty() ? "; the last look" : "; next look " + next;
        all.push_back({shown(poll, "at"), "poll", std::move(details)});
    }
    for (auto const& pause : read_objects(json_member(history, "pauses"))) {
        auto const until = shown(pause, "until");
        all.push_back({shown(pause, "from"), "pause",
                       shown(pause, "why") + (until.empty() ? "" : " until " + until) + ": " + shown(pause, "reason")});
    }
}

void add_attempts(std::vector<moment>& all, std::string_view history) {
    for (auto const& attempt : read_objects(json_member(history, "attempts"))) {
        auto const state = shown(attempt, "state");
        auto const sink = text_of(attempt, "sink");
        auto const error = text_of(attempt, "error");
        auto const came = state == "pending" ? std::string{"failed, to be tried again"} : state;
        all.push_back({shown(attempt, "at"), "delivery",
                       to_printable(sink) + ' ' + came + (error.empty() ? "" : ": " + shown_error(error, sink))});
    }
}

/// All that happened, in the order of time; of one time in the order in which it was added.
std::vector<moment> moments_of(std::string_view history) {
    std::vector<moment> all;
    add_polls(all, history);
    for (auto const& change : read_objects(json_member(history, "status_changes")))
        all.push_back({shown(change, "at"), "status", shown(change, "status")});
    if (auto const result = json_member(history, "result"); is_there(result))
        all.push_back({shown(json_member(json_member(result, "data"), "watch"), "detected_at"), "result",
                       verdict_of(shown(result, "type"))});
    add_attempts(all, history);
    std::ranges::stable_sort(all, {}, &moment::at);
    return all;
}

std::string delivery_lines(std::string_view history) {
    std::string text;
    for (auto const& each : read_objects(json_member(history, "deliveries"))) {
        auto const delivery = read_delivery(each);
        text += "  delivery " + std::to_string(delivery.id) + " to " + to_printable(delivery.sink) + ": " +
                std::string{to_string(delivery.state)};
        if (delivery.state == delivery_state::pending)
            text += ", due " + format_timestamp(delivery.due);
        if (delivery.attempts != 0)
            text += ", tried " + counted(delivery.attempts, "time", "times");
        text += '\n';
    }
    return text;
}

} // namespace

std::string history_text(std::string_view history) {
    auto text = shown(history, "test_id") + '/' + shown(history, "run_id") + '\n' + standing(history);
    std::vector<std::vector<std::string>> rows;
    for (auto& each : moments_of(history))
        rows.push_back({std::move(each.at), std::move(each.what), std::move(each.details)});
    for (auto const& line : aligned(rows))
        text.append("  ").append(line).append("\n");
    text += delivery_lines(history);
    if (auto const since = shown(history, "polls_kept_since"); !since.empty())
        text += "  Polls and pauses before " + since + " are not known any more.\n";
    return text;
}

} // namespace runwatch::cli
