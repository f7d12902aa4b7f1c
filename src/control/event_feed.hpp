#pragma once

#include "control/requests.hpp"
#include "runwatch/bell.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/http_server.hpp"
#include "runwatch/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace runwatch::control {

/// Tells results as Server-Sent Events to whoever listens.
///
/// Each stream reads on in the store from where it is, when there is something new and its client has taken what was
/// before: a slow one costs no memory, and nothing is missed however long it takes. Loop thread only.
class event_feed {
public:
    /// The clock and the store must outlive the feed, and the feed its streams.
    event_feed(clock& clock, store& store) : clock_(clock), store_(store), recorded_(clock) {}

    event_feed(event_feed const&) = delete;
    event_feed& operator=(event_feed const&) = delete;

    /// The answer to a request for events, which begins behind the place that the request names, or else behind what is
    /// recorded by now.
    boost::asio::awaitable<server_answer> open(events_request wanted);

    /// Results have been recorded.
    void wake() { recorded_.ring(); }

private:
    boost::asio::awaitable<void> tell(events_request wanted, std::string preface, body_writer write);

    clock& clock_;
    store& store_;
    bell recorded_;
};

/// One result as an event.
std::string event_of(placed_result const& result, log_limit logs);

} // namespace runwatch::control
