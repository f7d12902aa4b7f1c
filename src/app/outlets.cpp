#include "app/outlets.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// Whether a sink at work serves other settings as it is. Which results it gets is the router's business.
bool is_same(sink_settings const& a, sink_settings const& b) {
    return a.name == b.name && a.type == b.type && a.canonical == b.canonical;
}

retry_policy retries_of(std::string const& type) {
    auto const* const known = find_sink_type(type);
    auto const for_ever = known != nullptr && known->retries == retry_pattern::for_ever;
    return for_ever ? local_retries() : webhook_retries();
}

} // namespace

outlets::outlets(asio::any_io_executor executor, clock& clock, store& store, delivery::observer teller,
                 std::uint64_t seed)
    : executor_(std::move(executor)),
      clock_(clock),
      store_(store),
      observer_(std::move(teller)),
      seed_(seed),
      loops_(executor_) {}

std::vector<outlets::prepared> outlets::prepare(config const& next) const {
    sink_surroundings const around{executor_, clock_, named_variables(next.effective)};
    std::vector<prepared> ready;
    for (auto const& settings : next.sinks) {
        prepared one;
        one.settings = settings;
        one.hidden_variables = around.hidden_variables;
        if (find(one) == nullptr)
            one.made = make_sink(settings.name, settings.type, settings.options, around);
        ready.push_back(std::move(one));
    }
    return ready;
}

void outlets::adopt(std::vector<prepared> next, std::map<std::string, std::string> const& stopped) {
    std::set<outlet const*> staying;
    for (auto const& one : next)
        if (!one.made)
            staying.insert(find(one));
    for (auto& each : all_)
        if (!staying.contains(&each))
            close(each);
    for (auto& one : next)
        if (one.made) {
            auto const is_stopped = stopped.contains(one.settings.name);
            start(std::move(one), is_stopped);
        }
    // A sink that returned, or stayed, may be owed what had been put aside.
    wake_all();
}

void outlets::start(prepared ready, bool stopped) {
    auto const mine = all_.emplace(all_.end());
    mine->settings = std::move(ready.settings);
    mine->hidden_variables = std::move(ready.hidden_variables);
    mine->target = std::move(ready.made);
    mine->turn = clock_.make_alarm();
    delivery::options options;
    options.sink = mine->settings.name;
    options.retries = retries_of(mine->settings.type);
    options.concurrency = mine->target->concurrency();
    options.stopped = stopped;
    options.seed = seed_;
    mine->loop.emplace(clock_, store_, *mine->target, std::move(options), observer_);
    loops_.spawn(serve(mine));
}

/// Delivers once its predecessors of the same name are gone, and removes itself when it has ended.
asio::awaitable<void> outlets::serve(all::iterator mine) {
    while (!mine->closed && !is_first_of_its_name(*mine))
        co_await mine->turn->wait_until(instant::max());
    if (!mine->closed)
        co_await mine->loop->run();
    auto const name = mine->settings.name;
    all_.erase(mine);
    for (auto const& each : all_)
        if (each.settings.name == name)
            each.turn->ring();
}

bool outlets::is_first_of_its_name(outlet const& mine) const {
    auto const first =
        std::ranges::find_if(all_, [&mine](outlet const& each) { return each.settings.name == mine.settings.name; });
    return &*first == &mine;
}

/// The sink at work that serves what is wanted as it is; null if there is none.
outlets::outlet const* outlets::find(prepared const& wanted) const {
    auto const found = std::ranges::find_if(all_, [&wanted](outlet const& each) {
        return !each.closed && is_same(each.settings, wanted.settings) &&
               each.hidden_variables == wanted.hidden_variables;
    });
    return found == all_.end() ? nullptr : &*found;
}

void outlets::close(outlet& which) {
    which.closed = true;
    which.loop->close();
    which.turn->ring();
}

void outlets::offer(std::vector<owed_delivery> first_owed) {
    for (auto& owed : first_owed)
        for (auto& each : all_)
            if (each.settings.name == owed.sink)
                each.loop->offer(owed);
}

void outlets::wake_all() {
    for (auto& each : all_)
        each.loop->wake();
}

void outlets::probe_all() {
    for (auto& each : all_)
        each.loop->probe();
}

void outlets::resume_but(std::map<std::string, std::string> const& stopped) {
    for (auto& each : all_)
        if (each.loop->is_stopped() && !stopped.contains(each.settings.name))
            each.loop->resume();
}

void outlets::reopen() {
    for (auto& each : all_)
        each.target->reopen();
}

void outlets::close() {
    for (auto& each : all_)
        close(each);
    loops_.close();
}

std::size_t outlets::in_flight() const {
    std::size_t count = 0;
    for (auto const& each : all_)
        count += each.loop->in_flight();
    return count;
}

std::vector<sink_identity> identities_of(config const& config) {
    std::vector<sink_identity> sinks;
    for (auto const& sink : config.sinks)
        sinks.push_back({sink.name, sink.type});
    return sinks;
}

store::router route_by(std::vector<sink_settings> const& sinks) {
    std::vector<std::pair<std::string, result_filter>> filters;
    for (auto const& sink : sinks)
        filters.emplace_back(sink.name, sink.filter);
    return [filters](run_result const& result, watch_record const& watch) {
        std::vector<std::string> names;
        for (auto const& [name, filter] : filters) {
            auto const is_named = watch.sinks.empty() || std::ranges::find(watch.sinks, name) != watch.sinks.end();
            if (is_named && wants(filter, result))
                names.push_back(name);
        }
        // What a sink is owed that has left the config waits for its return.
        for (auto const& name : watch.sinks) {
            auto const is_it = [&name](auto const& filter) { return filter.first == name; };
            if (std::ranges::none_of(filters, is_it))
                names.push_back(name);
        }
        return names;
    };
}

} // namespace runwatch
