#pragma once

#include "runwatch/time.hpp"
#include "sim/fault.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runwatch::sim {

/// A request, as far as the stand-in looks at it.
struct request {
    std::string method;
    std::string target;
    std::string authorization;
    std::optional<std::string> idempotency_key;
    std::string user_agent;
    std::string body;
};

/// What an answer shows about a run, for the report.
struct shown_run {
    std::string test_id;
    std::string run_id;
    bool terminal = false;
};

/// An answer, and how the server is to send it.
struct answer {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    duration delay{0};
    duration trickle{0};
    bool hang = false;
    cut_point cut = cut_point::never;
    bool reset = false;
    bool chunked = false;

    operation what = operation::unknown_path;
    /// Whether the report counts it; it does not count requests for itself.
    bool counted = true;
    /// Whether a fault struck it.
    bool struck = false;
    /// How many runs a trigger has created.
    std::size_t triggered = 0;
    /// Whether it is the answer to an earlier trigger with the same Idempotency-Key.
    bool replayed = false;
    /// The run that was asked for by its id, if one was.
    std::optional<shown_run> asked;
    /// The runs of a list that have ended.
    std::vector<shown_run> listed;
};

/// `Service Unavailable` for 503.
std::string_view reason_phrase(unsigned status);

/// `Sun, 06 Nov 1994 08:49:37 GMT`
std::string http_date(timestamp time);

/// The bytes of an answer, as far as they are to be sent before the connection is cut.
std::string to_wire(answer const& reply, std::string_view date, bool keeps_open);

} // namespace runwatch::sim
