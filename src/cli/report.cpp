#include "cli/report.hpp"

#include "runwatch/run_json.hpp"
#include "runwatch/text.hpp"
#include "runwatch/units.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace runwatch::cli {
namespace {

/// What every report to standard output shares.
class output_report : public report {
public:
    explicit output_report(output& to) : to_(to) {}

    std::string trouble() const override {
        return to_.error() == 0 ? ""
                                : "standard output could not be written: " + std::string{std::strerror(to_.error())};
    }

protected:
    output& to_;
};

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

/// A criterion's status as it begins a line: whatever is not a plain word is quoted. A line that begins with `::`,
/// after whatever blanks, would be a command to whoever runs a workflow.
std::string leading_status(std::string_view status) {
    auto const plain = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
    };
    if (!status.empty() && std::ranges::all_of(status, plain))
        return to_printable(status, 20);
    return '"' + to_printable(status, 20) + '"';
}

std::string text_summary(run_result const& result) {
    auto text = padded(std::string{to_string(result.ended)}, 11) + "  " + to_printable(result.key.ref(), 600) + "  " +
                format_duration(run_duration(result)) + '\n';
    // Where the criteria say it all, their list below is the explanation.
    auto const criteria_tell = result.ended == outcome::failed && !criteria_with(result, "failed").empty();
    if (auto const why = explanation(result); !why.empty() && !criteria_tell)
        text += "    " + why + '\n';
    if (result.run)
        for (auto const& each : criteria_of(*result.run))
            text += "    " + padded(leading_status(each.status), 9) + "  " + to_printable(each.name) + '\n';
    return text;
}

class text_report : public output_report {
public:
    text_report(output& to, bool at_the_end) : output_report(to), at_the_end_(at_the_end) {}

    void add(run_result const& result) override {
        if (!at_the_end_)
            to_.write(text_summary(result));
    }

    void finish(std::span<run_result const> results, exit_status status) override {
        for (auto const& result : results)
            if (at_the_end_ || result.ended == outcome::unfinished)
                to_.write(text_summary(result));
        to_.write(verdict_line(results, status) + '\n');
    }

private:
    bool at_the_end_;
};

class verdict_report : public output_report {
public:
    using output_report::output_report;

    void add(run_result const&) override {}

    void finish(std::span<run_result const> results, exit_status status) override {
        to_.write(verdict_line(results, status) + '\n');
    }
};

class json_report : public output_report {
public:
    using output_report::output_report;

    void add(run_result const&) override {}

    void finish(std::span<run_result const> results, exit_status) override {
        std::string text = "[";
        for (auto const& result : results)
            text += (text.size() == 1 ? "\n" : ",\n") + to_json(result);
        to_.write(text + "\n]\n");
    }
};

class jsonl_report : public output_report {
public:
    using output_report::output_report;

    void add(run_result const& result) override { to_.write(to_json(result) + '\n'); }

    void finish(std::span<run_result const> results, exit_status) override {
        for (auto const& result : results)
            if (result.ended == outcome::unfinished)
                add(result);
    }
};

class started_report : public output_report {
public:
    started_report(output& to, bool as_json) : output_report(to), as_json_(as_json) {}

    void add(run_result const& result) override {
        to_.write((as_json_ ? to_json(result) : to_printable(result.key.ref(), 600)) + '\n');
    }

    void finish(std::span<run_result const>, exit_status) override {}

private:
    bool as_json_;
};

std::string_view word_for(exit_status status) {
    switch (status) {
    case exit_status::passed:
        return "passed";
    case exit_status::failed:
        return "failed";
    case exit_status::error:
        return "error";
    case exit_status::unwatchable:
        return "unwatchable";
    default:
        return "unfinished";
    }
}

} // namespace

void report::miss(missing_start const&) {}

std::string verdict_line(std::span<run_result const> results, exit_status status) {
    constexpr std::array order{outcome::passed,      outcome::failed,    outcome::error,
                               outcome::unwatchable, outcome::timed_out, outcome::unfinished};
    std::string counts;
    for (auto const each : order)
        if (auto const count = std::ranges::count(results, each, &run_result::ended); count != 0)
            counts += (counts.empty() ? "" : ", ") + std::to_string(count) + ' ' + std::string{to_string(each)};
    if (results.empty())
        return std::string{word_for(status)} + ": no run is known to have started";
    return std::string{word_for(status)} + ": " + counted(results.size(), "run", "runs") +
           (counts.empty() ? "" : ", " + counts);
}

std::string criteria_with(run_result const& result, std::string_view status) {
    std::string names;
    if (result.run)
        for (auto const& each : criteria_of(*result.run))
            if (each.status == status)
                names += (names.empty() ? "" : ", ") + to_printable(each.name);
    return names;
}

std::string explanation(run_result const& result) {
    switch (result.ended) {
    case outcome::passed:
        return {};
    case outcome::failed: {
        auto const names = criteria_with(result, "failed");
        return names.empty() ? "no criterion is marked as failed" : "failed criteria: " + names;
    }
    case outcome::error: {
        auto const whole = result.run ? logs_of(*result.run) : std::string{};
        auto const logs = trim(whole);
        return logs.empty() ? "the API gives no cause" : "cause: " + to_printable(logs);
    }
    default:
        return to_printable(result.reason, 500);
    }
}

std::unique_ptr<report> make_text_report(output& to, bool at_the_end) {
    return std::make_unique<text_report>(to, at_the_end);
}

std::unique_ptr<report> make_verdict_report(output& to) { return std::make_unique<verdict_report>(to); }

std::unique_ptr<report> make_json_report(output& to) { return std::make_unique<json_report>(to); }

std::unique_ptr<report> make_started_report(output& to, bool as_json) {
    return std::make_unique<started_report>(to, as_json);
}

std::unique_ptr<report> make_jsonl_report(output& to) { return std::make_unique<jsonl_report>(to); }

} // namespace runwatch::cli
