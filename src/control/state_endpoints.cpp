#include "control/answers.hpp"
#include "control/endpoints.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/state_json.hpp"
#include "runwatch/text.hpp"

#include <utility>

namespace runwatch::control {
namespace {

/// A page of results is no longer than that, unless one alone is.
constexpr std::size_t most_bytes = std::size_t{4} * 1024 * 1024;

/// The page `{"name": [list], "next": cursor}`.
server_answer page_answer(std::string const& name, std::string const& list, std::string const& next) {
    return server_answer{
        json_answer(200, R"({")" + name + R"(":[)" + list + R"(],"next":)" + json_quote_or_null(next) + '}')};
}

void append(std::string& list, std::string const& one) { list.append(list.empty() ? "" : ",").append(one); }

} // namespace

answering list_watches(surroundings& around, call asked) {
    auto const wanted = read_watches_request(asked.request.query());
    auto const page = co_await around.store.watched(wanted);
    std::string list;
    for (auto const& watch : page.watches)
        append(list, to_json(watch));
    co_return page_answer("watches", list, page.more ? page.watches.back().key.canonical() : std::string{});
}

answering show_watch(surroundings& around, call asked) {
    auto const key = read_run(asked.parts[0], asked.parts[1]);
    auto const watch = co_await around.store.watch_of(key);
    if (!watch)
        throw refusal{404, "the run " + to_printable(key.ref(), 600) +
                               " is not watched; if it was, /v1/runs/TEST_ID/RUN_ID says how that ended"};
    co_return server_answer{json_answer(200, to_json(*watch))};
}

answering list_results(surroundings& around, call asked) {
    auto wanted = read_results_request(asked.request.query());
    auto const limit = wanted.query.limit;
    std::string list;
    std::string next;
    for (std::size_t count = 0;;) {
        wanted.query.limit = limit - count;
        wanted.query.max_bytes = most_bytes;
        auto const page = co_await around.store.results(wanted.query);
        auto place = wanted.query.behind;
        auto is_full = false;
        for (auto const& each : page.results) {
            auto const text = to_json(with_limited_logs(each.result, wanted.logs));
            is_full = count != 0 && list.size() + text.size() > most_bytes;
            if (is_full)
                break;
            append(list, text);
            place = each.place;
            ++count;
        }
        if (!is_full)
            place = page.reached;
        is_full = is_full || (page.more && count == limit);
        if (is_full)
            next = std::to_string(*place);
        if (is_full || !page.more)
            break;
        wanted.query.behind = place;
    }
    co_return page_answer("results", list, next);
}

answering show_result(surroundings& around, call asked) {
    query const parameters{asked.request.query(), {"logs"}};
    auto const logs = read_logs(parameters, log_limit::full);
    auto const found = co_await around.store.find_result(canonical_id(asked.parts[0]));
    if (!found)
        throw refusal{404, "there is no result with the id \"" + to_printable(asked.parts[0]) +
                               "\", or it has been removed for its age"};
    co_return server_answer{json_answer(200, to_json(with_limited_logs(*found, logs)))};
}

answering list_deliveries(surroundings& around, call asked) {
    auto wanted = read_deliveries_request(asked.request.query());
    std::string list;
    std::string next;
    if (!wanted.filter.ids.empty()) {
        auto const named = co_await around.store.deliveries(wanted.filter);
        for (auto const& each : named)
            append(list, to_json(each));
        co_return page_answer("deliveries", list, next);
    }
    for (std::size_t count = 0;;) {
        auto const page = co_await around.store.deliveries(wanted.filter, wanted.behind, wanted.limit - count);
        for (auto const& each : page.deliveries)
            append(list, to_json(each));
        count += page.deliveries.size();
        wanted.behind = page.reached;
        if (page.more && count == wanted.limit)
            next = std::to_string(page.reached);
        if (!page.more || count == wanted.limit)
            break;
    }
    co_return page_answer("deliveries", list, next);
}

answering show_run(surroundings& around, call asked) {
    auto const key = read_run(asked.parts[0], asked.parts[1]);
    auto const history = co_await around.store.history(key);
    auto const is_known = history.watch || history.result || history.pruned_result_at || !history.changes.empty();
    if (!is_known)
        throw refusal{404, "nothing is known of the run " + to_printable(key.ref(), 600) +
                               ": it was never watched with this state"};
    auto const since = history.watch    ? history.watch->first_seen_at
                       : history.result ? history.result->first_seen_at
                                        : around.clock.utc();
    auto polls = around.daemon.polls(key, since);
    // What paused polling after the run had ended had nothing to do with it.
    if (history.result)
        std::erase_if(polls.pauses, [&](poll_pause const& pause) { return pause.from > history.result->detected_at; });
    co_return server_answer{json_answer(200, to_json(key, history, polls))};
}

answering stream_events(surroundings& around, call asked) {
    auto wanted = read_events_request(asked.request.query(), asked.request.header("Last-Event-ID"));
    co_return co_await around.feed.open(std::move(wanted));
}

} // namespace runwatch::control
