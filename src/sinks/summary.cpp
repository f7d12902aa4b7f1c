#include "sinks/summary.hpp"

#include "runwatch/run_json.hpp"
#include "runwatch/text.hpp"
#include "runwatch/units.hpp"

namespace runwatch {
namespace {

constexpr std::size_t most_listed = 10;

/// Adds a text to a list, or counts it once the list is full.
void add(std::vector<std::string>& texts, std::size_t& left_out, std::string text) {
    if (texts.size() < most_listed)
        texts.push_back(std::move(text));
    else
        ++left_out;
}

void finish(std::vector<std::string>& texts, std::size_t left_out) {
    if (left_out != 0)
        texts.push_back("and " + std::to_string(left_out) + " more");
}

} // namespace

summary summarize(run_result const& result) {
    summary told;
    told.verdict = to_string(result.ended);
    told.test_id = to_printable(result.key.test_id, 100);
    told.run_id = to_printable(result.key.run_id, 100);
    told.duration = format_duration(run_duration(result));
    std::size_t left_out = 0;
    if (result.run)
        for (auto const& each : criteria_of(*result.run))
            if (each.status == "failed" || each.status == "error")
                add(told.failed_criteria, left_out, to_printable(each.name, 80));
    finish(told.failed_criteria, left_out);
    if (!result.reason.empty())
        told.why = to_printable(result.reason);
    else if (result.ended == outcome::error && result.run)
        told.why = to_printable(trim(logs_of(*result.run)));
    left_out = 0;
    for (auto const& [name, value] : result.labels)
        add(told.labels, left_out, to_printable(name, 40) + '=' + to_printable(value, 80));
    finish(told.labels, left_out);
    return told;
}

std::string list(std::vector<std::string> const& texts) {
    std::string all;
    for (auto const& each : texts)
        all += (all.empty() ? "" : ", ") + each;
    return all;
}

std::string to_line(run_result const& result) {
    auto const told = summarize(result);
    auto line = format_timestamp(result.detected_at) + ' ' + told.verdict + ' ' + told.test_id + '/' + told.run_id +
                " after " + told.duration;
    if (!told.failed_criteria.empty())
        line += ": failed criteria: " + list(told.failed_criteria);
    if (!told.why.empty())
        line += ": " + told.why;
    if (!told.labels.empty())
        line += " (" + list(told.labels) + ')';
    return line;
}

} // namespace runwatch
