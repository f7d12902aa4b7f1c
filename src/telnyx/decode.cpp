#include "telnyx/decode.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/run_json.hpp"
#include "runwatch/text.hpp"

#include <utility>

namespace json = boost::json;

namespace runwatch::telnyx {
namespace {

/// JSON's own word for what a value is, for a message.
std::string_view kind_of(std::string_view status) {
    if (status.empty())
        return "no status";
    if (status == "null")
        return "the status null";
    return status.starts_with('"') ? "an empty status" : "a status that is no string";
}

/// Sees to it that a text is a JSON object, as is_mended_json() does; the failure says what is there instead.
result<void> check_object(std::string_view& text, std::string& mended, run_members* object = nullptr) {
    if (text.empty())
        return senseless("it is empty");
    if (!is_mended_json(text, mended, object))
        return senseless("it is not valid JSON, or was cut short: " + to_printable(text, 80));
    if (!text.starts_with('{'))
        return senseless("it is not a JSON object: " + to_printable(text, 80));
    return {};
}

/// The object that a gateway has put in `data`; null if there is none, or the answer has the member itself.
json::object const* object_in_data(json::object const& answer, std::string_view member) {
    auto const* const data = answer.if_contains("data");
    auto const wraps = data != nullptr && data->is_object() && !answer.contains({member.data(), member.size()});
    return wraps ? &data->get_object() : nullptr;
}

/// A number of seconds that a conversation can last: from a second to a day.
std::optional<duration> seconds_of(json::value const* value) {
    if (value == nullptr || !value->is_number())
        return std::nullopt;
    boost::system::error_code error;
    auto const seconds = value->to_number<double>(error);
    constexpr double most = 24.0 * 60 * 60;
    if (error || !(seconds >= 1 && seconds <= most))
        return std::nullopt;
    return duration{static_cast<duration::rep>(seconds * 1000)};
}

void append(std::string& text, std::string_view separator, std::string_view piece) {
    if (piece.empty())
        return;
    if (!text.empty())
        text += separator;
    text += piece;
}

} // namespace

failure senseless(std::string const& why) {
    return {failure_kind::transient, "the API's answer makes no sense: " + why};
}

bool is_mended_json(std::string_view& text, std::string& mended, run_members* object) {
    auto const is_good = [&text, object] { return object == nullptr ? is_json(text) : object->read(text); };
    if (is_good())
        return true;
    // A verdict is not lost over a broken byte in the logs.
    mended = to_valid_utf8(text);
    if (mended == text)
        return false;
    text = mended;
    return is_good();
}

std::string_view without_mark(std::string_view text) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (text.starts_with(mark))
        text.remove_prefix(mark.size());
    return trim(text);
}

result<test_run> decode_run(std::string_view body, run_key const& asked) {
    std::string mended;
    auto raw = without_mark(body);
    run_members object;
    if (auto const usable = check_object(raw, mended, &object); !usable)
        return usable.error();

    if (object.run_id.empty() && object.data.starts_with('{')) {
        raw = object.data;
        object = run_members{raw};
    }
    auto const run_id = json_string(object.run_id);
    if (run_id.empty())
        return senseless("it names no run_id");
    if (!same_id(run_id, asked.run_id))
        return senseless("it is about another run, " + to_printable(run_id, 80));
    auto run = read_run(asked, object, json_on_one_line(raw));
    if (run.status_text.empty())
        return senseless("it has " + std::string{kind_of(object.status)});
    return run;
}

result<test_description> decode_test(std::string_view body, std::string const& test_id) {
    std::string mended;
    auto text = without_mark(body);
    if (auto const usable = check_object(text, mended); !usable)
        return usable.error();
    auto const parsed = parse_foreign_json(text);
    if (!parsed)
        return senseless("it is not valid JSON: " + to_printable(text, 80));
    auto const* object = &parsed->get_object();
    if (auto const* const wrapped = object_in_data(*object, "test_id"))
        object = wrapped;
    std::string const named{string_member(*object, "test_id")};
    if (named.empty())
        return senseless("it names no test_id");
    if (run_key{named, {}} != run_key{test_id, {}})
        return senseless("it is about another test, " + to_printable(named, 80));
    return test_description{std::string{string_member(*object, "test_suite")},
                            seconds_of(object->if_contains("max_duration_seconds"))};
}

result<std::vector<std::string>> decode_suites(std::string_view body) {
    std::string mended;
    auto text = without_mark(body);
    if (auto const usable = check_object(text, mended); !usable)
        return usable.error();
    auto const data = json_member(text, "data");
    if (!data.starts_with('['))
        return senseless("it holds no list of suites");
    std::vector<std::string> names;
    for (json_walk walk{data}; walk.next();)
        if (auto name = json_string(walk.value()); !name.empty() && name != "." && name != "..")
            names.push_back(std::move(name));
    return names;
}

std::string error_text(std::string_view body) {
    std::string mended;
    if (!is_mended_json(body, mended))
        return {};
    auto const parsed = parse_foreign_json(body);
    if (!parsed || !parsed->is_object())
        return {};
    auto const& object = parsed->get_object();
    std::string text;
    if (auto const* const errors = object.if_contains("errors"); errors != nullptr && errors->is_array()) {
        for (auto const& error : errors->get_array()) {
            if (!error.is_object())
                continue;
            std::string const code{string_member(error.get_object(), "code")};
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
            std::string one{string_member(detail.get_object(), "msg")};
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
    std::string mended;
    return is_mended_json(body, mended) && trim(body).starts_with('{');
}

} // namespace runwatch::telnyx
