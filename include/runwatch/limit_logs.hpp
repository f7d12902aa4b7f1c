#pragma once

#include "runwatch/options.hpp"
#include "runwatch/run_result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace runwatch {

/// How much of a run's `logs` a sink passes on.
enum class log_limit {
    /// The member is left out.
    omit,
    /// A longer text is cut, and says so at its end.
    truncate,
    full,
};

/// Reads `logs`.
log_limit read_log_limit(option_map& options, log_limit otherwise);

/// What is left of a text of `logs` that is cut, in bytes of JSON.
constexpr std::size_t truncated_log_bytes = 4096;

/// A run's JSON object with its `logs` limited; every other byte stays as it is. A `logs` that is no string, which the
/// API does not send, is left out where it is longer than the limit.
std::string limit_logs(std::string_view run_json, log_limit limit);

/// The result with the `logs` of its run's JSON limited.
run_result with_limited_logs(run_result result, log_limit limit);

} // namespace runwatch
