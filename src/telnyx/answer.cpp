#include "telnyx/answer.hpp"

#include "runwatch/retry_after.hpp"
#include "runwatch/text.hpp"
#include "telnyx/decode.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace runwatch::telnyx {
namespace {

/// A wait beyond this is a mistake of the peer, or so long that asking once in between does no harm.
constexpr duration longest_wait = std::chrono::hours{1};

constexpr duration most_skew = std::chrono::days{366};

/// What a status means for the caller, before headers have their say.
failure_kind kind_of(http_response const& response) {
    switch (response.status) {
    case 401:
    case 403:
        return failure_kind::refused;
    case 404:
        // Only the API itself knows that a run does not exist; a gateway's page tells of the gateway.
        return is_json_object(response.body) ? failure_kind::not_found : failure_kind::transient;
    case 429:
        return failure_kind::throttled;
    case 408:
    case 409:
    case 425:
        return failure_kind::transient;
    default:
        if (response.status / 100 == 4 && is_json_object(response.body))
            return failure_kind::permanent;
        return failure_kind::transient;
    }
}

/// How a message names what was asked for.
struct words {
    std::string_view it;
    std::string_view unknown;
};

words words_for(subject asked) {
    switch (asked) {
    case subject::run:
        return {"the run", "such run"};
    case subject::runs:
        return {"these runs", "such list of runs"};
    case subject::test:
        return {"the test", "such test"};
    case subject::suites:
        return {"these suites", "list of suites"};
    }
    return {};
}

std::string message_for(http_response const& response, failure_kind kind, subject asked) {
    auto const said = " (" + quoted(response) + ")";
    auto const [it, unknown] = words_for(asked);
    switch (response.status) {
    case 401:
        return "the API refused the key" + said + ": check that the API key is valid and whole";
    case 403:
        return "the API does not let this key read " + std::string{it} + said +
               ": use a key of the account that owns " +
               (asked == subject::runs || asked == subject::suites ? "them" : "it");
    case 404:
        if (kind == failure_kind::not_found)
            return "the API knows no " + std::string{unknown} + said +
                   ": check the ids, and that the key belongs to the same account";
        return "the address was not found, and not by the API itself" + said + ": check the base URL";
    case 429:
        return "the API asks to slow down" + said;
    default:
        break;
    }
    if (response.status / 100 == 3)
        return "the API's address redirects" + said + " to " + to_printable(redacted_url(response.header("location"))) +
               ", which is never followed: check the base URL";
    if (kind == failure_kind::permanent && response.status / 100 == 4)
        return "the API refused the request" + said + ": check the ids";
    if (kind == failure_kind::permanent)
        return "the API failed" + said + " and asks not to be asked again";
    return "the API failed" + said;
}

/// What does not count seconds from now but from 1970; and what counts milliseconds.
constexpr double first_epoch_second = 1e9;
constexpr double first_epoch_millisecond = 1e12;

/// How long it is until the time that `x-ratelimit-reset` tells.
std::optional<duration> reset_in(http_response const& response, timestamp now) {
    auto const text = trim(response.header("x-ratelimit-reset"));
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value < 0)
        return std::nullopt;
    value *= value < first_epoch_millisecond ? 1000 : 1;
    if (value >= first_epoch_second * 1000)
        value -= static_cast<double>(now.time_since_epoch().count());
    return duration{
        static_cast<duration::rep>(std::ceil(std::clamp(value, 0.0, static_cast<double>(longest_wait.count()))))};
}

std::optional<std::uint64_t> number_in(std::string_view header_value) {
    auto const text = trim(header_value);
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

} // namespace

std::string quoted(http_response const& response) {
    auto text = "HTTP " + std::to_string(response.status);
    auto said = error_text(response.body);
    if (said.empty() && !trim(response.body).empty())
        said = response.header("content-type").find("html") != std::string_view::npos
                   ? "an HTML page, not the API's answer"
                   : to_printable(trim(response.body), 80);
    return said.empty() ? text : text + ", " + said;
}

failure read_failure(http_response const& response, subject asked, timestamp now) {
    auto kind = kind_of(response);
    auto const wait = retry_after(response, now);
    auto const retry = trim(response.header("x-should-retry"));
    if (retry == "true" && kind != failure_kind::throttled)
        kind = failure_kind::transient;
    else if (retry == "false" && kind == failure_kind::transient)
        kind = failure_kind::permanent;
    if (kind == failure_kind::transient && wait)
        kind = failure_kind::throttled;
    return {kind, message_for(response, kind, asked), wait};
}

failure explain(http_response const& response, failure senseless) {
    if (response.header("content-type").find("html") == std::string_view::npos)
        return senseless;
    return {failure_kind::transient, "the API's answer is an HTML page (HTTP " + std::to_string(response.status) +
                                         "), likely of a gateway in between: check the base URL"};
}

std::optional<rate_limit_note> read_rate_limit(http_response const& response, timestamp now) {
    auto const limit = number_in(response.header("x-ratelimit-limit"));
    auto const remaining = number_in(response.header("x-ratelimit-remaining"));
    auto const reset = reset_in(response, now);
    if (!limit || !remaining || !reset || *limit == 0)
        return std::nullopt;
    return rate_limit_note{*limit, *remaining, *reset};
}

std::optional<duration> retry_after(http_response const& response, timestamp now) {
    using namespace std::chrono_literals;
    if (auto const wait = wait_in(response.header("retry-after-ms"), 1ms, longest_wait))
        return wait;
    if (auto const wait = runwatch::retry_after(response, now, longest_wait))
        return wait;
    if (auto const reset = reset_in(response, now); response.status == 429 && reset && *reset > 0ms)
        return reset;
    return std::nullopt;
}

result<void> read_list_answer(http_response const& response, timestamp now) {
    if (response.status / 100 == 2 && is_json_object(response.body))
        return {};
    auto const said = " (" + quoted(response) + ")";
    if (response.status / 100 == 2)
        return failure{failure_kind::transient, "the answer is not the API's" + said + ": check the base URL"};
    auto refusal = read_failure(response, subject::test, now);
    if (response.status == 403)
        refusal.message = "the API does not let this key list tests" + said + ": use a key that may";
    else if (refusal.kind == failure_kind::not_found || refusal.kind == failure_kind::permanent)
        refusal.message = "the API knows no list of tests" + said + ": check the base URL";
    return refusal;
}

std::optional<timestamp> date_of(http_response const& response, timestamp now) {
    auto const age = trim(response.header("age"));
    auto const date = parse_http_date(trim(response.header("date")));
    if (!date || (!age.empty() && age != "0") || std::chrono::abs(*date - now) > most_skew)
        return std::nullopt;
    return date;
}

http_response without(secret const& hidden, http_response response) {
    response.body = hidden.redact(std::move(response.body));
    for (auto& header : response.headers)
        header.value = hidden.redact(std::move(header.value));
    return response;
}

result<test_run> read_answer(http_response const& response, run_key const& asked, timestamp now) {
    if (response.status / 100 != 2)
        return read_failure(response, subject::run, now);
    auto run = decode_run(response.body, asked);
    if (!run)
        return explain(response, run.error());
    return run;
}

result<test_description> read_test_answer(http_response const& response, std::string const& test_id, timestamp now) {
    if (response.status / 100 != 2)
        return read_failure(response, subject::test, now);
    auto test = decode_test(response.body, test_id);
    if (!test)
        return explain(response, test.error());
    return test;
}

result<std::vector<std::string>> read_suites_answer(http_response const& response, timestamp now) {
    if (response.status / 100 != 2)
        return read_failure(response, subject::suites, now);
    auto names = decode_suites(response.body);
    if (!names)
        return explain(response, names.error());
    return names;
}

} // namespace runwatch::telnyx
