#include "control/answers.hpp"
#include "control/endpoints.hpp"
#include "options/nearest.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/state_json.hpp"
#include "runwatch/text.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <unistd.h>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using control::json_answer;
using control::refusal;

std::string_view to_string(daemon_phase phase) {
    switch (phase) {
    case daemon_phase::starting:
        return "starting";
    case daemon_phase::ready:
        return "ready";
    case daemon_phase::draining:
        return "draining";
    }
    return "?";
}

/// Why nothing can be begun now; empty if it can.
std::string what_keeps(daemon_phase phase) {
    if (phase == daemon_phase::ready)
        return {};
    return phase == daemon_phase::starting ? "runwatch is just starting: try again in a moment"
                                           : "runwatch is about to end: try again once it runs anew";
}

std::string pause_json(std::optional<poll_pause> const& pause) {
    if (!pause)
        return R"({"paused":null,"since":null,"reason":null})";
    return R"({"paused":)" + json_quote(to_string(pause->why)) + R"(,"since":)" +
           json_quote(format_timestamp(pause->from)) + R"(,"reason":)" + json_quote(pause->reason) + '}';
}

std::string sinks_json(std::vector<known_sink> const& sinks, std::vector<delivery_count> const& counts) {
    // A name may have had several types: the one that is in the config stands for all.
    std::map<std::string, known_sink> shown;
    for (auto const& sink : sinks)
        if (auto const [known, is_new] = shown.emplace(sink.name, sink); !is_new && !known->second.in_config)
            known->second = sink;
    std::string list;
    for (auto const& [name, sink] : shown) {
        auto const count = [&](delivery_state state) {
            auto const is_meant = [&](delivery_count const& each) {
                return each.sink == sink.name && each.state == state;
            };
            auto const found = std::ranges::find_if(counts, is_meant);
            return found == counts.end() ? 0 : found->count;
        };
        auto const pending = count(delivery_state::pending);
        auto const dead = count(delivery_state::dead);
        auto const orphaned = count(delivery_state::orphaned);
        if (!sink.in_config && pending + dead + orphaned == 0)
            continue;
        list.append(list.empty() ? "" : ",")
            .append(R"({"name":)" + json_quote(name) + R"(,"type":)" + json_quote(sink.type))
            .append(sink.in_config ? R"(,"in_config":true)" : R"(,"in_config":false)")
            .append(R"(,"stopped":)" + json_quote_or_null(sink.stopped_why.value_or("")))
            .append(R"(,"pending":)" + std::to_string(pending) + R"(,"dead":)" + std::to_string(dead))
            .append(R"(,"orphaned":)" + std::to_string(orphaned) + '}');
    }
    return '[' + list + ']';
}

} // namespace

void control_api::endpoints::require_ready() const {
    if (auto const why = what_keeps(daemon_.status().phase); !why.empty())
        throw refusal{503, why};
}

asio::awaitable<server_answer> control_api::endpoints::show_status(call /*asked*/) {
    auto const sinks = co_await store_.sinks();
    auto const counts = co_await store_.count_unsettled();
    auto const last = co_await store_.last_reload();
    auto const status = daemon_.status();
    co_return server_answer{json_answer(
        200, R"({"version":)" + json_quote(status.version) + R"(,"pid":)" + std::to_string(::getpid()) +
                 R"(,"phase":)" + json_quote(to_string(status.phase)) + R"(,"started_at":)" +
                 json_quote(format_timestamp(status.started_at)) + R"(,"watching":)" + std::to_string(status.watching) +
                 R"(,"polling":)" + pause_json(status.pause) + R"(,"sinks":)" + sinks_json(sinks, counts) +
                 R"(,"results_to_record":)" + std::to_string(status.results_to_record) + R"(,"reload":{"generation":)" +
                 std::to_string(last.generation) + R"(,"problem":)" + json_quote_or_null(last.problem) + "}}")};
}

asio::awaitable<server_answer> control_api::endpoints::add_watches(call asked) {
    require_ready();
    auto wanted = control::read_new_watches(asked.request.body, asked.base_url, asked.sinks);
    for (auto& each : wanted)
        each.first_seen_at = clock_.utc();
    auto const added = co_await daemon_.add(std::move(wanted));
    std::string watches;
    for (auto const& each : added.watched)
        watches.append(watches.empty() ? "" : ",").append(to_json(each));
    std::string reported;
    for (auto const& each : added.reported)
        reported.append(reported.empty() ? "" : ",").append(to_json(each));
    co_return server_answer{
        json_answer(200, R"({"watches":[)" + watches + R"(],"already_reported":[)" + reported + "]}")};
}

asio::awaitable<server_answer> control_api::endpoints::remove_watch(call asked) {
    require_ready();
    auto const key = control::read_run(asked.parts[0], asked.parts[1]);
    auto const taken = co_await daemon_.take_back(key);
    auto const ref = to_printable(key.ref(), 600);
    if (!taken.removed && !taken.watch)
        throw refusal{404, "the run " + ref + " is not watched"};
    if (!taken.removed) {
        std::string const where = taken.watch->origin == watch_origin::config ? "watch:" : "follow:";
        throw refusal{409, "it is the config's " + where + " that wants the run " + ref +
                               ", not the API: take it out there and reload"};
    }
    co_return server_answer{json_answer(200, R"({"watch":)" + (taken.watch ? to_json(*taken.watch) : "null") + '}')};
}

/// Throws a refusal if one of the deliveries or the sink that are named does not exist.
asio::awaitable<void> control_api::endpoints::require_known(delivery_filter chosen) {
    if (!chosen.ids.empty()) {
        delivery_filter named;
        named.ids = chosen.ids;
        auto const found = co_await store_.deliveries(named);
        for (auto const id : chosen.ids)
            if (std::ranges::find(found, id, &listed_delivery::id) == found.end())
                throw refusal{404, "there is no delivery with the id " + std::to_string(id) + ": nothing was done"};
    }
    if (!chosen.sink.empty()) {
        std::vector<std::string> names;
        auto const known = co_await store_.sinks();
        for (auto const& sink : known)
            names.push_back(sink.name);
        auto const meant = nearest(chosen.sink, names);
        if (std::ranges::find(names, chosen.sink) == names.end())
            throw refusal{404, "there is no sink \"" + to_printable(chosen.sink) + '"' +
                                   (meant.empty() ? "" : "; did you mean \"" + meant + "\"?") + " Nothing was done"};
    }
}

asio::awaitable<server_answer> control_api::endpoints::retry_deliveries(call asked) {
    auto const chosen = control::read_delivery_choice(asked.request.body);
    co_await require_known(chosen);
    auto const count = co_await store_.retry(chosen, clock_.utc());
    daemon_.deliveries_changed();
    co_return server_answer{json_answer(200, R"({"retried":)" + std::to_string(count) + '}')};
}

asio::awaitable<server_answer> control_api::endpoints::drop_deliveries(call asked) {
    auto const chosen = control::read_delivery_choice(asked.request.body);
    co_await require_known(chosen);
    auto const count = co_await store_.drop(chosen);
    daemon_.deliveries_changed();
    co_return server_answer{json_answer(200, R"({"dropped":)" + std::to_string(count) + '}')};
}

asio::awaitable<server_answer> control_api::endpoints::reload(call /*asked*/) {
    require_ready();
    auto const note = co_await daemon_.reload();
    if (note.problem.empty())
        co_return server_answer{json_answer(200, R"({"generation":)" + std::to_string(note.generation) + '}')};
    std::vector<std::string> problems;
    std::istringstream lines{note.problem};
    for (std::string line; std::getline(lines, line);)
        problems.push_back(line);
    auto const& first = problems.front();
    auto const more = problems.size() == 1 ? "" : ", and " + std::to_string(problems.size() - 1) + " more";
    co_return server_answer{json_answer(
        422, R"({"error":)" + json_quote("the new config is refused, the one in force goes on: " + first + more) +
                 R"(,"problems":)" + json_list(problems) + '}')};
}

asio::awaitable<server_answer> control_api::endpoints::show_health(call /*asked*/) {
    co_return server_answer{json_answer(200, R"({"status":"ok"})")};
}

asio::awaitable<server_answer> control_api::endpoints::show_readiness(call /*asked*/) {
    require_ready();
    co_return server_answer{json_answer(200, R"({"status":"ready"})")};
}

asio::awaitable<server_answer> control_api::endpoints::quit(call asked) {
    if (!asked.may_quit)
        throw refusal{403, "the config does not allow this: set http.quit to true, or send the process SIGTERM"};
    daemon_.quit();
    co_return server_answer{json_answer(202, R"({"status":"stopping"})")};
}

} // namespace runwatch
