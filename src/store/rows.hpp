#pragma once

#include "store/sqlite.hpp"

#include "runwatch/store.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// How the values of store.hpp are written in the tables, and read back.
namespace runwatch::state {

/// The id of a test, as it is found in the tables.
std::string canonical_test(std::string_view test_id);

delivery_state to_delivery_state(std::string_view text);

outcome to_outcome(std::string_view text);

/// The texts of a JSON array.
std::vector<std::string> to_texts(std::string_view json_list);

/// Numbers as a JSON array, for `IN (SELECT value FROM json_each(?))`.
std::string to_json_list(std::vector<std::int64_t> const& numbers);

std::map<std::string, std::string> to_labels(std::string_view json_object);

/// The columns that to_result() reads, of the table `results` with its `looks` (with_looks).
constexpr std::string_view result_columns =
    "results.test_id, results.run_id, results.ended, results.first_seen_ms, results.detected_ms, results.polls, "
    "results.reason, results.labels, results.previous_run_id, results.previous_ended, looks.raw";

constexpr std::string_view with_looks = " LEFT JOIN looks ON looks.result = results.key";

/// Reads an API's object; one that is not the API's is kept as it came all the same.
test_run to_run(run_key const& key, std::string raw);

/// Reads a result whose columns begin at `first`.
run_result to_result(sqlite::cursor const& row, int first);

} // namespace runwatch::state
