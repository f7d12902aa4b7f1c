#include "sim/report.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace runwatch::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t most_times = 1'000;

json::value number_or_null(std::optional<duration> time) {
    return time ? json::value(time->count()) : json::value(nullptr);
}

json::object count_by_status(std::map<unsigned, std::uint64_t> const& counts) {
    json::object object;
    for (auto const& [status, count] : counts)
        object[std::to_string(status)] = count;
    return object;
}

/// When the run got its terminal status, if that is over.
std::optional<duration> terminal_time(world const& state, run_record const& record, duration now) {
    auto const* const run = state.find_run(record.test_id, record.run_id);
    if (run == nullptr || !run->begins)
        return std::nullopt;
    auto const age = terminal_age(run->whole);
    if (!age || *run->begins + *age > now)
        return std::nullopt;
    return *run->begins + *age;
}

json::object describe(run_record const& record, std::optional<duration> terminal, bool with_times) {
    json::object object;
    object["requests"] = record.requests;
    object["first_request_at"] = number_or_null(record.first_request);
    object["last_request_at"] = number_or_null(record.last_request);
    object["terminal_at"] = number_or_null(terminal);
    object["terminal_seen_at"] = number_or_null(record.terminal_seen);
    object["terminal_listed_at"] = number_or_null(record.terminal_listed);
    object["statuses_answered"] = count_by_status(record.statuses);
    if (with_times)
        object["request_times"] = json::array(record.request_times.begin(), record.request_times.end());
    return object;
}

} // namespace

void report::note_request(request const& asked, answer const& reply, duration now) {
    ++requests_;
    most_in_flight_ = std::max(most_in_flight_, ++in_flight_);
    ++by_operation_.at(static_cast<std::size_t>(reply.what));
    unauthorized_ += reply.status == 401 ? 1 : 0;
    struck_ += reply.struck ? 1 : 0;
    runs_triggered_ += reply.triggered;
    triggers_replayed_ += reply.replayed ? 1 : 0;
    if (asked.idempotency_key)
        idempotency_keys_.insert(*asked.idempotency_key);
    auto const agent = user_agents_.find(asked.user_agent);
    if (agent != user_agents_.end())
        ++agent->second;
    else
        user_agents_.emplace(asked.user_agent, 1);
    if (!reply.asked)
        return;
    auto& record = record_of(*reply.asked);
    ++record.requests;
    record.last_request = now;
    if (!record.first_request)
        record.first_request = now;
    if (record_times_ && record.request_times.size() < most_times)
        record.request_times.push_back(static_cast<std::uint32_t>(now.count()));
}

void report::note_answer(answer const& reply, duration now) {
    ++by_status_[reply.status];
    for (auto const& run : reply.listed) {
        auto& record = record_of(run);
        if (!record.terminal_listed)
            record.terminal_listed = now;
    }
    if (!reply.asked)
        return;
    auto& record = record_of(*reply.asked);
    ++record.statuses[reply.status];
    if (reply.asked->terminal && !record.terminal_seen)
        record.terminal_seen = now;
}

run_record& report::record_of(shown_run const& run) {
    auto& record = runs_[run.test_id + "/" + run.run_id];
    if (record.run_id.empty()) {
        record.test_id = run.test_id;
        record.run_id = run.run_id;
    }
    return record;
}

std::string report::to_json(world const& state, timestamp began, duration now, bool with_runs) const {
    json::object endpoints;
    for (std::size_t index = 0; index != operation_count; ++index)
        endpoints[json::string_view(name(static_cast<operation>(index)).data(),
                                    name(static_cast<operation>(index)).size())] = by_operation_.at(index);
    json::object agents;
    for (auto const& [agent, count] : user_agents_)
        agents[agent] = count;
    json::object object;
    object["started_at"] = format_timestamp(began);
    object["elapsed_ms"] = now.count();
    object["requests"] = requests_;
    object["endpoints"] = std::move(endpoints);
    object["answers"] = count_by_status(by_status_);
    object["unauthorized"] = unauthorized_;
    object["faults_struck"] = struck_;
    object["runs_triggered"] = runs_triggered_;
    object["triggers_replayed"] = triggers_replayed_;
    object["idempotency_keys"] = idempotency_keys_.size();
    object["connections"] = connections_;
    object["tls_handshakes"] = handshakes_;
    object["tls_handshakes_failed"] = failed_handshakes_;
    object["concurrent_requests"] = in_flight_;
    object["peak_concurrent_requests"] = most_in_flight_;
    object["user_agents"] = std::move(agents);
    if (with_runs) {
        json::object runs;
        for (auto const& [key, record] : runs_)
            runs[key] = describe(record, terminal_time(state, record, now), record_times_);
        object["runs"] = std::move(runs);
    }
    return json::serialize(object);
}

} // namespace runwatch::sim
