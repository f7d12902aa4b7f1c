#pragma once

#include "sim/http_text.hpp"
#include "sim/text_map.hpp"
#include "sim/world.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace runwatch::sim {

/// What clients asked for a run by its id, and what they were shown.
struct run_record {
    std::string test_id;
    std::string run_id;
    std::uint64_t requests = 0;
    std::optional<duration> first_request;
    std::optional<duration> last_request;
    /// The first requests, if the scenario records them.
    std::vector<std::uint32_t> request_times;
    std::optional<duration> terminal_seen;
    std::optional<duration> terminal_listed;
    std::map<unsigned, std::uint64_t> statuses;
};

/// Counts what happened, for tests and benchmarks to look at.
class report {
public:
    explicit report(bool record_times) : record_times_(record_times) {}

    /// Counts a request that came at `now` and its decided answer.
    void note_request(request const& asked, answer const& reply, duration now);

    /// Counts an answer of which the client has got something.
    void note_answer(answer const& reply, duration now);

    /// Counts a request that is over, answered or not; it may have come before a reset.
    void note_end() { in_flight_ -= in_flight_ > 0 ? 1 : 0; }

    void note_connection() { ++connections_; }

    void note_handshake(bool done) { ++(done ? handshakes_ : failed_handshakes_); }

    /// The report as JSON; README.md names its members. Without the runs it stays small.
    std::string to_json(world const& state, timestamp began, duration now, bool with_runs) const;

private:
    run_record& record_of(shown_run const& run);

    bool record_times_;
    std::uint64_t requests_ = 0;
    std::uint64_t unauthorized_ = 0;
    std::uint64_t struck_ = 0;
    std::uint64_t runs_triggered_ = 0;
    std::uint64_t triggers_replayed_ = 0;
    std::set<std::string> idempotency_keys_;
    std::uint64_t connections_ = 0;
    std::uint64_t handshakes_ = 0;
    std::uint64_t failed_handshakes_ = 0;
    std::uint64_t in_flight_ = 0;
    std::uint64_t most_in_flight_ = 0;
    std::array<std::uint64_t, operation_count> by_operation_{};
    std::map<unsigned, std::uint64_t> by_status_;
    text_map<std::uint64_t> user_agents_;
    text_map<run_record> runs_;
};

} // namespace runwatch::sim
