#include "app/app.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// Counts itself as long as it lives.
class counted {
public:
    explicit counted(std::size_t& count) : count_(count) { ++count_; }

    ~counted() { --count_; }

    counted(counted const&) = delete;
    counted& operator=(counted const&) = delete;

private:
    std::size_t& count_;
};

} // namespace

/// What the control API may have done, and may know, of all this.
daemon_control app::control() {
    daemon_control control;
    control.status = [this] { return status(); };
    control.add = [this](std::vector<watch_record> wanted) { return add_watches(std::move(wanted)); };
    control.take_back = [this](run_key key) { return take_back(std::move(key)); };
    control.polls = [this](run_key const& key, timestamp since) { return polls_of(key, since); };
    control.reload = [this] { return await_reload(); };
    control.metrics = [this] { return metrics_text(); };
    control.deliveries_changed = [this] {
        outlets_.wake_all();
        outlets_.probe_all();
    };
    control.quit = [this] { stop("told to stop by POST /quit"); };
    return control;
}

daemon_status app::status() const {
    daemon_status status;
    status.phase = stopping_ ? daemon_phase::draining : ready_ ? daemon_phase::ready : daemon_phase::starting;
    status.version = version();
    status.started_at = started_at_;
    status.watching = poller_.size();
    status.results_to_record = recorder_.pending();
    status.pause = polls_ ? polls_->pause_at(clock_.utc()) : std::nullopt;
    status.following = follows_.status();
    return status;
}

known_polls app::polls_of(run_key const& key, timestamp since) const {
    if (polls_)
        return polls_->of(key, since);
    known_polls none;
    none.since = clock_.utc();
    return none;
}

/// Keeps how runs are polled while somebody can ask for it, or is told.
void app::keep_polls() {
    if (!control_.is_on() && !options_.service.notify)
        polls_.reset();
    else if (!polls_)
        polls_.emplace(clock_.utc());
}

asio::awaitable<added_watches> app::add_watches(std::vector<watch_record> wanted) {
    // Who is promised a watch is to get it: the daemon is not idle meanwhile.
    counted const counts{adding_};
    auto added = co_await store_.add_watches(std::move(wanted));
    // What has ended but is not on the disk yet, the state still has among the watched.
    auto const pending = recorder_.pending_keys();
    for (auto const& record : added.watched) {
        want(record.key);
        if (!pending.contains(record.key))
            watch(record, duration{0});
    }
    log_.debug("runs are watched, as the control API wants it", {{"runs", std::to_string(added.watched.size())}});
    co_return added;
}

asio::awaitable<removed_watch> app::take_back(run_key key) {
    auto taken = co_await store_.take_back(key, watch_origin::api);
    if (taken.removed && !taken.watch) {
        log_.info("run is watched no more, as the control API wants it", {{"run", key.ref()}});
        events_.forget(key);
        poller_.remove(key);
        if (meanwhile_) {
            meanwhile_->wanted.erase(key);
            meanwhile_->ended.insert(key);
        }
    }
    co_return taken;
}

/// Reloads, and returns what came of it. Several who ask before it begins get one reload.
asio::awaitable<reload_note> app::await_reload() {
    reload();
    auto const mine = reloads_asked_;
    while (reloads_done_ < mine && !stopping_) {
        auto const rings = reloaded_.rings();
        co_await reloaded_.wait(rings);
    }
    if (reloads_done_ < mine)
        require_going_on();
    if (!reload_noted_)
        throw state_error{"the outcome of the reload could not be noted in the state; the log tells it"};
    co_return last_reload_;
}

} // namespace runwatch
