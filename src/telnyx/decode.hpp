#pragma once

#include "runwatch/result.hpp"
#include "runwatch/run.hpp"
#include "runwatch/run_json.hpp"
#include "runwatch/run_source.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace runwatch::telnyx {

/// Reads a run out of the body of a 2xx answer.
///
/// Tolerant of everything that does not touch the verdict: unknown, missing and null fields, a `{"data": …}` around the
/// object, bytes that are not UTF-8. Fails as transient for what is not a JSON object, is about another run, or has no
/// status: such an answer says nothing about the run.
result<test_run> decode_run(std::string_view body, run_key const& asked);

/// Reads a test out of the body of a 2xx answer, as tolerantly. Fails as transient for what is not a JSON object or is
/// about another test.
result<test_description> decode_test(std::string_view body, std::string const& test_id);

/// Reads the names of suites out of the body of a 2xx answer; what is no name is left out. Fails as transient for what
/// holds no list.
result<std::vector<std::string>> decode_suites(std::string_view body);

/// Tells whether a text of the API is JSON. Where it is not valid UTF-8, `text` becomes what `mended` then holds, which
/// is valid. Reads the members of a run on the way, unless `object` is null.
bool is_mended_json(std::string_view& text, std::string& mended, run_members* object = nullptr);

/// A text without the mark that some begin UTF-8 with, and without white space at either end.
std::string_view without_mark(std::string_view text);

/// The failure of an answer that makes no sense, and why.
failure senseless(std::string const& why);

/// What an error body says, on one line: the code, title and detail of the API's errors, or FastAPI's `detail`.
/// Empty unless the body is a JSON object that says something.
std::string error_text(std::string_view body);

/// Tells whether a body is a JSON object, as every answer of the API itself is.
bool is_json_object(std::string_view body);

} // namespace runwatch::telnyx
