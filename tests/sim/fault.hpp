#pragma once

#include "runwatch/time.hpp"
#include "sim/route.hpp"

#include <boost/json/value.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace runwatch::sim {

/// Requests from the `first` to the `last`, counted from 1.
struct request_range {
    std::uint64_t first = 1;
    std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
};

/// Which of the requests a fault strikes; all by default.
struct strike_rule {
    /// One of them must hold the request's number; none means all.
    std::vector<request_range> on;
    /// Every third request and so on; 0 and 1 mean each.
    std::uint64_t every = 0;
    /// From 0 to 1; drawn with the seed for each request.
    double chance = 1;
};

/// Whether the rule strikes request `number`; `seed` stands for everything that is not the number.
bool strikes(strike_rule const& rule, std::uint64_t number, std::uint64_t seed);

/// What an answer's body is replaced by.
enum class body_kind { own, html, empty, garbage, truncated, text };

/// After what the connection is cut.
enum class cut_point { never, before, headers, body };

/// One way in which answers go wrong.
struct fault {
    strike_rule rule;
    /// The operations it strikes; none means all.
    std::vector<operation> paths;

    std::optional<unsigned> status;
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<duration> retry_after_date;
    std::optional<std::string> redirect;
    bool detail_422 = false;
    /// Whether the request is carried out all the same, where another answer takes the place of its own.
    bool carried_out = false;

    body_kind body = body_kind::own;
    std::string body_text;
    std::optional<std::string> raw_body;
    std::optional<std::string> content_type;

    duration delay{0};
    duration trickle{0};
    bool hang = false;
    cut_point cut = cut_point::never;
    /// Whether the cut is a TCP reset instead of an orderly close.
    bool reset = false;

    std::uint64_t logs_bytes = 0;
    std::uint64_t header_bytes = 0;
    bool other_run = false;
    std::optional<boost::json::value> status_value;
    bool no_status = false;

    /// Whether something before the API answers in its place, most often without carrying out the request.
    bool replaces_answer() const { return status.value_or(200) >= 300 || redirect || detail_422; }

    /// Whether the client can't see the run's true state in the struck answer.
    bool hides_run() const {
        return replaces_answer() || body != body_kind::own || raw_body || hang || cut != cut_point::never ||
               other_run || status_value || no_status;
    }
};

} // namespace runwatch::sim
