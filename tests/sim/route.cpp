#include "sim/route.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace runwatch::sim {
namespace {

constexpr std::array<std::string_view, operation_count> operation_names{
    "list_tests", "list_test_suites", "list_suite_runs", "trigger_suite_run", "retrieve_test",
    "list_runs",  "trigger_run",      "retrieve_run",    "unknown_path",      "wrong_method"};

constexpr std::array<std::pair<std::string_view, operation>, 8> short_names{
    {{"retrieve", operation::retrieve_run},
     {"list", operation::list_runs},
     {"trigger", operation::trigger_run},
     {"suite", operation::list_suite_runs},
     {"trigger_suite", operation::trigger_suite_run},
     {"test", operation::retrieve_test},
     {"tests", operation::list_tests},
     {"suites", operation::list_test_suites}}};

constexpr std::string_view root = "/v2/ai/assistants/tests";

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        auto const end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

operation by_method(std::string_view method, operation on_get, operation on_post = operation::wrong_method) {
    if (method == "GET")
        return on_get;
    return method == "POST" ? on_post : operation::wrong_method;
}

void parse_path(std::string_view method, std::string_view path, route& found) {
    if (!path.starts_with(root))
        return;
    path.remove_prefix(root.size());
    if (path.empty()) {
        found.what = by_method(method, operation::list_tests);
        return;
    }
    if (path.front() != '/')
        return;
    auto const parts = split(path.substr(1), '/');
    if (std::ranges::any_of(parts, &std::string_view::empty))
        return;
    if (parts[0] == "test-suites") {
        if (parts.size() == 1)
            found.what = by_method(method, operation::list_test_suites);
        else if (parts.size() == 3 && parts[2] == "runs")
            found.what = by_method(method, operation::list_suite_runs, operation::trigger_suite_run);
        if (parts.size() > 1)
            found.suite = percent_decode(parts[1]);
        return;
    }
    found.test_id = percent_decode(parts[0]);
    if (parts.size() == 1) {
        found.what = by_method(method, operation::retrieve_test);
    } else if (parts[1] == "runs" && parts.size() == 2) {
        found.what = by_method(method, operation::list_runs, operation::trigger_run);
    } else if (parts[1] == "runs" && parts.size() == 3) {
        found.what = by_method(method, operation::retrieve_run);
        found.run_id = percent_decode(parts[2]);
    }
}

std::string decode_query_text(std::string_view text) {
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    return percent_decode(spaced);
}

} // namespace

std::string_view name(operation value) { return operation_names.at(static_cast<std::size_t>(value)); }

std::optional<operation> find_operation(std::string_view name) {
    for (auto const& [text, value] : short_names)
        if (text == name)
            return value;
    auto const* const found = std::ranges::find(operation_names, name);
    if (found == operation_names.end())
        return std::nullopt;
    return static_cast<operation>(found - operation_names.begin());
}

std::optional<std::string_view> route::parameter(std::string_view name) const {
    for (auto const& [key, value] : query)
        if (key == name)
            return value;
    return std::nullopt;
}

std::string percent_decode(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        unsigned char byte = 0;
        auto const* const digits = text.data() + at + 1;
        if (text[at] == '%' && at + 2 < text.size() &&
            std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
            plain += static_cast<char>(byte);
            at += 2;
        } else {
            plain += text[at];
        }
    }
    return plain;
}

route parse_target(std::string_view method, std::string_view target) {
    route found;
    auto const mark = target.find('?');
    parse_path(method, target.substr(0, mark), found);
    if (mark == std::string_view::npos)
        return found;
    for (auto const pair : split(target.substr(mark + 1), '&')) {
        if (pair.empty())
            continue;
        auto const equals = pair.find('=');
        auto const value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        found.query.emplace_back(decode_query_text(pair.substr(0, equals)), decode_query_text(value));
    }
    return found;
}

} // namespace runwatch::sim
