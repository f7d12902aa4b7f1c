#include "runwatch/store.hpp"

#include "store/deliveries.hpp"
#include "store/delivery_list.hpp"
#include "store/follows.hpp"
#include "store/history.hpp"
#include "store/pages.hpp"
#include "store/results.hpp"
#include "store/sinks.hpp"
#include "store/thread.hpp"
#include "store/watches.hpp"

#include <utility>

namespace asio = boost::asio;

namespace runwatch {

using sqlite::database;

store::store(asio::any_io_executor loop, options settings)
    : keep_(settings.keep), thread_(std::make_unique<thread>(std::move(loop), settings.path)) {}

store::~store() = default;

asio::awaitable<void> store::set_sinks(std::vector<sink_identity> sinks, timestamp now) {
    return thread_->run([=, sinks = std::move(sinks)](database& in) { state::set_sinks(in, sinks, now); });
}

asio::awaitable<std::vector<watch_record>> store::watch(std::vector<watch_record> watches) {
    return thread_->run([watches = std::move(watches)](database& in) { return state::watch(in, watches); });
}

asio::awaitable<discovered_runs> store::discover(found_runs found, router route) {
    return thread_->run([found = std::move(found), route = std::move(route)](database& in) {
        discovered_runs discovered;
        discovered.fresh = state::discover(in, found.watches);
        discovered.first_owed = state::owe_found(in, found, route);
        return discovered;
    });
}

asio::awaitable<std::vector<run_key>> store::unwatch(std::vector<run_key> keys, std::optional<watch_origin> origin) {
    return thread_->run([=, keys = std::move(keys)](database& in) { return state::unwatch(in, keys, origin); });
}

asio::awaitable<adopted_config> store::adopt(std::vector<sink_identity> sinks, std::vector<watch_record> watches,
                                             std::vector<followed_list> follows, timestamp now) {
    return thread_->run(
        [=, sinks = std::move(sinks), watches = std::move(watches), follows = std::move(follows)](database& in) {
            state::set_sinks(in, sinks, now);
            adopted_config adopted;
            adopted.ended = state::adopt_watches(in, watches);
            adopted.watched = state::watched(in);
            adopted.stopped = state::stopped_sinks(in);
            adopted.follows = state::adopt_follows(in, follows, now);
            return adopted;
        });
}

asio::awaitable<void> store::note_follow(follow_record follow) {
    return thread_->run([follow = std::move(follow)](database& in) { state::note_follow(in, follow); });
}

asio::awaitable<added_watches> store::add_watches(std::vector<watch_record> watches) {
    return thread_->run([watches = std::move(watches)](database& in) { return state::add_watches(in, watches); });
}

asio::awaitable<removed_watch> store::take_back(run_key key, watch_origin origin) {
    return thread_->run([=, key = std::move(key)](database& in) { return state::take_back(in, key, origin); });
}

asio::awaitable<std::vector<watch_record>> store::watched() {
    return thread_->run([](database& in) { return state::watched(in); });
}

asio::awaitable<watch_page> store::watched(watch_query query) {
    return thread_->run([query = std::move(query)](database& in) { return state::watched(in, query); });
}

asio::awaitable<std::optional<watch_record>> store::watch_of(run_key key) {
    return thread_->run([key = std::move(key)](database& in) { return state::find_watch(in, key); });
}

asio::awaitable<std::vector<owed_delivery>> store::record(findings found, router route) {
    return thread_->run([found = std::move(found), route = std::move(route)](database& in) {
        state::note(in, found.changes);
        state::learn(in, found.durations);
        return state::record(in, found.results, route);
    });
}

asio::awaitable<std::vector<owed_delivery>> store::due(std::string sink, timestamp now, std::size_t limit,
                                                       std::vector<std::int64_t> except, due_order order) {
    return thread_->run([=, sink = std::move(sink), except = std::move(except)](database& in) {
        return state::due(in, sink, now, limit, except, order);
    });
}

asio::awaitable<std::optional<timestamp>> store::next_due(std::string sink, std::vector<std::int64_t> except) {
    return thread_->run([sink = std::move(sink), except = std::move(except)](database& in) {
        return state::next_due(in, sink, except);
    });
}

asio::awaitable<std::vector<std::string>> store::owed(std::string sink) {
    return thread_->run([sink = std::move(sink)](database& in) { return state::owed(in, sink); });
}

asio::awaitable<void> store::settle(std::vector<settled_delivery> settled) {
    return thread_->run([settled = std::move(settled)](database& in) { state::settle(in, settled); });
}

asio::awaitable<void> store::mark_delivered(std::string sink, std::vector<std::string> result_ids, timestamp at) {
    return thread_->run([=, sink = std::move(sink), ids = std::move(result_ids)](database& in) {
        state::mark_delivered(in, sink, ids, at);
    });
}

asio::awaitable<void> store::hurry(std::string sink, timestamp now) {
    return thread_->run([=, sink = std::move(sink)](database& in) { state::hurry(in, sink, now); });
}

asio::awaitable<void> store::stop_sink(std::string sink, std::string why) {
    return thread_->run(
        [sink = std::move(sink), why = std::move(why)](database& in) { state::stop_sink(in, sink, why); });
}

asio::awaitable<void> store::enable_sink(std::string sink, timestamp now) {
    return thread_->run([=, sink = std::move(sink)](database& in) { state::enable_sink(in, sink, now); });
}

asio::awaitable<std::map<std::string, std::string>> store::stopped_sinks() {
    return thread_->run(&state::stopped_sinks);
}

asio::awaitable<std::vector<listed_delivery>> store::deliveries(delivery_filter filter) {
    return thread_->run([filter = std::move(filter)](database& in) { return state::deliveries(in, filter); });
}

asio::awaitable<delivery_page> store::deliveries(delivery_filter filter, std::int64_t behind, std::size_t limit) {
    return thread_->run(
        [=, filter = std::move(filter)](database& in) { return state::deliveries(in, filter, behind, limit); });
}

asio::awaitable<result_page> store::results(result_query query) {
    return thread_->run([query = std::move(query)](database& in) { return state::results(in, query); });
}

asio::awaitable<std::optional<run_result>> store::find_result(std::string id) {
    return thread_->run([id = std::move(id)](database& in) { return state::find_result(in, id); });
}

asio::awaitable<result_span> store::results_behind(std::int64_t place) {
    return thread_->run([=](database& in) { return state::results_behind(in, place); });
}

asio::awaitable<run_history> store::history(run_key key) {
    return thread_->run([key = std::move(key)](database& in) { return state::history(in, key); });
}

asio::awaitable<std::vector<known_sink>> store::sinks() { return thread_->run(&state::sinks); }

asio::awaitable<std::vector<delivery_count>> store::count_unsettled() { return thread_->run(&state::count_unsettled); }

asio::awaitable<std::size_t> store::count_pending() { return thread_->run(&state::count_pending); }

asio::awaitable<std::size_t> store::retry(delivery_filter filter, timestamp now) {
    return thread_->run([=, filter = std::move(filter)](database& in) { return state::retry(in, filter, now); });
}

asio::awaitable<std::size_t> store::drop(delivery_filter filter) {
    return thread_->run([filter = std::move(filter)](database& in) { return state::drop(in, filter); });
}

asio::awaitable<std::size_t> store::prune(timestamp now) {
    // In portions, so that nobody waits long behind it.
    constexpr std::size_t portion = 500;
    auto const before = now - keep_;
    std::size_t pruned = 0;
    for (auto last = portion; last == portion; pruned += last) {
        auto some = thread_->run([=](database& in) { return state::prune_results(in, before, portion); });
        last = co_await std::move(some);
    }
    auto rest = thread_->run([=](database& in) { state::prune_rest(in, before); });
    co_await std::move(rest);
    co_return pruned;
}

asio::awaitable<reload_note> store::note_reload(std::string problem) {
    return thread_->run([problem = std::move(problem)](database& in) { return state::note_reload(in, problem); });
}

asio::awaitable<reload_note> store::last_reload() { return thread_->run(&state::last_reload); }

asio::awaitable<std::map<std::string, std::vector<observed_duration>>> store::learned() {
    return thread_->run(&state::learned);
}

asio::awaitable<bool> store::changed_by_others() {
    return thread_->run([this](database& in) {
        auto rows = in.query("PRAGMA data_version");
        auto const version = rows.next() ? rows.integer(0) : 0;
        return std::exchange(data_version_, version) != version;
    });
}

std::uint64_t store::commits() const { return thread_->commits(); }

} // namespace runwatch
