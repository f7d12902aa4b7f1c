#include "store/rows.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/run_json.hpp"

#include <array>

namespace runwatch::state {
namespace {

constexpr std::array states{delivery_state::pending, delivery_state::delivered, delivery_state::dead,
                            delivery_state::orphaned, delivery_state::dropped};

constexpr std::array outcomes{outcome::passed,      outcome::failed,    outcome::error,
                              outcome::unwatchable, outcome::timed_out, outcome::unfinished};

} // namespace

std::string canonical_test(std::string_view test_id) {
    auto text = run_key{std::string{test_id}, {}}.canonical();
    text.pop_back();
    return text;
}

delivery_state to_delivery_state(std::string_view text) {
    for (auto const state : states)
        if (to_string(state) == text)
            return state;
    throw state_error{"the state file holds a delivery that is '" + std::string{text} +
                      "', which nobody knows; restore a copy of the file, or move it away to begin anew"};
}

outcome to_outcome(std::string_view text) {
    for (auto const value : outcomes)
        if (to_string(value) == text)
            return value;
    throw state_error{"the state file holds a run that ended as '" + std::string{text} +
                      "', which nobody knows; restore a copy of the file, or move it away to begin anew"};
}

std::vector<std::string> to_texts(std::string_view json_list) {
    std::vector<std::string> texts;
    auto const parsed = parse_foreign_json(json_list);
    if (parsed && parsed->is_array())
        for (auto const& text : parsed->get_array())
            if (text.is_string())
                texts.emplace_back(text.get_string());
    return texts;
}

std::string to_json_list(std::vector<std::int64_t> const& numbers) {
    std::string list = "[";
    for (auto const number : numbers)
        list.append(list.size() == 1 ? "" : ",").append(std::to_string(number));
    return list + ']';
}

std::map<std::string, std::string> to_labels(std::string_view json_object) {
    std::map<std::string, std::string> labels;
    auto const parsed = parse_foreign_json(json_object);
    if (parsed && parsed->is_object())
        for (auto const& member : parsed->get_object())
            if (member.value().is_string())
                labels.emplace(member.key(), member.value().get_string());
    return labels;
}

test_run to_run(run_key const& key, std::string raw) {
    if (auto known = read_run(key, raw))
        return std::move(*known);
    test_run run;
    run.key = key;
    run.raw = std::move(raw);
    return run;
}

run_result to_result(sqlite::cursor const& row, int first) {
    run_result result;
    result.key = run_key{row.text(first), row.text(first + 1)};
    result.ended = to_outcome(row.text(first + 2));
    result.first_seen_at = row.time(first + 3);
    result.detected_at = row.time(first + 4);
    result.polls = static_cast<unsigned>(row.integer(first + 5));
    result.reason = row.text(first + 6);
    result.labels = to_labels(row.text(first + 7));
    if (!row.is_null(first + 8))
        result.previous = previous_result{row.text(first + 8), to_outcome(row.text(first + 9))};
    if (!row.is_null(first + 10))
        result.run = to_run(result.key, row.text(first + 10));
    return result;
}

} // namespace runwatch::state
