#pragma once

#include "runwatch/time.hpp"
#include "sim/http_text.hpp"
#include "sim/scenario.hpp"
#include "sim/text_map.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace runwatch::sim {

/// Counts requests against the scenario's rate limit.
class rate_budget {
public:
    explicit rate_budget(scenario const& play) : play_(play) {}

    /// Takes one request out of the budget. Returns whether there was one left.
    bool take(duration now);

    /// Adds the x-ratelimit headers that the scenario wants, and Retry-After to a refusal.
    void add_headers(answer& reply, duration now) const;

private:
    duration left_of_window(duration now) const;

    scenario const& play_;
    std::optional<duration> window_began_;
    std::uint64_t used_ = 0;
};

/// Remembers the answers to POSTs that carried an Idempotency-Key, for 24 hours.
class idempotency_log {
public:
    /// The answer that the key decides without carrying the request out: a replay or a refusal.
    std::optional<answer> recall(request const& asked, duration now);

    /// Remembers a successful answer.
    void remember(request const& asked, answer const& reply, duration now);

    /// Lets the request that was remembered just now count as in progress until `done`.
    void hold(request const& asked, duration now, duration done);

private:
    struct entry {
        std::string fingerprint;
        unsigned status = 201;
        std::string body;
        duration begun{0};
        duration done{0};
    };

    text_map<entry> entries_;
};

} // namespace runwatch::sim
