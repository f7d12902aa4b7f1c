#include "cli/report.hpp"

#include "runwatch/http_client.hpp"
#include "runwatch/run_json.hpp"
#include "runwatch/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <unistd.h>
#include <utility>
#include <vector>

namespace runwatch::cli {
namespace {

/// Logs beyond this make a report that CI systems refuse.
constexpr std::size_t longest_log = 65'536;

/// Escapes text for XML 1.0, in content and attributes alike. What XML cannot hold becomes U+FFFD. A line end in an
/// attribute would be read as a blank, so there it is escaped too; in content it may stand.
enum class place { attribute, content };

std::string xml(std::string_view text, place where = place::attribute) {
    std::string escaped;
    for (auto const letter : to_valid_utf8(text)) {
        switch (letter) {
        case '&':
            escaped += "&amp;";
            break;
        case '<':
            escaped += "&lt;";
            break;
        case '>':
            escaped += "&gt;";
            break;
        case '"':
            escaped += "&quot;";
            break;
        case '\t':
        case '\n':
        case '\r':
            if (where == place::content && letter != '\r')
                escaped += letter;
            else
                escaped += "&#" + std::to_string(letter) + ';';
            break;
        default:
            if (static_cast<unsigned char>(letter) < 0x20)
                escaped += "\xEF\xBF\xBD";
            else
                escaped += letter;
        }
    }
    // U+FFFE and U+FFFF are the two that valid UTF-8 can hold and XML cannot.
    for (auto const* const forbidden : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
        for (std::size_t at = 0; (at = escaped.find(forbidden, at)) != std::string::npos;)
            escaped.replace(at, 3, "\xEF\xBF\xBD");
    return escaped;
}

std::string seconds(duration value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", static_cast<double>(value.count()) / 1'000);
    return text.data();
}

/// One testcase, and how it counts.
struct test_case {
    std::string name;
    /// `failure`, `error`, `skipped`, or empty for one that passed.
    std::string_view kind;
    std::string message;
};

std::string_view kind_of(std::string_view status) {
    if (status == "passed")
        return "";
    if (status == "failed")
        return "failure";
    return status == "error" ? "error" : "skipped";
}

std::string_view kind_of(outcome ended) {
    switch (ended) {
    case outcome::passed:
        return "";
    case outcome::failed:
        return "failure";
    case outcome::error:
    case outcome::unwatchable:
        return "error";
    default:
        // That nobody looked any longer is not the run's failure.
        return "skipped";
    }
}

std::vector<test_case> cases_of(run_result const& result) {
    std::vector<test_case> cases;
    if (result.run)
        for (auto const& each : criteria_of(*result.run))
            cases.push_back({each.name, kind_of(each.status), "criterion " + each.status});
    // The criteria may not tell the verdict, or there are none: then the run is a case of its own.
    auto const kind = kind_of(result.ended);
    auto const told = std::ranges::any_of(cases, [kind](auto const& each) { return each.kind == kind; });
    if (!told || cases.empty())
        cases.push_back({"run", kind, explanation(result)});
    return cases;
}

/// The names that a suite uses, each with the last number that was put behind it.
using used_names = std::map<std::string, unsigned>;

/// The name of a case as XML, with a number behind it if the suite has it already: of several cases with one name
/// GitLab shows the first alone.
std::string unique_name(std::string const& name, used_names& used) {
    auto const wanted = xml(name);
    auto unique = wanted;
    if (auto& number = used[wanted]; number++ != 0)
        for (unique = wanted + " (" + std::to_string(number) + ')'; used.contains(unique);)
            unique = wanted + " (" + std::to_string(++number) + ')';
    used.emplace(unique, 1);
    return unique;
}

std::string element_of(test_case const& each, std::string const& test_id, run_result const& result, duration time,
                       std::string const& name) {
    auto text = "    <testcase name=\"" + name + "\" classname=\"" + xml(test_id) + "\" time=\"" + seconds(time) + '"';
    if (each.kind.empty())
        return text + "/>\n";
    std::string const kind{each.kind};
    text += ">\n      <" + kind + " message=\"" + xml(each.message) + '"';
    if (each.kind == "skipped")
        return text + "/>\n    </testcase>\n";
    return text + " type=\"" + std::string{to_string(result.ended)} + "\">" + xml("run " + result.key.ref()) + "</" +
           kind + ">\n    </testcase>\n";
}

struct totals {
    std::size_t tests = 0;
    std::size_t failures = 0;
    std::size_t errors = 0;
    std::size_t skipped = 0;
    duration time{0};

    void add(test_case const& each) {
        ++tests;
        if (each.kind == "failure")
            ++failures;
        else if (each.kind == "error")
            ++errors;
        else if (each.kind == "skipped")
            ++skipped;
    }

    std::string attributes(std::string const& more) const {
        return "tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" +
               std::to_string(errors) + '"' + more + " time=\"" + seconds(time) + '"';
    }

    std::string of_suite() const { return attributes(" skipped=\"" + std::to_string(skipped) + '"'); }

    /// Jenkins's schema knows no count of what was skipped over all suites.
    std::string of_report() const { return attributes(""); }
};

/// The suite of one test, with all its runs.
std::string suite_of(std::vector<run_result const*> const& runs, totals& overall) {
    totals suite;
    used_names used;
    std::string cases;
    std::string logs;
    for (auto const* run : runs) {
        auto const list = cases_of(*run);
        auto const time = run_duration(*run);
        suite.time += time;
        auto const suffix = runs.size() > 1 ? " (run " + run->key.run_id + ")" : "";
        for (auto const& each : list) {
            suite.add(each);
            auto const name = unique_name((each.name.empty() ? "(no name)" : each.name) + suffix, used);
            cases += element_of(each, run->key.test_id, *run, time / static_cast<duration::rep>(list.size()), name);
        }
        if (!run->run || run->ended == outcome::passed)
            continue;
        if (auto const log = logs_of(*run->run); !log.empty())
            logs += "run " + run->key.run_id + ":\n" + log.substr(0, longest_log) + '\n';
    }
    overall.tests += suite.tests;
    overall.failures += suite.failures;
    overall.errors += suite.errors;
    overall.time += suite.time;
    auto const since = format_timestamp(runs.front()->first_seen_at);
    auto text = "  <testsuite name=\"" + xml(runs.front()->key.test_id) + "\" " + suite.of_suite() + " timestamp=\"" +
                since.substr(0, 19) + "\">\n" + cases;
    if (!logs.empty())
        text += "    <system-out>" + xml(logs, place::content) + "</system-out>\n";
    return text + "  </testsuite>\n";
}

/// The suite of what was not started. Its name is no test's: ids hold no blanks.
std::string suite_of(std::span<missing_start const> missing, totals& overall) {
    totals suite;
    used_names used;
    std::string cases;
    for (auto const& each : missing) {
        auto const name = each.text.substr(0, each.text.find(": "));
        auto const* const kind = each.is_refused ? "error" : "skipped";
        test_case const counted{name, kind, each.text};
        suite.add(counted);
        overall.add(counted);
        cases += "    <testcase name=\"" + unique_name(name, used) + "\" classname=\"not started\" time=\"0.000\">\n" +
                 "      <" + kind + " message=\"" + xml(each.text) + '"' +
                 (each.is_refused ? " type=\"refused\"" : "") + "/>\n    </testcase>\n";
    }
    auto const since = format_timestamp(missing.front().at);
    return "  <testsuite name=\"not started\" " + suite.of_suite() + " timestamp=\"" + since.substr(0, 19) + "\">\n" +
           cases + "  </testsuite>\n";
}

class junit_report : public report {
public:
    explicit junit_report(std::string file) : file_(std::move(file)) {
        // Found out now, not after an hour of waiting; and a report of an earlier run must not be taken for this one's.
        auto const descriptor = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (descriptor < 0)
            throw config_error{"the JUnit report " + file_ + " cannot be written: " + std::strerror(errno)};
        ::close(descriptor);
    }

    void add(run_result const&) override {}

    void miss(missing_start const& missing) override { missing_.push_back(missing); }

    void finish(std::span<run_result const> results, exit_status) override {
        auto const descriptor = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        error_ = descriptor < 0 ? errno : 0;
        if (descriptor < 0)
            return;
        output to{descriptor};
        to.write(junit_xml(results, missing_));
        error_ = ::close(descriptor) == 0 ? to.error() : errno;
    }

    std::string trouble() const override {
        return error_ == 0 ? "" : "the JUnit report " + file_ + " could not be written: " + std::strerror(error_);
    }

private:
    std::string file_;
    std::vector<missing_start> missing_;
    int error_ = 0;
};

} // namespace

std::string junit_xml(std::span<run_result const> results, std::span<missing_start const> missing) {
    // One suite a test, in the order in which the tests were first named.
    std::vector<std::vector<run_result const*>> tests;
    std::map<std::string, std::size_t> index;
    for (auto const& result : results) {
        auto const [known, fresh] = index.emplace(run_key{result.key.test_id, ""}.canonical(), tests.size());
        if (fresh)
            tests.emplace_back();
        tests[known->second].push_back(&result);
    }
    totals overall;
    std::string suites;
    for (auto const& runs : tests)
        suites += suite_of(runs, overall);
    if (!missing.empty())
        suites += suite_of(missing, overall);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"runwatch\" " + overall.of_report() + ">\n" +
           suites + "</testsuites>\n";
}

std::unique_ptr<report> make_junit_report(std::string file) { return std::make_unique<junit_report>(std::move(file)); }

} // namespace runwatch::cli
