#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runwatch::sim {

/// What a request asks for. The names are the operation ids of telnyx-assistant-tests.openapi.json.
enum class operation {
    list_tests,
    list_test_suites,
    list_suite_runs,
    trigger_suite_run,
    retrieve_test,
    list_runs,
    trigger_run,
    retrieve_run,
    unknown_path,
    wrong_method,
};

constexpr std::size_t operation_count = 10;

std::string_view name(operation value);

/// The operation with this id, or one of the short names that scenarios use (`retrieve`, `list`, `trigger`, `suite`,
/// `trigger_suite`, `test`, `tests`, `suites`).
std::optional<operation> find_operation(std::string_view name);

/// Where a request leads: the operation and its parameters, all percent-decoded.
struct route {
    operation what = operation::unknown_path;
    std::string test_id;
    std::string run_id;
    std::string suite;
    std::vector<std::pair<std::string, std::string>> query;

    /// The first query parameter of this name.
    std::optional<std::string_view> parameter(std::string_view name) const;
};

/// Reads a request target such as `/v2/ai/assistants/tests/1/runs?page%5Bsize%5D=50`.
route parse_target(std::string_view method, std::string_view target);

/// Replaces `%41` by `A`. Broken escapes stay as they are.
std::string percent_decode(std::string_view text);

} // namespace runwatch::sim
