#pragma once

#include "control/event_feed.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/control_api.hpp"
#include "runwatch/http_server.hpp"
#include "runwatch/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <utility>
#include <vector>

namespace runwatch::control {

/// What endpoints ask and tell.
struct surroundings {
    runwatch::clock& clock;
    runwatch::store& store;
    daemon_control daemon;
    event_feed feed;

    surroundings(runwatch::clock& clock_, runwatch::store& store_, daemon_control daemon_)
        : clock(clock_), store(store_), daemon(std::move(daemon_)), feed(clock_, store_) {}
};

/// One request on its way to its endpoint.
struct call {
    incoming_request request;
    /// What stands in the path for the parts in braces.
    std::vector<std::string> parts;
    /// As the rules are when the request comes.
    std::string base_url;
    std::vector<std::string> sinks;
    bool may_quit = false;

    call() = default;
};

using answering = boost::asio::awaitable<server_answer>;

// Each is an endpoint, and throws a refusal. Those that show what the state holds are in state_endpoints.cpp.
answering list_watches(surroundings& around, call asked);
answering show_watch(surroundings& around, call asked);
answering list_results(surroundings& around, call asked);
answering show_result(surroundings& around, call asked);
answering list_deliveries(surroundings& around, call asked);
answering show_run(surroundings& around, call asked);
answering stream_events(surroundings& around, call asked);

// Those by which a daemon is told something, or tells of itself, are in daemon_endpoints.cpp.
answering show_status(surroundings& around, call asked);
answering add_watches(surroundings& around, call asked);
answering remove_watch(surroundings& around, call asked);
answering retry_deliveries(surroundings& around, call asked);
answering drop_deliveries(surroundings& around, call asked);
answering reload(surroundings& around, call asked);
answering show_health(surroundings& around, call asked);
answering show_readiness(surroundings& around, call asked);
answering show_metrics(surroundings& around, call asked);
answering quit(surroundings& around, call asked);

} // namespace runwatch::control
