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

namespace runwatch::control {
namespace {

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
    for (auto const& each_sink : shown) {
        auto const& sink = each_sink.second;
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
            .append(R"({"name":)" + json_quote(sink.name) + R"(,"type":)" + json_quote(sink.type))
            .append(sink.in_config ? R"(,"in_config":true)" : R"(,"in_config":false)")
            .append(R"(,"stopped":)" + json_quote_or_null(sink.stopped_why.value_or("")))
            .append(R"(,"pending":)" + std::to_string(pending) + R"(,"dead":)" + std::to_string(dead))
            .append(R"(,"orphaned":)" + std::to_string(orphaned) + '}');
    }
    return '[' + list + ']';
}

std::string following_json(std::vector<follow_status> const& lists) {
    std::string all;
    for (auto const& list : lists) {
        std::string const last_look = list.last_look ? json_quote(format_timestamp(*list.last_look)) : "null";
        all.append(all.empty() ? "" : ",")
            .append(R"({"name":)" + json_quote(list.name))
            .append(R"(,"since":)" + json_quote(format_timestamp(list.since)))
            .append(R"(,"last_look":)" + last_look)
            .append(R"(,"next_look":)" + json_quote(format_timestamp(list.next_look)))
            .append(list.is_gone ? R"(,"gone":true)" : R"(,"gone":false)")
            .append(R"(,"runs_found":)" + std::to_string(list.runs_found))
            .append(R"(,"error":)" + json_quote_or_null(list.trouble) + '}');
    }
    return '[' + all + ']';
}

void require_ready(surroundings const& around) {
    if (auto const why = what_keeps(around.daemon.status().phase); !why.empty())
        throw refusal{503, why};
}

/// Throws a refusal if one of the deliveries or the sink that are named does not exist.
boost::asio::awaitable<void> require_known(surroundings& around, delivery_filter chosen) {
    if (!chosen.ids.empty()) {
        delivery_filter named;
        named.ids = chosen.ids;
        auto const found = co_await around.store.deliveries(named);
        for (auto const id : chosen.ids)
            if (std::ranges::find(found, id, &listed_delivery::id) == found.end())
                throw refusal{404, "there is no delivery with the id " + std::to_string(id) + ": nothing was done"};
    }
    if (!chosen.sink.empty()) {
        std::vector<std::string> names;
        auto const known = co_await around.store.sinks();
        for (auto const& sink : known)
            names.push_back(sink.name);
        auto const meant = nearest(chosen.sink, names);
        if (std::ranges::find(names, chosen.sink) == names.end())
            throw refusal{404, "there is no sink \"" + to_printable(chosen.sink) + '"' +
                                   (meant.empty() ? "" : "; did you mean \"" + meant + "\"?") + " Nothing was done"};
    }
}

} // namespace

answering show_status(surroundings& around, call /*asked*/) {
    auto const sinks = co_await around.store.sinks();
    auto const counts = co_await around.store.count_unsettled();
    auto const last = co_await around.store.last_reload();
    auto const status = around.daemon.status();
    co_return server_answer{json_answer(
        200, R"({"version":)" + json_quote(status.version) + R"(,"pid":)" + std::to_string(::getpid()) +
                 R"(,"phase":)" + json_quote(to_string(status.phase)) + R"(,"started_at":)" +
                 json_quote(format_timestamp(status.started_at)) + R"(,"watching":)" + std::to_string(status.watching) +
                 R"(,"polling":)" + pause_json(status.pause) + R"(,"following":)" + following_json(status.following) +
                 R"(,"sinks":)" + sinks_json(sinks, counts) + R"(,"results_to_record":)" +
                 std::to_string(status.results_to_record) + R"(,"reload":{"generation":)" +
                 std::to_string(last.generation) + R"(,"problem":)" + json_quote_or_null(last.problem) + "}}")};
}

answering add_watches(surroundings& around, call asked) {
    require_ready(around);
    auto wanted = read_new_watches(asked.request.body, asked.base_url, asked.sinks);
    for (auto& each : wanted)
        each.first_seen_at = around.clock.utc();
    auto const added = co_await around.daemon.add(std::move(wanted));
    std::string watches;
    for (auto const& each : added.watched)
        watches.append(watches.empty() ? "" : ",").append(to_json(each));
    std::string reported;
    for (auto const& each : added.reported)
        reported.append(reported.empty() ? "" : ",").append(to_json(each));
    co_return server_answer{
        json_answer(200, R"({"watches":[)" + watches + R"(],"already_reported":[)" + reported + "]}")};
}

answering remove_watch(surroundings& around, call asked) {
    require_ready(around);
    auto const key = read_run(asked.parts[0], asked.parts[1]);
    auto const taken = co_await around.daemon.take_back(key);
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

answering retry_deliveries(surroundings& around, call asked) {
    auto const chosen = read_delivery_choice(asked.request.body);
    co_await require_known(around, chosen);
    auto const count = co_await around.store.retry(chosen, around.clock.utc());
    around.daemon.deliveries_changed();
    co_return server_answer{json_answer(200, R"({"retried":)" + std::to_string(count) + '}')};
}

answering drop_deliveries(surroundings& around, call asked) {
    auto const chosen = read_delivery_choice(asked.request.body);
    co_await require_known(around, chosen);
    auto const count = co_await around.store.drop(chosen);
    around.daemon.deliveries_changed();
    co_return server_answer{json_answer(200, R"({"dropped":)" + std::to_string(count) + '}')};
}

answering reload(surroundings& around, call /*asked*/) {
    require_ready(around);
    auto const note = co_await around.daemon.reload();
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

answering show_health(surroundings& /*around*/, call /*asked*/) {
    co_return server_answer{json_answer(200, R"({"status":"ok"})")};
}

answering show_readiness(surroundings& around, call /*asked*/) {
    require_ready(around);
    co_return server_answer{json_answer(200, R"({"status":"ready"})")};
}

answering show_metrics(surroundings& around, call /*asked*/) {
    http_response response;
    response.status = 200;
    response.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = co_await around.daemon.metrics();
    co_return server_answer{std::move(response)};
}

answering quit(surroundings& around, call asked) {
    if (!asked.may_quit)
        throw refusal{403, "the config does not allow this: set http.quit to true, or send the process SIGTERM"};
    around.daemon.quit();
    co_return server_answer{json_answer(202, R"({"status":"stopping"})")};
}

} // namespace runwatch::control
