#include "cli/wait_sinks.hpp"

#include "cli/config_option.hpp"
#include "runwatch/join.hpp"
#include "runwatch/text.hpp"
#include "runwatch/units.hpp"

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace runwatch::cli {
namespace {

config with_sinks(config all, std::vector<std::string> const& names) {
    std::erase_if(all.sinks,
                  [&names](sink_settings const& sink) { return std::ranges::find(names, sink.name) == names.end(); });
    return all;
}

} // namespace

wait_sinks::wait_sinks(asio::any_io_executor executor, clock& clock, config const& from,
                       std::vector<std::string> const& names)
    : clock_(clock),
      config_(with_sinks(from, names)),
      store_(executor, store::options{":memory:"}),
      outlets_(
          executor, clock, store_, [this](delivery_event const& event) { note(event); }, 0),
      recorder_(clock, store_, route_by(config_.sinks),
                recorder::listener{[this](std::vector<owed_delivery> first_owed) {
                                       outlets_.offer(std::move(first_owed));
                                       settled_->ring();
                                   },
                                   [this](std::string const& error, duration) { tell_(error); }}),
      settled_(clock.make_alarm()) {
    outlets_.adopt(outlets_.prepare(config_), {});
}

void wait_sinks::add(run_result result) { recorder_.add(std::move(result)); }

asio::awaitable<void> wait_sinks::run() {
    co_await store_.set_sinks(identities_of(config_), clock_.utc());
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(recorder_.run());
    loops.push_back(outlets_.run());
    co_await join(std::move(loops));
}

asio::awaitable<void> wait_sinks::finish() {
    for (;;) {
        auto const counts = co_await store_.count_unsettled();
        auto const is_open = [this](delivery_count const& count) {
            return count.state == delivery_state::pending && !stopped_.contains(count.sink);
        };
        if (recorder_.pending() == 0 && std::ranges::none_of(counts, is_open))
            co_return;
        co_await settled_->wait_until(instant::max());
    }
}

asio::awaitable<std::map<std::string, std::string>> wait_sinks::shortfalls() {
    std::map<std::string, std::size_t> missing;
    auto const counts = co_await store_.count_unsettled();
    for (auto const& count : counts)
        missing[count.sink] += count.count;
    std::map<std::string, std::string> texts;
    for (auto const& [name, count] : missing) {
        auto const known = failures_.find(name);
        auto const why = known != failures_.end() ? ": " + known->second : " before the wait ended";
        texts.emplace(name, counted(count, "result was", "results were") + " not delivered" + why);
    }
    co_return texts;
}

void wait_sinks::note(delivery_event const& event) {
    if (event.what == delivery_event::kind::delivered)
        failures_.erase(event.sink);
    else
        tell_of_failure(event);
    if (event.what == delivery_event::kind::stopped)
        stopped_.insert(event.sink);
    settled_->ring();
}

/// Says it once for each text; a delivery that is given up or a sink that stops is told of at the end.
void wait_sinks::tell_of_failure(delivery_event const& event) {
    auto& known = failures_[event.sink];
    auto const changed = std::exchange(known, event.error) != event.error;
    if (changed && event.what == delivery_event::kind::failed)
        tell_("delivery failed: " + to_printable(event.error, 1'000) + "; tried again in " +
              format_duration(event.wait));
}

std::string describe_unknown_sinks(config const& from, std::vector<std::string> const& names) {
    std::vector<std::string> known;
    for (auto const& sink : from.sinks)
        known.push_back(sink.name);
    for (auto const& name : names) {
        if (std::ranges::find(known, name) != known.end())
            continue;
        return "no sink of the config is named \"" + to_printable(name) + '"' + suggest(name, known);
    }
    return {};
}

} // namespace runwatch::cli
