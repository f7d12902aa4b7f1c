#pragma once

#include "runwatch/time.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// Names one run of one test. Ids are opaque text as the user or the API wrote them; keys that differ only in the case
/// of ASCII letters are equal.
struct run_key {
    std::string test_id;
    std::string run_id;

    /// `TEST_ID/RUN_ID`, as people write it.
    std::string ref() const;

    /// `test_id/run_id` in lower case: the same text for keys that are equal.
    std::string canonical() const;

    friend bool operator==(run_key const& a, run_key const& b);
};

/// An id in lower case: the same text for ids that are equal.
std::string canonical_id(std::string_view id);

/// Tells whether two ids are equal.
bool same_id(std::string_view a, std::string_view b);

/// What a key of these ids hashes to.
std::size_t hash_ids(std::string_view test_id, std::string_view run_id);

/// Where a run is in its life, as the API's `status` says.
enum class run_status {
    /// A status that the API's description does not list.
    unknown,
    pending,
    starting,
    running,
    passed,
    failed,
    error,
};

/// Reads a status exactly as the API spells it; anything else is unknown.
run_status parse_status(std::string_view text);

/// Spells a status as the API does; `unknown` for an unknown one.
std::string_view to_string(run_status status);

/// Tells whether a run with this status has ended: passed, failed or error.
bool is_terminal(run_status status);

/// One rubric criterion of a run and how it was judged.
struct criterion {
    std::string name;
    /// The API's word, normally one of run_status's.
    std::string status;
};

/// One look at a run: the fields that runwatch reads, and the API's whole object as it came.
struct test_run {
    run_key key;
    run_status status = run_status::unknown;
    /// The API's own word for the status; worth showing where it is unknown.
    std::string status_text;
    /// By our clock in a look that a run_source brings; as the API wrote it, by the API's, in one read out of `raw`.
    std::optional<timestamp> created_at;
    /// By the same clock; may be set before the run has ended.
    std::optional<timestamp> completed_at;
    /// The suite run it belongs to; empty if to none.
    std::string suite_run_id;
    /// The API's JSON object on one line: names, strings and numbers byte for byte, unknown fields kept.
    std::string raw;
};

} // namespace runwatch

/// Hashes keys that are equal to the same value.
template <>
struct std::hash<runwatch::run_key> {
    std::size_t operator()(runwatch::run_key const& key) const noexcept;
};
