#pragma once

#include "control/requests.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/http_server.hpp"
#include "runwatch/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <list>
#include <string>

namespace runwatch::control {

/// Tells results as Server-Sent Events to whoever listens.
///
/// Each stream reads on in the store from where it is, when there is something new and its client has taken what was
/// before: a slow one costs no memory, and nothing is missed however long it takes. Loop thread only.
class event_feed {
public:
    /// The clock and the store must outlive the feed, and the feed its streams.
    event_feed(clock& clock, store& store) : clock_(clock), store_(store) {}

    event_feed(event_feed const&) = delete;
    event_feed& operator=(event_feed const&) = delete;

    /// The answer to a request for events, which begins behind the place that the request names, or else behind what is
    /// recorded by now.
    boost::asio::awaitable<server_answer> open(events_request wanted);

    /// Results have been recorded.
    void wake();

private:
    boost::asio::awaitable<void> tell(events_request wanted, std::string preface, body_writer write);
    boost::asio::awaitable<void> wait(instant until, std::uint64_t wakes_before);

    clock& clock_;
    store& store_;
    std::list<alarm*> waiting_;
    /// Counts wake(), so that one that comes during a look is not lost.
    std::uint64_t wakes_ = 0;
};

/// One result as an event.
std::string event_of(placed_result const& result, log_limit logs);

} // namespace runwatch::control
