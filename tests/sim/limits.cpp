#include "sim/limits.hpp"

#include "sim/render.hpp"

#include <algorithm>

namespace runwatch::sim {
namespace {

using namespace std::chrono_literals;

std::string fingerprint_of(request const& asked) { return asked.method + " " + asked.target + "\n" + asked.body; }

bool is_well_formed(std::string_view key) {
    auto const allowed = [](char letter) {
        return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
               (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
    };
    return !key.empty() && key.size() <= 255 && std::ranges::all_of(key, allowed);
}

answer refuse(unsigned status, std::string body) {
    answer reply;
    reply.status = status;
    reply.body = std::move(body);
    return reply;
}

} // namespace

bool rate_budget::take(duration now) {
    if (!play_.limit)
        return true;
    if (!window_began_ || now - *window_began_ >= play_.limit->window) {
        window_began_ = now;
        used_ = 0;
    }
    if (used_ >= play_.limit->requests)
        return false;
    ++used_;
    return true;
}

duration rate_budget::left_of_window(duration now) const {
    return window_began_ ? std::max(play_.limit->window - (now - *window_began_), 0ms) : play_.limit->window;
}

void rate_budget::add_headers(answer& reply, duration now) const {
    if (play_.limit && play_.limit->retry_after && reply.status == 429) {
        auto const seconds = std::chrono::ceil<std::chrono::seconds>(left_of_window(now));
        reply.headers.emplace_back("Retry-After", std::to_string(seconds.count()));
    }
    if (play_.limit_headers == rate_headers::none)
        return;
    std::uint64_t limit = 0;
    std::uint64_t remaining = 0;
    std::chrono::seconds reset{0};
    if (play_.limit_headers == rate_headers::real && play_.limit) {
        limit = play_.limit->requests;
        remaining = limit - used_;
        reset = std::chrono::ceil<std::chrono::seconds>(left_of_window(now));
    } else if (play_.limit_headers == rate_headers::real) {
        // Without a limit the headers tell of one that nobody reaches.
        limit = remaining = 1'000'000;
        reset = 3600s;
    }
    reply.headers.emplace_back("x-ratelimit-limit", std::to_string(limit));
    reply.headers.emplace_back("x-ratelimit-remaining", std::to_string(remaining));
    reply.headers.emplace_back("x-ratelimit-reset", std::to_string(reset.count()));
}

std::optional<answer> idempotency_log::recall(request const& asked, duration now) {
    if (!asked.idempotency_key)
        return std::nullopt;
    if (!is_well_formed(*asked.idempotency_key))
        return refuse(400, render_error("10015", "Invalid Idempotency-Key",
                                        "The Idempotency-Key header must match [A-Za-z0-9_-]{1,255}."));
    auto const known = entries_.find(*asked.idempotency_key);
    if (known == entries_.end() || now - known->second.begun > 24h)
        return std::nullopt;
    auto const& past = known->second;
    if (past.fingerprint != fingerprint_of(asked))
        return refuse(422, render_error(422, "The Idempotency-Key was used with a different request."));
    if (now < past.done)
        return refuse(409, render_error(409, "A request with this Idempotency-Key is still in progress."));
    auto replay = refuse(past.status, past.body);
    replay.replayed = true;
    return replay;
}

void idempotency_log::remember(request const& asked, answer const& reply, duration now) {
    if (asked.idempotency_key && reply.status < 300)
        entries_.insert_or_assign(*asked.idempotency_key,
                                  entry{fingerprint_of(asked), reply.status, reply.body, now, now});
}

void idempotency_log::hold(request const& asked, duration now, duration done) {
    auto const known = asked.idempotency_key ? entries_.find(*asked.idempotency_key) : entries_.end();
    if (known != entries_.end() && known->second.begun == now)
        known->second.done = done;
}

} // namespace runwatch::sim
