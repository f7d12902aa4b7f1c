#pragma once

#include "runwatch/result.hpp"
#include "runwatch/run.hpp"

#include <string>
#include <string_view>

namespace runwatch::telnyx {

/// Reads a run out of the body of a 2xx answer.
///
/// Tolerant of everything that does not touch the verdict: unknown, missing and null fields, a `{"data": …}` around the
/// object, bytes that are not UTF-8. Fails as transient for what is not a JSON object, is about another run, or has no
/// status: such an answer says nothing about the run.
result<test_run> decode_run(std::string_view body, run_key const& asked);

/// What an error body says, on one line: the code, title and detail of the API's errors, or FastAPI's `detail`.
/// Empty unless the body is a JSON object that says something.
std::string error_text(std::string_view body);

/// Tells whether a body is a JSON object, as every answer of the API itself is.
bool is_json_object(std::string_view body);

} // namespace runwatch::telnyx
