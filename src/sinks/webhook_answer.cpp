#include "sinks/webhook_answer.hpp"

#include "runwatch/retry_after.hpp"
#include "runwatch/text.hpp"
#include "runwatch/url.hpp"

namespace runwatch {
namespace {

constexpr duration longest_wait = std::chrono::hours{24};

failure_kind kind_of(unsigned status) {
    switch (status) {
    case 410:
        return failure_kind::gone;
    case 429:
        return failure_kind::throttled;
    case 404:
    case 408:
    case 425:
        return failure_kind::transient;
    default:
        return status / 100 == 3 || status / 100 == 4 ? failure_kind::permanent : failure_kind::transient;
    }
}

} // namespace

result<void> judge_answer(http_response const& response, std::string_view quoted, timestamp now) {
    if (response.status / 100 == 2)
        return {};
    failure refusal{kind_of(response.status), "answered HTTP " + std::to_string(response.status)};
    if (response.status / 100 == 3) {
        auto const target = url_origin(response.header("location"));
        refusal.message += ", a redirect" + (target.empty() ? "" : " to " + target) +
                           ", which is never followed: set the URL to where the webhook is now";
    } else if (auto const said = to_printable(trim(quoted)); !said.empty()) {
        refusal.message += ": " + said;
    }
    if (refusal.kind == failure_kind::transient || refusal.kind == failure_kind::throttled)
        refusal.retry_after = retry_after(response, now, longest_wait);
    if (refusal.retry_after)
        refusal.kind = failure_kind::throttled;
    return refusal;
}

} // namespace runwatch
