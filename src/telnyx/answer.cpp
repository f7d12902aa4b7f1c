#include "telnyx/answer.hpp"

#include "runwatch/retry_after.hpp"
#include "runwatch/text.hpp"
#include "telnyx/decode.hpp"

#include <utility>

namespace runwatch::telnyx {
namespace {

/// A wait beyond this is a mistake of the peer, or so long that asking once in between does no harm.
constexpr duration longest_wait = std::chrono::hours{1};

constexpr duration most_skew = std::chrono::days{366};

/// An answer's status and what it says, as messages quote it: `503, code 10016: Down for maintenance`.
std::string quoted(http_response const& response) {
    auto text = "HTTP " + std::to_string(response.status);
    auto said = error_text(response.body);
    if (said.empty() && !trim(response.body).empty())
        said = response.header("content-type").find("html") != std::string_view::npos
                   ? "an HTML page, not the API's answer"
                   : to_printable(trim(response.body), 80);
    return said.empty() ? text : text + ", " + said;
}

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

std::string message_for(http_response const& response, failure_kind kind) {
    auto const said = " (" + quoted(response) + ")";
    switch (response.status) {
    case 401:
        return "the API refused the key" + said + ": check that the API key is valid and whole";
    case 403:
        return "the API does not let this key read the run" + said + ": use a key of the account that owns it";
    case 404:
        if (kind == failure_kind::not_found)
            return "the API knows no such run" + said + ": check the ids, and that the key belongs to the same account";
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

failure read_failure(http_response const& response, timestamp now) {
    auto kind = kind_of(response);
    auto const wait = retry_after(response, now);
    auto const retry = trim(response.header("x-should-retry"));
    if (retry == "true" && kind != failure_kind::throttled)
        kind = failure_kind::transient;
    else if (retry == "false" && kind == failure_kind::transient)
        kind = failure_kind::permanent;
    if (kind == failure_kind::transient && wait)
        kind = failure_kind::throttled;
    return {kind, message_for(response, kind), wait};
}

} // namespace

std::optional<duration> retry_after(http_response const& response, timestamp now) {
    using namespace std::chrono_literals;
    if (auto const wait = wait_in(response.header("retry-after-ms"), 1ms, longest_wait))
        return wait;
    if (auto const wait = runwatch::retry_after(response, now, longest_wait))
        return wait;
    if (response.status == 429)
        return wait_in(response.header("x-ratelimit-reset"), 1s, longest_wait);
    return std::nullopt;
}

result<void> read_list_answer(http_response const& response, timestamp now) {
    if (response.status / 100 == 2 && is_json_object(response.body))
        return {};
    auto const said = " (" + quoted(response) + ")";
    if (response.status / 100 == 2)
        return failure{failure_kind::transient, "the answer is not the API's" + said + ": check the base URL"};
    auto refusal = read_failure(response, now);
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
        return read_failure(response, now);
    auto run = decode_run(response.body, asked);
    if (!run && response.header("content-type").find("html") != std::string_view::npos)
        return failure{failure_kind::transient, "the API's answer is an HTML page (HTTP " +
                                                    std::to_string(response.status) +
                                                    "), likely of a gateway in between: check the base URL"};
    return run;
}

} // namespace runwatch::telnyx
