#include "cli/report.hpp"

#include "runwatch/run_json.hpp"
#include "runwatch/text.hpp"
#include "runwatch/units.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace runwatch::cli {
namespace {

/// Escapes the message of a workflow command. Source: actions/toolkit, packages/core/src/command.ts, escapeData.
std::string command_data(std::string_view text) {
    std::string escaped;
    for (auto const letter : text) {
        switch (letter) {
        case '%':
            escaped += "%25";
            break;
        case '\r':
            escaped += "%0D";
            break;
        case '\n':
            escaped += "%0A";
            break;
        default:
            escaped += letter;
        }
    }
    return escaped;
}

/// Escapes a property of a workflow command; likewise escapeProperty.
std::string command_property(std::string_view text) {
    std::string escaped;
    for (auto const letter : command_data(text)) {
        if (letter == ':')
            escaped += "%3A";
        else if (letter == ',')
            escaped += "%2C";
        else
            escaped += letter;
    }
    return escaped;
}

/// Text for a cell of a Markdown table: nothing in it is markup, a link or HTML.
std::string cell(std::string_view text) {
    std::string escaped;
    for (auto const letter : to_printable(text, 500)) {
        if (letter == '&')
            escaped += "&amp;";
        else if (letter == '<')
            escaped += "&lt;";
        else if (letter == '>')
            escaped += "&gt;";
        else if (letter == '@')
            // An entity does not notify the person of that name.
            escaped += "&#64;";
        else {
            if (std::string_view{"\\`*_{}[]()#+!|~:"}.find(letter) != std::string_view::npos)
                escaped += '\\';
            escaped += letter;
        }
    }
    return escaped;
}

std::string_view command_for(outcome ended) {
    switch (ended) {
    case outcome::passed:
        return "notice";
    case outcome::timed_out:
    case outcome::unfinished:
        return "warning";
    default:
        return "error";
    }
}

class github_report : public report {
public:
    github_report(output& to, std::string summary_file) : to_(to), summary_file_(std::move(summary_file)) {}

    void add(run_result const& result) override { to_.write(github_command(result)); }

    void miss(missing_start const& missing) override {
        auto const* const command = missing.is_refused ? "::error title=" : "::warning title=";
        to_.write(command + command_property("not started") + "::" + command_data(missing.text) + '\n');
    }

    void finish(std::span<run_result const> results, exit_status status) override {
        for (auto const& result : results)
            if (result.ended == outcome::unfinished)
                add(result);
        to_.write(verdict_line(results, status) + '\n');
        if (summary_file_.empty())
            return;
        auto const file = ::open(summary_file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        output summary{file};
        if (file >= 0)
            summary.write(github_summary(results, status));
        if (file < 0 || summary.error() != 0)
            trouble_ = "the step summary " + summary_file_ + " could not be written: " + std::strerror(errno);
        if (file >= 0)
            ::close(file);
    }

    std::string trouble() const override {
        if (to_.error() != 0)
            return "standard output could not be written: " + std::string{std::strerror(to_.error())};
        return trouble_;
    }

private:
    output& to_;
    std::string summary_file_;
    std::string trouble_;
};

} // namespace

std::string github_command(run_result const& result) {
    auto const title = "run " + std::string{to_string(result.ended)};
    auto message = to_printable(result.key.ref(), 600) + " " + std::string{to_string(result.ended)} + " after " +
                   format_duration(run_duration(result));
    if (auto const why = explanation(result); !why.empty())
        message += "; " + why;
    return "::" + std::string{command_for(result.ended)} + " title=" + command_property(title) +
           "::" + command_data(message) + '\n';
}

std::string github_summary(std::span<run_result const> results, exit_status status) {
    auto text = "### runwatch: " + cell(verdict_line(results, status)) +
                "\n\n| Run | Verdict | Duration | Criteria |\n| --- | --- | --- | --- |\n";
    for (auto const& result : results) {
        std::string criteria;
        if (result.run)
            for (auto const& each : criteria_of(*result.run))
                criteria += (criteria.empty() ? "" : "<br>") + cell(each.name) + ": " + cell(each.status);
        if (auto const why = explanation(result); criteria.empty() && !why.empty())
            criteria = cell(why);
        text += "| " + cell(result.key.ref()) + " | " + cell(to_string(result.ended)) + " | " +
                format_duration(run_duration(result)) + " | " + criteria + " |\n";
    }
    return text + '\n';
}

std::unique_ptr<report> make_github_report(output& to, std::string summary_file) {
    return std::make_unique<github_report>(to, std::move(summary_file));
}

} // namespace runwatch::cli
