#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace runwatch {

/// Why a request gets no answer but this; its connection is closed then.
struct refusal {
    unsigned status = 400;
    /// What is wrong with the request, in words of ours alone.
    std::string why;

    refusal() = default;

    refusal(unsigned status_, std::string why_) : status(status_), why(std::move(why_)) {}
};

/// How far the head of a request has come.
struct head_progress {
    /// How many bytes the head has, the empty line at its end included; 0 as long as it has not come.
    std::size_t size = 0;
    /// What no head has in it: a line that does not end by CR and LF, a zero.
    std::optional<refusal> fault;
};

/// Looks for the end of the head that some bytes begin with, of which `seen` were looked at before.
head_progress look_for_head(std::string_view bytes, std::size_t seen);

/// What is wrong with the whole head of a request; nothing if it can be answered. Refused is all that two readers could
/// take for different requests (RFC 9112, 11.2), and all that nobody sends but by mistake.
std::optional<refusal> find_fault(std::string_view head);

} // namespace runwatch
