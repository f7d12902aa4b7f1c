#pragma once

#include "net/request_fault.hpp"
#include "runwatch/http_client.hpp"

#include <string>
#include <string_view>

namespace runwatch {

/// How the client learns where the body of an answer ends.
enum class body_end {
    /// By its length.
    length,
    /// By the last of its chunks.
    chunks,
    /// By the end of the connection.
    close,
};

/// The head of an answer as it is sent, up to its empty line. Headers that are ours to set (Content-Length, Connection,
/// Transfer-Encoding, Date) are left out of the response's, which can_be_sent() must have passed.
std::string head_text(http_response const& response, body_end end, bool keeps_alive);

/// Whether the headers of a response are each a line of their own.
bool can_be_sent(http_response const& response);

/// Whether a status has a body at all.
bool has_body(unsigned status);

/// A piece of a body as a chunk. The piece must not be empty: an empty chunk is the end.
std::string chunk_text(std::string_view piece);

/// What stands behind the last chunk of a body.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// The answer that says what is wrong: `{"error": "…"}`.
http_response problem_answer(unsigned status, std::string_view why);

} // namespace runwatch
