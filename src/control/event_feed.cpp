#include "control/event_feed.hpp"

#include "runwatch/json_text.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace runwatch::control {
namespace {

using namespace std::chrono_literals;

/// Proxies and clients take a connection for dead on which nothing comes for a minute or so.
constexpr duration between_heartbeats = 15s;

/// How long to wait for a state that cannot be read.
constexpr duration before_next_try = 1s;

/// What one stream holds in memory at once.
constexpr std::size_t most_bytes = std::size_t{256} * 1024;

std::string reset_event(std::string const& reason) {
    return "event: reset\ndata: {\"reason\":" + json_quote(reason) + "}\n\n";
}

/// An event with an id alone is none, but the client remembers where it is.
std::string place_mark(std::int64_t place) { return "id: " + std::to_string(place) + "\n\n"; }

} // namespace

std::string event_of(placed_result const& result, log_limit logs) {
    return "id: " + std::to_string(result.place) +
           "\nevent: result\ndata: " + to_json(with_limited_logs(result.result, logs)) + "\n\n";
}

asio::awaitable<server_answer> event_feed::open(events_request wanted) {
    auto const span = co_await store_.results_behind(wanted.query.behind.value_or(0));
    std::string preface = ": results as they come\n\n";
    if (wanted.query.behind && *wanted.query.behind > span.newest) {
        preface += reset_event("this daemon's state has not come to the id " + std::to_string(*wanted.query.behind) +
                               " yet: it is another state than that which gave it");
        wanted.query.behind.reset();
    } else if (wanted.query.behind && span.has_gaps) {
        preface += reset_event("results since the id " + std::to_string(*wanted.query.behind) +
                               " have been removed for their age; what is left of them follows");
    }
    if (!wanted.query.behind)
        wanted.query.behind = span.newest;
    preface += place_mark(*wanted.query.behind);
    http_response head;
    head.status = 200;
    head.headers.emplace_back("Content-Type", "text/event-stream");
    head.headers.emplace_back("Cache-Control", "no-store");
    head.headers.emplace_back("X-Content-Type-Options", "nosniff");
    // nginx would keep events back.
    head.headers.emplace_back("X-Accel-Buffering", "no");
    wanted.query.max_bytes = most_bytes;
    body_stream stream = [this, wanted, preface](body_writer write) { return tell(wanted, preface, std::move(write)); };
    co_return server_answer{std::move(head), std::move(stream)};
}

/// Writes what there is, then waits for more, until the client is gone.
asio::awaitable<void> event_feed::tell(events_request wanted, std::string preface, body_writer write) {
    auto is_there = co_await write(std::move(preface));
    auto told = *wanted.query.behind;
    auto heartbeat = clock_.now() + between_heartbeats;
    while (is_there) {
        auto const rings = recorded_.rings();
        auto try_again = instant::max();
        std::string piece;
        auto more = false;
        try {
            auto const page = co_await store_.results(wanted.query);
            wanted.query.behind = page.reached;
            more = page.more;
            for (auto const& each : page.results)
                piece += event_of(each, wanted.logs);
            if (!page.results.empty())
                told = page.results.back().place;
        } catch (state_error const&) {
            try_again = clock_.now() + before_next_try;
        }
        if (piece.empty() && clock_.now() >= heartbeat) {
            piece = ":\n";
            // Results that the filter left out need not be looked through again by a client that comes back.
            piece += *wanted.query.behind == told ? "\n" : place_mark(*wanted.query.behind);
            told = *wanted.query.behind;
        }
        if (!piece.empty()) {
            heartbeat = clock_.now() + between_heartbeats;
            is_there = co_await write(std::move(piece));
            continue;
        }
        auto const until = std::min(heartbeat, try_again);
        if (!more)
            co_await recorded_.wait(rings, until);
    }
}

} // namespace runwatch::control
