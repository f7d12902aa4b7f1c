#pragma once

#include "runwatch/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace runwatch {

/// What the caller must do about a failure of the outside world.
enum class failure_kind {
    /// Try again after a backoff: the network, a timeout, a 5xx, an answer that makes no sense.
    transient,
    /// Try again, but not before failure::retry_after, and slow down everything that talks to this peer.
    throttled,
    /// The API itself says that there is no such thing. It may appear yet; repeated long enough, believe it.
    not_found,
    /// The key, a certificate or a proxy's credentials were refused: nothing works with this peer until someone acts.
    refused,
    /// The same request will be refused again however often it is sent.
    permanent,
    /// The peer has said that nothing may be sent there any more.
    gone,
};

/// Why something outside this process could not be had, in the user's words.
struct failure {
    failure_kind kind = failure_kind::transient;
    /// One line, without secrets; says what happened and, where somebody can act, what to do.
    std::string message;
    /// How long the peer asks to wait before the next request.
    std::optional<duration> retry_after;

    failure() = default;

    failure(failure_kind kind_, std::string message_, std::optional<duration> retry_after_ = std::nullopt)
        : kind(kind_), message(std::move(message_)), retry_after(retry_after_) {}

    bool operator==(failure const&) const = default;
};

/// Names the kind as the enumerator is spelt.
std::string_view to_string(failure_kind kind);

} // namespace runwatch
