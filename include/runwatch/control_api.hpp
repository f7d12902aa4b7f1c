#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/follow_status.hpp"
#include "runwatch/http_server.hpp"
#include "runwatch/poll_history.hpp"
#include "runwatch/secret_source.hpp"
#include "runwatch/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace runwatch {

enum class daemon_phase {
    /// The state is being read; nothing is watched yet.
    starting,
    ready,
    /// It was told to stop, and what is under way has time to end.
    draining,
};

/// How a daemon stands.
struct daemon_status {
    daemon_phase phase = daemon_phase::starting;
    std::string version;
    timestamp started_at;
    std::size_t watching = 0;
    /// Results that are not on the disk yet.
    std::size_t results_to_record = 0;
    /// Why the API is not asked at present.
    std::optional<poll_pause> pause;
    /// How each followed list goes, in the order of the config.
    std::vector<follow_status> following;
};

/// What the control API has of the daemon around it, besides its store.
struct daemon_control {
    std::function<daemon_status()> status;
    /// Watches runs; says what became of each.
    std::function<boost::asio::awaitable<added_watches>(std::vector<watch_record> wanted)> add;
    /// Takes back what the API asked for of a run.
    std::function<boost::asio::awaitable<removed_watch>(run_key key)> take_back;
    /// How a run was polled, with the pauses from this time on.
    std::function<known_polls(run_key const& key, timestamp since)> polls;
    /// Reads the config anew, and returns what came of it once that is known.
    std::function<boost::asio::awaitable<reload_note>()> reload;
    /// What is counted and measured, in Prometheus' text format.
    std::function<boost::asio::awaitable<std::string>()> metrics;
    /// Deliveries are due earlier, or not at all any more.
    std::function<void()> deliveries_changed;
    /// Ends the daemon as SIGTERM does.
    std::function<void()> quit;
};

/// What a config says of the control API, and what the API must know of the rest of it.
struct control_rules {
    /// Where the token comes from that requests must bring; nothing if none is needed.
    std::optional<secret_source> token;
    /// POST /quit is allowed.
    bool quit = false;
    /// What the URL of a run must lie under.
    std::string base_url;
    /// The names of the sinks that there are.
    std::vector<std::string> sinks;
};

/// Answers what a running daemon can be asked and told: docs/control-api.openapi.yaml says what that is. Knows no
/// sockets. Loop thread only.
class control_api {
public:
    /// The clock, the store and what the daemon's functions refer to must outlive this. Throws config_error if there is
    /// to be a token and none can be had.
    control_api(clock& clock, store& store, daemon_control daemon, control_rules rules);
    ~control_api();

    control_api(control_api const&) = delete;
    control_api& operator=(control_api const&) = delete;

    /// Rules whose token has been read.
    class checked_rules;

    struct forget {
        void operator()(checked_rules* rules) const noexcept;
    };

    using prepared = std::unique_ptr<checked_rules, forget>;

    /// Reads what rules name, and changes nothing yet. Throws config_error.
    static prepared prepare(control_rules rules);

    /// What holds from the next request on.
    void adopt(prepared next);

    /// Answers one request. Throws system_error(operation_aborted) when cancelled.
    boost::asio::awaitable<server_answer> answer(incoming_request request);

    /// Results are on the disk: whoever listens for them is told.
    void recorded();

private:
    class desk;
    std::unique_ptr<desk> desk_;
};

} // namespace runwatch
