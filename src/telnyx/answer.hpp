#pragma once

#include "runwatch/http_client.hpp"
#include "runwatch/rate_limit.hpp"
#include "runwatch/result.hpp"
#include "runwatch/run.hpp"
#include "runwatch/run_source.hpp"
#include "runwatch/secret.hpp"
#include "runwatch/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace runwatch::telnyx {

/// Reads the answer to a look at a run, whatever it is. `now` is the time of day by the API's clock, for a Retry-After
/// that is a date and an answer that has no date of its own.
result<test_run> read_answer(http_response const& response, run_key const& asked, timestamp now);

/// Reads the answer to a question about a test, likewise.
result<test_description> read_test_answer(http_response const& response, std::string const& test_id, timestamp now);

/// Reads the answer to a question for the names of all suites, likewise.
result<std::vector<std::string>> read_suites_answer(http_response const& response, timestamp now);

/// What a request was about, for the words of a message.
enum class subject { run, runs, test, suites };

/// An answer's status and what it says, as messages quote it: `HTTP 503, code 10016: Down for maintenance`.
std::string quoted(http_response const& response);

/// Reads an answer that is no success.
failure read_failure(http_response const& response, subject asked, timestamp now);

/// The failure to make sense of a success: if that is a web page, of a gateway, then this says more than what it lacks.
failure explain(http_response const& response, failure senseless);

/// What an answer says of the API's rate limit. Nothing if a header is missing or senseless; limits of 0 are what mock
/// servers send that know none. The reset may also be a time since 1970, by the API's clock.
std::optional<rate_limit_note> read_rate_limit(http_response const& response, timestamp now);

/// Reads the answer to a list of tests, of which nothing but its success counts.
result<void> read_list_answer(http_response const& response, timestamp now);

/// How long an answer asks to wait: `retry-after-ms`, `retry-after` in seconds or as a date, or on a 429
/// `x-ratelimit-reset`. At most an hour; nothing if none of them makes sense.
std::optional<duration> retry_after(http_response const& response, timestamp now);

/// When an answer was written, by the API's clock: its `Date`. Nothing if there is none, a cache says by `Age` that
/// this is a copy, or it is more than a year from `now`, our time of day: no clock is, but many a header is made up.
std::optional<timestamp> date_of(http_response const& response, timestamp now);

/// The answer without a secret that it may quote: messages are made of parts of it.
http_response without(secret const& hidden, http_response response);

} // namespace runwatch::telnyx
