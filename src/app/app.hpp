#pragma once

#include "app/api.hpp"
#include "app/control_server.hpp"
#include "app/event_log.hpp"
#include "app/follows.hpp"
#include "app/life_summary.hpp"
#include "app/metered_api.hpp"
#include "app/outlets.hpp"
#include "app/recorder.hpp"
#include "runwatch/bell.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/config.hpp"
#include "runwatch/control_api.hpp"
#include "runwatch/io_thread.hpp"
#include "runwatch/log.hpp"
#include "runwatch/metrics.hpp"
#include "runwatch/poll_history.hpp"
#include "runwatch/poller.hpp"
#include "runwatch/rate_budget.hpp"
#include "runwatch/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace runwatch {

/// The daemon: owns the API, the state, the sinks and the loops between them, and joins every loop at its end. Loop
/// thread only.
class app {
public:
    /// What the service manager wants to know.
    struct service_notes {
        /// Takes lines in the words of sd_notify(3), such as `READY=1`; empty if there is nobody to tell.
        std::function<void(std::string const& lines)> notify;
        /// Within which time of the last it wants to hear the next `WATCHDOG=1`; nothing if it does not.
        std::optional<duration> watchdog;
        /// Sockets on which it listens in our place, for the control API.
        std::vector<int> sockets;
    };

    struct options {
        /// Reads and checks the config anew. Called on a thread of its own; throws config_error.
        std::function<loaded_config()> load;
        std::string user_agent;
        /// Makes the jitter of this process unlike that of others.
        std::uint64_t seed = 1;
        service_notes service = {};
    };

    /// Opens the state and makes the API's client and the sinks; nothing is sent yet. The clock and the log must
    /// outlive the app. Throws config_error and state_error.
    app(boost::asio::any_io_executor executor, clock& clock, log& log, config first, options settings);

    app(app const&) = delete;
    app& operator=(app const&) = delete;

    /// Watches and delivers until stop(), or until nothing is left to do if the config says so: then nothing new is
    /// begun, and what is under way has ten seconds to end. A failing state is reported and tried again, but at the
    /// start: there it throws state_error. Throws system_error(operation_aborted) when cancelled.
    boost::asio::awaitable<void> run();

    /// Reads the config anew, and puts it in force unless something is wrong with it.
    void reload();

    /// Opens anew every file that is open by name.
    void reopen();

    /// Begins nothing more. `why` is for the log and the summary, in words: `told to stop by SIGTERM`. Of several
    /// reasons the first counts.
    void stop(std::string const& why);

    /// What came of it, once run() has returned.
    life_summary const& summary() const { return summary_; }

private:
    /// What happens to watches while they are compared with the state.
    struct changes {
        std::unordered_set<run_key> ended;
        std::unordered_set<run_key> wanted;
    };

    // In app.cpp: what starts, and what each config changes.
    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<void> start();
    boost::asio::awaitable<void> poll();
    boost::asio::awaitable<void> serve_reloads();
    boost::asio::awaitable<std::string> try_reload();
    boost::asio::awaitable<void> apply(config next);
    void require_going_on() const;
    void warn_of_budget() const;
    std::string version() const;
    std::unique_ptr<telnyx_api> make_api(telnyx_settings const& settings);
    watch_policy policy_of(polling_settings const& polling) const;

    // In app_watches.cpp: what is watched, and what looks at it bring.
    boost::asio::awaitable<void> adopt_watches(adopted_config adopted, duration spread);
    boost::asio::awaitable<void> let_others_run() const;
    void want(run_key const& key);
    void watch(watch_record const& record, duration spread);
    void recall(std::map<std::string, std::vector<observed_duration>> learned);
    void looked(step const& step, result<test_run> const& seen);
    void limit_is_used_up(duration wait);
    duration pause_left() const;
    void asked_for_list(std::optional<failure> const& failed);

    // In app_house.cpp: what has to be done from time to time.
    boost::asio::awaitable<void> keep_house();
    boost::asio::awaitable<void> heed_edits();
    boost::asio::awaitable<void> take_up_edits();
    boost::asio::awaitable<void> prune();

    // In app_service.cpp: what the service manager is told.
    void tell_service_manager(std::string const& lines) const;
    void tell_of_reload_begun() const;
    boost::asio::awaitable<void> keep_service_manager_told();
    boost::asio::awaitable<void> feed_watchdog();
    boost::asio::awaitable<std::string> status_line();

    // In app_metrics.cpp: what is counted and measured.
    void delivered(delivery_event const& event);
    void state_failed(std::string const& error, duration wait);
    boost::asio::awaitable<std::string> metrics_text();
    boost::asio::awaitable<void> watch_lag();

    // In app_end.cpp: how and when the daemon ends, and what it leaves.
    boost::asio::awaitable<void> limit_drain();
    boost::asio::awaitable<void> pass_after_stop(alarm& alarm, duration time);
    boost::asio::awaitable<void> end_when_idle();
    bool seems_idle() const;
    boost::asio::awaitable<bool> owes_nothing();
    boost::asio::awaitable<void> sum_up();

    // In app_control.cpp: what the control API asks for.
    daemon_control control();
    daemon_status status() const;
    known_polls polls_of(run_key const& key, timestamp since) const;
    void keep_polls();
    boost::asio::awaitable<added_watches> add_watches(std::vector<watch_record> wanted);
    boost::asio::awaitable<removed_watch> take_back(run_key key);
    boost::asio::awaitable<reload_note> await_reload();

    boost::asio::any_io_executor executor_;
    clock& clock_;
    log& log_;
    options options_;
    config config_;
    event_log events_;
    metrics metrics_;
    store store_;
    rate_budget budget_;
    current_api api_;
    metered_api metered_api_;
    outlets outlets_;
    recorder recorder_;
    poller poller_;
    follows follows_;
    control_server control_;
    /// Nothing unless somebody can ask for it, or is told.
    std::optional<poll_history> polls_;
    /// Nothing unless the watches are being compared with the state.
    std::optional<changes> meanwhile_;
    io_thread reading_;
    std::unique_ptr<alarm> house_alarm_;
    std::unique_ptr<alarm> edit_alarm_;
    std::unique_ptr<alarm> lag_alarm_;
    std::unique_ptr<alarm> reload_alarm_;
    std::unique_ptr<alarm> drain_alarm_;
    std::unique_ptr<alarm> looks_alarm_;
    std::unique_ptr<alarm> idle_alarm_;
    std::unique_ptr<alarm> service_alarm_;
    std::unique_ptr<alarm> watchdog_alarm_;
    /// Requests for watches that are being written down.
    std::size_t adding_ = 0;
    life_summary summary_;
    /// How many reloads were asked for, and how many of these have come to something.
    std::uint64_t reloads_asked_ = 0;
    std::uint64_t reloads_done_ = 0;
    /// Rings when one has, and at the end.
    bell reloaded_;
    reload_note last_reload_;
    /// The last one is written down.
    bool reload_noted_ = false;
    /// What was wrong with the config that was read last, a problem a line; empty if it is in force.
    std::string reload_problem_;
    /// What the service manager was told last.
    std::string told_status_;
    timestamp started_at_;
    bool ready_ = false;
    bool stopping_ = false;
};

} // namespace runwatch
