#include "app/app.hpp"

#include "runwatch/join.hpp"
#include "runwatch/units.hpp"

#include <algorithm>
#include <malloc.h>
#include <sstream>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using namespace std::chrono_literals;

constexpr duration longest_look_after_stop = 2s;

/// A process that has been through so many watches gives the memory back that this took.
constexpr std::size_t many_watches = 10'000;

std::vector<watch_record> records_of(config const& config, timestamp now) {
    std::vector<watch_record> records;
    records.reserve(config.watch.size());
    for (auto const& entry : config.watch) {
        watch_record record;
        record.key = entry.run;
        record.labels = entry.labels;
        record.sinks = entry.sinks;
        record.origin = watch_origin::config;
        record.first_seen_at = now;
        records.push_back(std::move(record));
    }
    return records;
}

/// Over how long the first looks at so many runs are spread: no longer than the budget needs for them, nor than is
/// usual between two looks.
duration spread_over(std::size_t runs, config const& config) {
    duration const by_budget{1'000 * runs / config.telnyx.requests_per_second};
    return std::min(by_budget, 2 * config.polling.target_delay);
}

} // namespace

app::app(asio::any_io_executor executor, clock& clock, log& log, config first, options settings)
    : executor_(std::move(executor)),
      clock_(clock),
      log_(log),
      options_(std::move(settings)),
      config_(std::move(first)),
      events_(log),
      metrics_(version(), clock.utc()),
      store_(executor_, store::options{config_.state.path, config_.state.keep}),
      budget_(config_.telnyx.requests_per_second),
      api_(make_api(config_.telnyx)),
      metered_api_(api_, metrics_),
      outlets_(
          executor_, clock, store_, [this](delivery_event const& event) { delivered(event); }, options_.seed),
      recorder_(clock, store_, route_by(config_.sinks),
                recorder::listener{[this](std::vector<owed_delivery> first_owed) {
                                       events_.state_works();
                                       outlets_.offer(std::move(first_owed));
                                       control_.recorded();
                                   },
                                   [this](std::string const& error, duration wait) { state_failed(error, wait); }}),
      poller_(clock, metered_api_, budget_, policy_of(config_.polling), config_.telnyx.connections,
              poller::listener{[this](step const& step, result<test_run> const& seen) { looked(step, seen); },
                               [this](std::string const& test_id, observed_duration taken) {
                                   recorder_.add(learned_duration{test_id, taken});
                               },
                               [this](duration wait) { limit_is_used_up(wait); }}),
      follows_(
          executor_, clock, poller_, store_, events_, recorder_,
          follows::listener{[this](std::optional<failure> const& failed) { asked_for_list(failed); },
                            [this](run_key const& key) { want(key); },
                            [this](std::vector<owed_delivery> first_owed) { outlets_.offer(std::move(first_owed)); }}),
      control_(executor_, clock, store_, log, control(), options_.service.sockets),
      house_alarm_(clock.make_alarm()),
      edit_alarm_(clock.make_alarm()),
      lag_alarm_(clock.make_alarm()),
      reload_alarm_(clock.make_alarm()),
      drain_alarm_(clock.make_alarm()),
      looks_alarm_(clock.make_alarm()),
      idle_alarm_(clock.make_alarm()),
      service_alarm_(clock.make_alarm()),
      watchdog_alarm_(clock.make_alarm()),
      reloaded_(clock),
      started_at_(clock.utc()) {
    control_.adopt(control_.prepare(config_));
    keep_polls();
}

std::unique_ptr<telnyx_api> app::make_api(telnyx_settings const& settings) {
    auto api = std::make_unique<telnyx_api>(executor_, clock_, settings, options_.user_agent);
    api->set_rate_listener([this](rate_limit_note const& said) { budget_.note(said, clock_.now()); });
    return api;
}

watch_policy app::policy_of(polling_settings const& polling) const {
    auto policy = polling.policy();
    policy.seed = options_.seed;
    // What is wrong with a key or a certificate is our own trouble, and nothing that is known of a run.
    policy.refusals_end = false;
    return policy;
}

asio::awaitable<void> app::run() {
    std::vector<asio::awaitable<void>> all;
    all.push_back(serve());
    // Who asks how the daemon stands is answered from the start to the end.
    all.push_back(control_.run());
    co_await join(std::move(all));
}

asio::awaitable<void> app::serve() {
    co_await start();
    std::vector<asio::awaitable<void>> work;
    work.push_back(poll());
    work.push_back(recorder_.run());
    work.push_back(outlets_.run());
    work.push_back(keep_house());
    work.push_back(heed_edits());
    work.push_back(serve_reloads());
    work.push_back(watch_lag());
    work.push_back(keep_service_manager_told());
    work.push_back(feed_watchdog());
    work.push_back(end_when_idle());
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(join(std::move(work)));
    loops.push_back(limit_drain());
    auto const first = co_await race(std::move(loops));
    constexpr std::size_t drained = 0;
    if (first != drained)
        log_.warning(
            "stopped before everything under way had ended; it is sent again after the next start",
            {{"deliveries", std::to_string(outlets_.in_flight())}, {"results", std::to_string(recorder_.pending())}});
    co_await sum_up();
    log_.info("stopped");
    control_.close();
}

asio::awaitable<void> app::start() {
    auto ready = outlets_.prepare(config_);
    meanwhile_.emplace();
    auto const now = clock_.utc();
    auto adopted = co_await store_.adopt(identities_of(config_), records_of(config_, now), followed_of(config_), now);
    // What was written so far was written by us.
    co_await store_.changed_by_others();
    auto learned = co_await store_.learned();
    recall(std::move(learned));
    if (stopping_)
        co_return;
    auto const stopped = std::move(adopted.stopped);
    auto const many = adopted.watched.size() >= many_watches;
    auto const spread = spread_over(adopted.watched.size(), config_);
    auto const records = std::move(adopted.follows);
    co_await adopt_watches(std::move(adopted), spread);
    if (stopping_)
        co_return;
    follows_.adopt(config_.follow, records, now, false);
    if (many)
        ::malloc_trim(0);
    outlets_.adopt(std::move(ready), stopped);
    for (auto const& [name, why] : stopped)
        log_.warning("sink is stopped; `runwatch sinks enable " + name + "` lifts this",
                     {{"sink", name}, {"reason", why}});
    warn_of_budget();
    ready_ = true;
    tell_service_manager("READY=1");
    log_.info("ready", {{"watching", std::to_string(poller_.size())},
                        {"following", std::to_string(config_.follow.size())},
                        {"sinks", std::to_string(config_.sinks.size())},
                        {"state", config_.state.path}});
}

void app::reload() {
    ++reloads_asked_;
    reload_alarm_->ring();
}

void app::reopen() {
    log_.info("files opened anew");
    outlets_.reopen();
}

/// Polls. Once stopped, an API that does not answer is not waited for as long as a delivery is: what a look would have
/// brought, the next start brings.
asio::awaitable<void> app::poll() {
    std::vector<asio::awaitable<void>> work;
    work.push_back(poller_.run());
    work.push_back(follows_.run());
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(join(std::move(work)));
    loops.push_back(pass_after_stop(*looks_alarm_, longest_look_after_stop));
    co_await race(std::move(loops));
    recorder_.close();
}

asio::awaitable<void> app::serve_reloads() {
    while (!stopping_) {
        auto const asked = reloads_asked_;
        if (reloads_done_ == asked) {
            co_await reload_alarm_->wait_until(instant::max());
            continue;
        }
        tell_of_reload_begun();
        reload_problem_ = co_await try_reload();
        // Also of a config that is refused: the reload is over. The status tells the rest.
        auto const line = co_await status_line();
        if (!stopping_) {
            told_status_ = line;
            tell_service_manager("READY=1\nSTATUS=" + line);
        }
        metrics_.reloaded(reload_problem_.empty(), clock_.utc());
        reload_noted_ = false;
        try {
            last_reload_ = co_await store_.note_reload(reload_problem_);
            reload_noted_ = true;
        } catch (state_error const& error) {
            log_.warning("the outcome of the reload could not be noted in the state", {{"error", error.what()}});
        }
        reloads_done_ = asked;
        reloaded_.ring();
    }
}

/// Reloads the config and logs what came of it. Returns what is wrong; empty if the new config is in force.
asio::awaitable<std::string> app::try_reload() {
    std::string problem;
    try {
        auto loaded = co_await reading_.run(options_.load);
        for (auto const& warning : loaded.warnings)
            log_.warning("config warning", {{"problem", warning}});
        co_await apply(std::move(loaded.config));
    } catch (std::exception const& error) {
        // Whatever a new config meets, the one in force goes on.
        if (is_cancellation(std::current_exception()))
            throw;
        problem = error.what();
    }
    meanwhile_.reset();
    if (problem.empty()) {
        log_.info("config reloaded", {{"watching", std::to_string(poller_.size())},
                                      {"following", std::to_string(config_.follow.size())},
                                      {"sinks", std::to_string(config_.sinks.size())}});
        co_return problem;
    }
    std::istringstream lines{problem};
    for (std::string line; std::getline(lines, line);)
        log_.error("config problem", {{"problem", line}});
    log_.error("reload failed; the config in force is as it was");
    co_return problem;
}

/// Puts a config in force: first makes all that is new, then writes the state, and last swaps.
asio::awaitable<void> app::apply(config next) {
    if (next.state.path != config_.state.path)
        throw config_error{"state.path: cannot change from " + config_.state.path + " to " + next.state.path +
                           " while runwatch runs: restart needed"};
    auto const other_api = !(next.telnyx == config_.telnyx);
    std::unique_ptr<telnyx_api> api;
    if (other_api)
        api = make_api(next.telnyx);
    auto ready = outlets_.prepare(next);
    auto served = control_.prepare(next);
    if (recorder_.is_failing())
        throw state_error{"the state cannot be written at present, and results wait for it: reload again once it can"};
    // A config may name a hundred thousand runs.
    auto const now = clock_.utc();
    std::function<std::vector<watch_record>()> const list = [&] { return records_of(next, now); };
    auto records = co_await reading_.run(list);
    meanwhile_.emplace();
    auto adopted = co_await store_.adopt(identities_of(next), std::move(records), followed_of(next), now);
    require_going_on();
    auto const stopped = std::move(adopted.stopped);
    auto const spread = spread_over(adopted.watched.size(), next);
    auto const follows = std::move(adopted.follows);
    co_await adopt_watches(std::move(adopted), spread);
    // What is begun from here on would not be ended by a stop that came meanwhile.
    require_going_on();
    if (other_api)
        api_.replace(std::move(api));
    // Who mends a key reloads, wherever the key comes from.
    poller_.forget_refusal();
    poller_.set_policy(policy_of(next.polling));
    poller_.set_in_flight(next.telnyx.connections);
    budget_.set_ceiling(next.telnyx.requests_per_second);
    if (!(next.telnyx.api_key == config_.telnyx.api_key) || next.telnyx.base_url != config_.telnyx.base_url)
        budget_.forget();
    poller_.heed_budget();
    follows_.adopt(next.follow, follows, now, other_api);
    recorder_.set_router(route_by(next.sinks));
    store_.set_keep(next.state.keep);
    outlets_.adopt(std::move(ready), stopped);
    outlets_.probe_all();
    control_.adopt(std::move(served));
    keep_polls();
    log_.set(next.log);
    config_ = std::move(next);
    idle_alarm_->ring();
    warn_of_budget();
}

/// Throws state_error once the daemon was told to stop: no config comes in force any more.
void app::require_going_on() const {
    if (stopping_)
        throw state_error{"runwatch is about to end; the next start reads the config"};
}

/// What stands behind the name of the product.
std::string app::version() const { return options_.user_agent.substr(options_.user_agent.find('/') + 1); }

/// Even if every request were a poll that is due, some runs would be late.
void app::warn_of_budget() const {
    auto const seconds = std::chrono::duration<double>(config_.polling.max_interval).count();
    auto const most = static_cast<double>(config_.telnyx.requests_per_second) * seconds;
    auto const runs = static_cast<double>(poller_.size());
    if (runs <= most)
        return;
    auto const round = std::chrono::seconds{poller_.size() / config_.telnyx.requests_per_second};
    log_.warning("more runs are watched than telnyx.requests_per_second allows for: each can be looked at less often "
                 "than polling.max_interval says",
                 {{"watching", std::to_string(poller_.size())}, {"every", format_duration(round)}});
}

} // namespace runwatch
