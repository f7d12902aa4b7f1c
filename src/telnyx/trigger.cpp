#include "telnyx/trigger.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/run_json.hpp"
#include "runwatch/text.hpp"
#include "telnyx/answer.hpp"
#include "telnyx/decode.hpp"
#include "telnyx/urls.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <utility>

namespace json = boost::json;

namespace runwatch::telnyx {
namespace {

/// Adds the runs of an answer to those that were started.
class run_collector {
public:
    run_collector(run_order const& order, started_runs& into) : order_(order), into_(into) {}

    /// Takes one entry of the answer.
    void add(json::value const& entry, std::string_view text) {
        auto key = key_of(entry);
        if (key)
            into_.runs.push_back(read_run(*std::move(key), run_members{text}, json_on_one_line(text)));
        else if (into_.flaw.empty())
            into_.flaw = key.error().message;
    }

    /// Takes every entry of an array, whose text is that of valid JSON.
    void add_all(json::array const& entries, std::string_view text) {
        json_walk walk{text};
        for (auto const& entry : entries) {
            walk.next();
            add(entry, walk.value());
        }
    }

private:
    result<run_key> key_of(json::value const& entry) const {
        if (!entry.is_object())
            return failure{failure_kind::permanent, "what should be a run is no JSON object"};
        auto const& object = entry.get_object();
        run_key named{std::string{string_member(object, "test_id")}, std::string{string_member(object, "run_id")}};
        if (!order_.test_id.empty()) {
            if (!named.test_id.empty() && !same_id(named.test_id, order_.test_id))
                return failure{failure_kind::permanent, "it is about another test, " + to_printable(named.test_id, 80)};
            named.test_id = order_.test_id;
        }
        if (auto const flaw = flaw_of_id(named.test_id, "its test_id"); !flaw.empty())
            return failure{failure_kind::permanent, flaw};
        if (auto const flaw = flaw_of_id(named.run_id, "its run_id"); !flaw.empty())
            return failure{failure_kind::permanent, flaw};
        return named;
    }

    run_order const& order_;
    started_runs& into_;
};

started_runs nothing_but(failure const& flaw) {
    started_runs none;
    none.flaw = flaw.message;
    return none;
}

/// What a success says; the flaw of one that says nothing is the whole message.
started_runs decode_started(std::string_view body, run_order const& order) {
    std::string mended;
    auto text = without_mark(body);
    auto const parsed = is_mended_json(text, mended) ? parse_foreign_json(text) : std::nullopt;
    if (!parsed)
        return nothing_but(senseless(
            text.empty() ? "it is empty" : "it is not valid JSON, or was cut short: " + to_printable(text, 80)));
    auto const* answer = &*parsed;
    if (answer->is_object() && !answer->get_object().contains("run_id"))
        if (auto const* const wrapped = answer->get_object().if_contains("data"); wrapped != nullptr) {
            answer = wrapped;
            text = json_member(text, "data");
        }
    started_runs started;
    run_collector collector{order, started};
    if (answer->is_array())
        collector.add_all(answer->get_array(), text);
    else
        collector.add(*answer, text);
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
