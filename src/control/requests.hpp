#pragma once

#include "runwatch/limit_logs.hpp"
#include "runwatch/store.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What requests say, read. Pure. Everything throws a refusal with 400 that names the parameter or member.
namespace runwatch::control {

/// The text that a percent-encoded one stands for. A `+` is a plus: times have some.
std::string decode(std::string_view encoded);

/// The parameters of a query, each at most once.
class query {
public:
    /// Refuses names that are not among the known ones.
    query(std::string_view encoded, std::initializer_list<std::string_view> known);

    /// The value; empty if the parameter is not there. One that is there has a value.
    std::string text(std::string const& name) const;

    std::optional<timestamp> time(std::string const& name) const;

    /// A whole number within these, both allowed.
    std::int64_t number(std::string const& name, std::int64_t otherwise, std::int64_t least, std::int64_t most) const;

    /// Words separated by commas.
    std::vector<std::string> words(std::string const& name) const;

private:
    std::map<std::string, std::string> values_;
};

constexpr std::size_t most_on_a_page = 1'000;
constexpr std::size_t usual_on_a_page = 100;

/// `limit`.
std::size_t read_limit(query const& from);

/// `logs`.
log_limit read_logs(query const& from, log_limit otherwise);

/// Each of the next reads the text of a query.

/// What GET /v1/results asks for; the cursor is a place.
struct results_request {
    result_query query;
    log_limit logs = log_limit::truncate;
};

results_request read_results_request(std::string_view text);

/// What GET /v1/watches asks for.
watch_query read_watches_request(std::string_view text);

/// What GET /v1/deliveries asks for.
struct deliveries_request {
    delivery_filter filter;
    std::int64_t behind = 0;
    std::size_t limit = usual_on_a_page;
};

deliveries_request read_deliveries_request(std::string_view text);

/// What GET /v1/events asks for.
struct events_request {
    /// Without a place: what comes from now on.
    result_query query;
    log_limit logs = log_limit::truncate;
};

/// The header is `Last-Event-ID`; empty if there is none.
events_request read_events_request(std::string_view text, std::string_view last_event_id);

/// What the body of POST /v1/watches asks for; of their first_seen_at nothing is said.
std::vector<watch_record> read_new_watches(std::string_view body, std::string_view base_url,
                                           std::vector<std::string> const& sinks);

/// What the body of POST /v1/deliveries/retry or drop chooses.
delivery_filter read_delivery_choice(std::string_view body);

/// The run that two parts of a path name, decoded.
run_key read_run(std::string_view test_id, std::string_view run_id);

} // namespace runwatch::control
