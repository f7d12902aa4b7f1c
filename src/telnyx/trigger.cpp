#include "telnyx/trigger.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/run_json.hpp"
#include "runwatch/text.hpp"
#include "telnyx/answer.hpp"
#include "telnyx/decode.hpp"
#include "telnyx/urls.hpp"

#include <string>
#include <utility>

namespace runwatch::telnyx {
namespace {

/// The run that an entry of the answer names; a failure with what is wrong with it if it names none.
result<run_key> key_of(std::string_view entry, run_members const& object, run_order const& order) {
    if (!entry.starts_with('{'))
        return failure{failure_kind::permanent, "what should be a run is no JSON object"};
    run_key named{json_string(object.test_id), json_string(object.run_id)};
    if (!order.test_id.empty()) {
        if (!named.test_id.empty() && !same_id(named.test_id, order.test_id))
            return failure{failure_kind::permanent, "it is about another test, " + to_printable(named.test_id, 80)};
        named.test_id = order.test_id;
    }
    if (auto const flaw = flaw_of_id(named.test_id, "its test_id"); !flaw.empty())
        return failure{failure_kind::permanent, flaw};
    if (auto const flaw = flaw_of_id(named.run_id, "its run_id"); !flaw.empty())
        return failure{failure_kind::permanent, flaw};
    return named;
}

/// Adds the run in one entry of an answer, whose text is valid JSON, to those that were started.
void add(std::string_view entry, run_order const& order, started_runs& into) {
    run_members const object{entry};
    auto key = key_of(entry, object, order);
    if (key)
        into.runs.push_back(read_run(*std::move(key), object, json_on_one_line(entry)));
    else if (into.flaw.empty())
        into.flaw = key.error().message;
}

started_runs nothing_but(failure const& flaw) {
    started_runs none;
    none.flaw = flaw.message;
    return none;
}

/// What a success says; the flaw of one that says nothing is the whole message.
started_runs decode_started(std::string_view body, run_order const& order) {
    std::string mended;
    auto text = without_mark(body);
    if (!is_mended_json(text, mended))
        return nothing_but(senseless(
            text.empty() ? "it is empty" : "it is not valid JSON, or was cut short: " + to_printable(text, 80)));
    if (run_members const object{text}; object.run_id.empty() && !object.data.empty())
        text = object.data;
    started_runs started;
    if (text.starts_with('['))
        for (json_walk walk{text}; walk.next();)
            add(walk.value(), order, started);
    else
        add(text, order, started);
    if (started.runs.empty() && !started.flaw.empty())
        return nothing_but(senseless(started.flaw));
    if (started.runs.empty() && !order.test_id.empty())
        return nothing_but(senseless("it names no run"));
    return started;
}

/// What an answer that is no success says of what was to be started.
std::string message_for(http_response const& response, failure_kind kind, run_order const& order) {
    auto const said = " (" + quoted(response) + ")";
    auto const of_test = order.suite.empty();
    if (response.status == 403)
        return "the API does not let this key start it" + said + ": use a key of the account that owns it";
    if (kind == failure_kind::not_found)
        return std::string{"the API knows no such "} + (of_test ? "test" : "suite") + said + ": check the " +
               (of_test ? "id" : "name") + ", and that the key belongs to the same account";
    if (response.status == 400 && !order.version.empty())
        return "the API refused the request" + said + ": check the version, \"" + to_printable(order.version, 80) +
               "\"";
    return "the API refused the request" + said;
}

} // namespace

result<http_request> trigger_request(std::string_view base_url, run_order const& order) {
    auto url = trigger_url(base_url, order);
    if (!url)
        return url.error();
    http_request request;
    request.method = "POST";
    request.url = *std::move(url);
    request.headers.emplace_back("Idempotency-Key", order.idempotency_key);
    if (!order.version.empty()) {
        request.headers.emplace_back("Content-Type", "application/json");
        request.body = R"({"destination_version_id":)" + json_quote(order.version) + '}';
    }
    // The key makes it so.
    request.idempotent = true;
    return request;
}

result<started_runs> read_trigger_answer(http_response const& response, run_order const& order, timestamp now) {
    if (response.status / 100 == 2) {
        auto started = decode_started(response.body, order);
        if (started.runs.empty() && !started.flaw.empty())
            started.flaw = explain(response, failure(failure_kind::transient, started.flaw)).message;
        return started;
    }
    auto refusal = read_failure(response, subject::test, now);
    auto const is_ours = refusal.kind == failure_kind::refused || refusal.kind == failure_kind::not_found ||
                         refusal.kind == failure_kind::permanent;
    if (is_ours && response.status != 401 && response.status / 100 == 4)
        refusal.message = message_for(response, refusal.kind, order);
    return refusal;
}

} // namespace runwatch::telnyx
