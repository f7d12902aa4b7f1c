#pragma once

#include "control/event_feed.hpp"
#include "control/requests.hpp"
#include "control/routes.hpp"
#include "control/token.hpp"
#include "runwatch/control_api.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace runwatch {

/// The rules of a config, with what they name at hand.
class control_api::checked_rules {
public:
    /// Throws config_error.
    explicit checked_rules(control_rules rules_) : rules(std::move(rules_)) {
        if (rules.token)
            token.emplace(*rules.token);
    }

    control_rules rules;
    std::optional<control::access_token> token;
};

/// One request on its way to its endpoint.
struct control_call {
    incoming_request request;
    /// What stands in the path for the parts in braces.
    std::vector<std::string> parts;
    /// As they are when the request comes.
    std::string base_url;
    std::vector<std::string> sinks;
    bool may_quit = false;

    control_call() = default;
};

/// What there is to be asked: a row of the table each. Whoever adds one describes it in docs/control-api.openapi.yaml.
class control_api::endpoints {
public:
    endpoints(clock& clock, store& store, daemon_control daemon, control_rules rules);

    void adopt(prepared next) { rules_ = std::move(next); }

    boost::asio::awaitable<server_answer> answer(incoming_request request);

    void recorded() { feed_.wake(); }

private:
    using call = control_call;
    using answering = boost::asio::awaitable<server_answer>;

    struct endpoint {
        control::route at;
        answering (endpoints::*answer)(call);
        /// Anybody may ask: it tells nothing.
        bool is_open = false;
    };

    static std::span<endpoint const> table();

    void check(incoming_request const& request);
    void require_ready() const;
    boost::asio::awaitable<void> require_known(delivery_filter chosen);

    // What the state says, in state_endpoints.cpp.
    answering list_watches(call asked);
    answering show_watch(call asked);
    answering list_results(call asked);
    answering show_result(call asked);
    answering list_deliveries(call asked);
    answering show_run(call asked);
    answering stream_events(call asked);

    // What the daemon does, in daemon_endpoints.cpp.
    answering show_status(call asked);
    answering add_watches(call asked);
    answering remove_watch(call asked);
    answering retry_deliveries(call asked);
    answering drop_deliveries(call asked);
    answering reload(call asked);
    answering show_health(call asked);
    answering show_readiness(call asked);
    answering quit(call asked);

    clock& clock_;
    store& store_;
    daemon_control daemon_;
    prepared rules_;
    control::event_feed feed_;
};

} // namespace runwatch
