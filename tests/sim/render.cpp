#include "sim/render.hpp"

#include "sim/http_text.hpp"
#include "sim/randomness.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace runwatch::sim {
namespace {

namespace json = boost::json;

std::string show_time(timestamp epoch, duration age) { return format_timestamp(epoch + age); }

/// Log lines, as many as fill `size`.
std::string make_logs(std::uint64_t size) {
    std::string text;
    text.reserve(size + 128);
    for (std::uint64_t line = 1; text.size() < size; ++line)
        text.append("turn ").append(std::to_string(line)).append(": the assistant answered \"Let me look that up\"\n");
    text.resize(size);
    return text;
}

std::string logs_of(known_run const& run, verdict end) {
    auto const& plan = *run.plan;
    if (plan.logs_bytes > 0)
        return make_logs(plan.logs_bytes);
    if (plan.logs)
        return *plan.logs;
    return end == verdict::error ? "The conversation could not be started: no agent answered."
                                 : "Conversation finished after 6 turns.";
}

/// The status of a criterion of a run that has ended: its own, or what suits the verdict.
std::string criterion_status(std::vector<criterion> const& criteria, std::size_t index, verdict end) {
    if (!criteria[index].status.empty())
        return criteria[index].status;
    auto const last = index + 1 == criteria.size();
    return end == verdict::failed && last ? "failed" : "passed";
}

/// A run that ended in error shows its criteria only if the scenario says what they are.
bool shows_criteria(std::vector<criterion> const& criteria, bool broken) {
    auto const said = [](criterion const& each) { return !each.status.empty(); };
    return !broken || (!criteria.empty() && std::ranges::all_of(criteria, said));
}

json::array criteria_of(known_run const& run, bool ended) {
    json::array list;
    auto const& criteria = run.plan->criteria;
    for (std::size_t index = 0; index != criteria.size(); ++index) {
        json::object each;
        each["name"] = criteria[index].name;
        each["status"] = ended ? criterion_status(criteria, index, run.whole.end) : "pending";
        list.push_back(std::move(each));
    }
    return list;
}

void add_optional_members(json::object& object, known_run const& run, moment const& seen, duration begins,
                          timestamp epoch) {
    auto const broken = seen.ended && run.whole.end == verdict::error;
    object["updated_at"] = show_time(epoch, std::max(begins + seen.since, *run.created));
    if (seen.ended || (run.plan->completed_early && seen.last_phase))
        object["completed_at"] = show_time(epoch, begins + seen.since);
    if (!run.suite_run.empty())
        object["test_suite_run_id"] = run.suite_run;
    if (!broken && (seen.ended || seen.last_phase))
        object["conversation_id"] = make_uuid(derive_seed(run.seed, 3));
    if (!broken && seen.ended)
        object["conversation_insights_id"] = make_uuid(derive_seed(run.seed, 4));
    if (seen.ended)
        object["logs"] = logs_of(run, run.whole.end);
    if (shows_criteria(run.plan->criteria, broken))
        object["detail_status"] = criteria_of(run, seen.ended);
}

void apply(run_tweaks const& tweaks, known_run const& run, json::object& object) {
    if (tweaks.other_run)
        object["run_id"] = make_uuid(derive_seed(run.seed, 5));
    if (tweaks.status_value != nullptr)
        object["status"] = *tweaks.status_value;
    if (tweaks.no_status)
        object.erase("status");
    if (tweaks.logs_bytes > 0)
        object["logs"] = make_logs(tweaks.logs_bytes);
    for (auto const& key : run.plan->omit)
        object.erase(key);
    if (tweaks.omit != nullptr)
        for (auto const& key : *tweaks.omit)
            object.erase(key);
}

} // namespace

rendered_run render_run(known_run const& run, duration now, timestamp epoch, run_tweaks const& tweaks) {
    auto const& plan = *run.plan;
    auto const seen = run.at(now);
    json::object object;
    object["run_id"] = run.id;
    object["test_id"] = run.test->plan.id;
    object["status"] = json::string_view(seen.status.data(), seen.status.size());
    object["triggered_by"] = run.triggered_by;
    object["created_at"] = show_time(epoch, run.created.value_or(now));
    if (!plan.bare)
        add_optional_members(object, run, seen, run.begins.value_or(now), epoch);
    for (auto const& member : plan.fields)
        object.insert_or_assign(member.key(), member.value());
    apply(tweaks, run, object);
    rendered_run rendered;
    auto const* const status = object.if_contains("status");
    rendered.terminal = status != nullptr && status->is_string() &&
                        is_terminal(std::string_view(status->as_string().data(), status->as_string().size()));
    auto& text = rendered.text;
    text = json::serialize(object);
    for (auto const& [key, value] : plan.raw_fields) {
        text.back() = text.size() > 2 ? ',' : ' ';
        text.append(json::serialize(json::string(key))).append(":").append(value).append("}");
    }
    return rendered;
}

std::string dress(known_run const& run, std::string text) {
    if (run.plan->wrap)
        text = "{\"data\":" + text + "}";
    return run.plan->pretty ? indent_json(text) : text;
}

std::string render_test(known_test const& test, timestamp epoch) {
    auto const& plan = test.plan;
    json::object object;
    object["test_id"] = plan.id;
    object["name"] = plan.name;
    if (!plan.description.empty())
        object["description"] = plan.description;
    object["telnyx_conversation_channel"] = plan.channel;
    if (!plan.destination.empty())
        object["destination"] = plan.destination;
    object["max_duration_seconds"] = plan.max_duration_seconds;
    if (!plan.suite.empty())
        object["test_suite"] = plan.suite;
    object["instructions"] = "Behave like a customer.";
    json::array rubric;
    for (auto const& name : plan.rubric) {
        json::object item;
        item["name"] = name;
        item["criteria"] = "The assistant shows it throughout the conversation.";
        rubric.push_back(std::move(item));
    }
    object["rubric"] = std::move(rubric);
    object["created_at"] = format_timestamp(epoch - std::chrono::days{30});
    return json::serialize(object);
}

std::string render_array(std::vector<std::string> const& items) {
    std::string text = "[";
    for (auto const& item : items)
        text.append(text.size() > 1 ? "," : "").append(item);
    return text + "]";
}

std::string render_page(std::vector<std::string> const& items, std::size_t total, std::size_t number, std::size_t size,
                        list_meta shown) {
    if (shown == list_meta::none)
        return "{\"data\":" + render_array(items) + "}";
    auto const real = shown == list_meta::real;
    json::object meta;
    meta["total_pages"] = real ? (total + size - 1) / size : 0;
    meta["total_results"] = real ? total : 0;
    meta["page_number"] = real ? number : 0;
    meta["page_size"] = real ? size : 0;
    return "{\"data\":" + render_array(items) + ",\"meta\":" + json::serialize(meta) + "}";
}

std::string render_error(unsigned status, std::string_view detail) {
    // 10009, 10010, 10005 and 10011 are the API's own codes. It has no published list, so the rest is a likeness.
    std::string_view code = status >= 500 ? "10007" : "10015";
    if (status == 401)
        code = "10009";
    else if (status == 403)
        code = "10010";
    else if (status == 404 || status == 405)
        code = "10005";
    else if (status == 429)
        code = "10011";
    return render_error(code, reason_phrase(status), detail);
}

std::string render_error(std::string_view code, std::string_view title, std::string_view detail) {
    json::object error;
    error["code"] = json::string_view(code.data(), code.size());
    error["title"] = json::string_view(title.data(), title.size());
    error["detail"] = json::string_view(detail.data(), detail.size());
    return "{\"errors\":[" + json::serialize(error) + "]}";
}

std::string render_validation_error(std::string_view where, std::string_view name, std::string_view message,
                                    std::string_view type) {
    json::array loc;
    loc.emplace_back(json::string_view(where.data(), where.size()));
    loc.emplace_back(json::string_view(name.data(), name.size()));
    json::object error;
    error["loc"] = std::move(loc);
    error["msg"] = json::string_view(message.data(), message.size());
    error["type"] = json::string_view(type.data(), type.size());
    return "{\"detail\":[" + json::serialize(error) + "]}";
}

std::string render_gateway_page(unsigned status) {
    auto const title = std::to_string(status) + " " + std::string(reason_phrase(status));
    return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
           "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
}

std::string indent_json(std::string_view json) {
    std::string text;
    std::size_t depth = 0;
    auto in_text = false;
    auto const new_line = [&] { text.append("\n").append(2 * depth, ' '); };
    for (std::size_t at = 0; at != json.size(); ++at) {
        auto const letter = json[at];
        if (in_text) {
            text += letter;
            if (letter == '\\' && at + 1 != json.size())
                text += json[++at];
            in_text = letter != '"';
            continue;
        }
        in_text = letter == '"';
        auto const next = at + 1 == json.size() ? '\0' : json[at + 1];
        if (letter == '}' || letter == ']') {
            --depth;
            new_line();
        }
        text += letter;
        if ((letter == '{' && next == '}') || (letter == '[' && next == ']')) {
            text += next;
            ++at;
        } else if (letter == '{' || letter == '[') {
            ++depth;
            new_line();
        } else if (letter == ',') {
            new_line();
        } else if (letter == ':') {
            text += ' ';
        }
    }
    return text + "\n";
}

} // namespace runwatch::sim
