#include "telnyx/decode.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/run_json.hpp"
#include "runwatch/text.hpp"

namespace json = boost::json;

namespace runwatch::telnyx {
namespace {

/// JSON's own word for what a value is, for a message.
std::string_view kind_of(json::value const* value) {
    if (value == nullptr)
        return "no status";
    if (value->is_null())
        return "the status null";
    return value->is_string() ? "an empty status" : "a status that is no string";
}

failure senseless(std::string const& what) {
    return {failure_kind::transient, "the API's answer makes no sense: " + what};
}

void append(std::string& text, std::string_view separator, std::string const& piece) {
    if (piece.empty())
        return;
    if (!text.empty())
        text += separator;
    text += piece;
}

} // namespace

result<test_run> decode_run(std::string_view body, run_key const& asked) {
    // A verdict is not lost over a broken byte in the logs.
    auto text = to_valid_utf8(body);
    if (text.starts_with("\xEF\xBB\xBF"))
        text.erase(0, 3);
    auto const parsed = parse_foreign_json(text);
    if (trim(text).empty())
        return senseless("it is empty");
    if (!parsed)
        return senseless("it is not valid JSON, or was cut short: " + to_printable(text, 80));
    if (!parsed->is_object())
        return senseless("it is not a JSON object: " + to_printable(text, 80));

    auto const* object = &parsed->get_object();
    std::string_view raw = trim(text);
    if (auto const* const data = object->if_contains("data");
        !object->contains("run_id") && data != nullptr && data->is_object()) {
        object = &data->get_object();
        raw = json_member(raw, "data");
    }

    auto const run_id = string_member(*object, "run_id");
    if (run_id.empty())
        return senseless("it names no run_id");
    if (run_key{asked.test_id, run_id} != asked)
        return senseless("it is about another run, " + to_printable(run_id, 80));
    auto run = read_run(asked, *object, json_on_one_line(raw));
    if (run.status_text.empty())
        return senseless("it has " + std::string{kind_of(object->if_contains("status"))});
    return run;
}

std::string error_text(std::string_view body) {
    auto const parsed = parse_foreign_json(to_valid_utf8(body));
    if (!parsed || !parsed->is_object())
        return {};
    auto const& object = parsed->get_object();
    std::string text;
    if (auto const* const errors = object.if_contains("errors"); errors != nullptr && errors->is_array()) {
        for (auto const& error : errors->get_array()) {
            if (!error.is_object())
                continue;
            auto const code = string_member(error.get_object(), "code");
            std::string one = code.empty() ? "" : "code " + code;
            append(one, ": ", string_member(error.get_object(), "title"));
            append(one, ": ", string_member(error.get_object(), "detail"));
            append(text, "; ", one);
        }
    } else if (auto const* const details = object.if_contains("detail"); details != nullptr && details->is_array()) {
        for (auto const& detail : details->get_array()) {
            if (!detail.is_object())
                continue;
            auto const* const place = detail.get_object().if_contains("loc");
            auto one = string_member(detail.get_object(), "msg");
            if (place != nullptr && place->is_array() && !place->get_array().empty() &&
                place->get_array().back().is_string())
                one.insert(0, std::string{place->get_array().back().get_string()} + ": ");
            append(text, "; ", one);
        }
    } else {
        append(text, ": ", string_member(object, "title"));
        append(text, ": ", string_member(object, "detail"));
    }
    return to_printable(text);
}

bool is_json_object(std::string_view body) {
    auto const parsed = parse_foreign_json(to_valid_utf8(body));
    return parsed && parsed->is_object();
}

} // namespace runwatch::telnyx
