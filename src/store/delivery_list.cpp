#include "store/delivery_list.hpp"

#include "store/rows.hpp"

#include "runwatch/json_text.hpp"

namespace runwatch::state {
namespace {

/// What the filter in ?1 (sink), ?2 (states, JSON) and ?3 (ids, JSON) leaves of the table `deliveries`.
constexpr std::string_view filtered = "(?1 = '' OR sink IN (SELECT key FROM sinks WHERE name = ?1)) AND (?2 = '[]' OR "
                                      "state IN (SELECT value FROM json_each(?2))) AND "
                                      "(?3 = '[]' OR deliveries.id IN (SELECT value FROM json_each(?3)))";

std::string states_of(delivery_filter const& filter) {
    std::vector<std::string> states;
    states.reserve(filter.states.size());
    for (auto const state : filter.states)
        states.emplace_back(to_string(state));
    return json_list(states);
}

constexpr std::string_view listing =
    "SELECT deliveries.id, name, state, test_id, run_id, results.id, ended, attempts, owed_since_ms, due_ms, error "
    "FROM deliveries JOIN results ON results.key = deliveries.result JOIN sinks ON sinks.key = deliveries.sink ";

std::vector<listed_delivery> read_listed(sqlite::cursor rows) {
    std::vector<listed_delivery> listed;
    while (rows.next()) {
        auto& delivery = listed.emplace_back();
        delivery.id = rows.integer(0);
        delivery.sink = rows.text(1);
        delivery.state = to_delivery_state(rows.text(2));
        delivery.key = run_key{rows.text(3), rows.text(4)};
        delivery.result_id = rows.text(5);
        delivery.result_type = result_type(to_outcome(rows.text(6)));
        delivery.attempts = static_cast<unsigned>(rows.integer(7));
        delivery.owed_since = rows.time(8);
        delivery.due = rows.time(9);
        delivery.error = rows.text(10);
    }
    return listed;
}

} // namespace

std::vector<listed_delivery> deliveries(sqlite::database& database, delivery_filter const& filter) {
    static auto const sql = std::string{listing} + "WHERE " + std::string{filtered} + " ORDER BY deliveries.id";
    auto const ids = to_json_list(filter.ids);
    auto const states = states_of(filter);
    return read_listed(database.query(sql, filter.sink, states, ids));
}

std::vector<listed_delivery> deliveries_between(sqlite::database& database, delivery_filter const& filter,
                                                std::int64_t behind, std::int64_t last, std::size_t limit) {
    static auto const sql = std::string{listing} + "WHERE deliveries.id > ?4 AND deliveries.id <= ?5 AND " +
                            std::string{filtered} + " ORDER BY deliveries.id LIMIT ?6";
    auto const ids = to_json_list(filter.ids);
    auto const states = states_of(filter);
    return read_listed(database.query(sql, filter.sink, states, ids, behind, last, limit));
}

std::vector<listed_delivery> deliveries_of(sqlite::database& database, run_key const& key) {
    static auto const sql = std::string{listing} + "WHERE run = ? ORDER BY deliveries.id";
    auto const run = key.canonical();
    return read_listed(database.query(sql, run));
}

std::vector<delivery_attempt> attempts_of(sqlite::database& database, run_key const& key) {
    std::vector<delivery_attempt> attempts;
    auto const run = key.canonical();
    auto rows = database.query("SELECT attempts.delivery, name, at_ms, attempts.state, attempts.error FROM attempts "
                               "JOIN deliveries ON deliveries.id = attempts.delivery JOIN sinks ON sinks.key = "
                               "deliveries.sink JOIN results ON results.key = deliveries.result WHERE run = ? "
                               "ORDER BY attempts.id",
                               run);
    while (rows.next()) {
        auto& attempt = attempts.emplace_back();
        attempt.delivery_id = rows.integer(0);
        attempt.sink = rows.text(1);
        attempt.at = rows.time(2);
        attempt.state = to_delivery_state(rows.text(3));
        attempt.error = rows.text(4);
    }
    return attempts;
}

std::vector<delivery_count> count_unsettled(sqlite::database& database) {
    std::vector<delivery_count> counts;
    auto rows = database.query(
        "WITH unsettled (state) AS (VALUES ('pending'), ('dead'), ('orphaned')), counted AS (SELECT name, "
        "unsettled.state AS state, count(*) AS number, min(owed_since_ms) AS oldest FROM sinks CROSS JOIN unsettled "
        "JOIN deliveries ON deliveries.sink = sinks.key AND deliveries.state = unsettled.state GROUP BY sinks.key, "
        "unsettled.state) SELECT name, state, sum(number), min(oldest) FROM counted GROUP BY name, state");
    while (rows.next()) {
        auto& counted = counts.emplace_back();
        counted.sink = rows.text(0);
        counted.state = to_delivery_state(rows.text(1));
        counted.count = static_cast<std::size_t>(rows.integer(2));
        counted.oldest_owed_since = rows.time(3);
    }
    return counts;
}

std::size_t count_pending(sqlite::database& database) {
    auto rows = database.query("SELECT count(*) FROM deliveries WHERE state = 'pending'");
    rows.next();
    return static_cast<std::size_t>(rows.integer(0));
}

std::size_t retry(sqlite::database& database, delivery_filter const& filter, timestamp now) {
    static auto const sql =
        "UPDATE deliveries SET attempts = iif(state = 'dead', 0, attempts), state = 'pending', "
        "due_ms = iif(state = 'dead', ?4, min(due_ms, ?4)), settled_ms = NULL "
        "WHERE state IN ('dead', 'pending') AND sink IN (SELECT key FROM sinks WHERE in_config) AND " +
        std::string{filtered};
    auto const ids = to_json_list(filter.ids);
    auto const states = states_of(filter);
    database.run(sql, filter.sink, states, ids, now);
    return static_cast<std::size_t>(database.changes());
}

std::size_t drop(sqlite::database& database, delivery_filter const& filter) {
    static auto const sql = "UPDATE deliveries SET state = 'dropped', settled_ms = max(owed_since_ms, due_ms) "
                            "WHERE state IN ('pending', 'dead', 'orphaned') AND " +
                            std::string{filtered};
    auto const ids = to_json_list(filter.ids);
    auto const states = states_of(filter);
    database.run(sql, filter.sink, states, ids);
    return static_cast<std::size_t>(database.changes());
}

} // namespace runwatch::state
