#include "store/deliveries.hpp"

#include "store/rows.hpp"

namespace runwatch::state {
namespace {

/// How many attempts of one delivery are kept; more may come when a sink is retried for ever.
constexpr int attempts_kept = 100;

/// What a delivery becomes when an attempt that began while it was pending has ended.
delivery_state after(delivery_state now, delivery_state attempt) {
    if (attempt == delivery_state::delivered || now == delivery_state::pending)
        return attempt;
    return now == delivery_state::orphaned && attempt == delivery_state::dead ? attempt : now;
}

std::optional<delivery_state> current_state(sqlite::database& database, std::int64_t id) {
    auto rows = database.query("SELECT state FROM deliveries WHERE id = ?", id);
    if (!rows.next())
        return std::nullopt;
    return to_delivery_state(rows.text(0));
}

void settle_one(sqlite::database& database, settled_delivery const& settled) {
    auto const current = current_state(database, settled.id);
    if (!current)
        return;
    auto const next = after(*current, settled.state);
    database.run("INSERT INTO attempts (delivery, at_ms, state, error) VALUES (?, ?, ?, ?)", settled.id, settled.at,
                 to_string(settled.state), settled.error);
    database.run("DELETE FROM attempts WHERE delivery = ?1 AND id <= (SELECT id FROM attempts WHERE delivery = ?1 "
                 "ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                 settled.id, attempts_kept);
    if (next != settled.state) {
        database.run("UPDATE deliveries SET attempts = attempts + 1 WHERE id = ?", settled.id);
        return;
    }
    std::optional<timestamp> due;
    std::optional<timestamp> settled_at;
    if (next == delivery_state::pending)
        due = settled.due;
    else
        settled_at = settled.at;
    database.run("UPDATE deliveries SET attempts = attempts + 1, state = ?2, due_ms = coalesce(?3, due_ms), "
                 "settled_ms = ?4, error = ?5 WHERE id = ?1",
                 settled.id, to_string(next), due, settled_at, settled.error);
}

/// The key of the sink in ?1 unless it is stopped.
constexpr std::string_view working_sink =
    "(SELECT key FROM sinks WHERE name = ?1 AND in_config AND stopped_why IS NULL)";

} // namespace

std::vector<owed_delivery> due(sqlite::database& database, std::string const& sink, timestamp now, std::size_t limit,
                               std::vector<std::int64_t> const& except, due_order order) {
    static auto const select = [](std::string const& by) {
        return "SELECT deliveries.id, attempts, deliveries.due_ms, owed_since_ms, " + std::string{result_columns} +
               " FROM (SELECT id, attempts AS tried, due_ms FROM deliveries INDEXED BY pending_by_due WHERE sink = " +
               std::string{working_sink} +
               " AND state = 'pending' AND due_ms <= ?2 AND id NOT IN (SELECT value FROM json_each(?4)) ORDER BY " +
               by +
               "due_ms, id LIMIT ?3) AS ripe JOIN deliveries ON deliveries.id = ripe.id JOIN results ON "
               "results.key = deliveries.result" +
               std::string{with_looks} + " ORDER BY " + by + "ripe.due_ms, ripe.id";
    };
    static auto const by_time = select("");
    static auto const by_attempts = select("tried, ");
    auto const& sql = order == due_order::earliest ? by_time : by_attempts;
    std::vector<owed_delivery> found;
    auto const taken = to_json_list(except);
    auto rows = database.query(sql, sink, now, limit, taken);
    while (rows.next()) {
        auto& delivery = found.emplace_back();
        delivery.id = rows.integer(0);
        delivery.sink = sink;
        delivery.attempts = static_cast<unsigned>(rows.integer(1));
        delivery.due = rows.time(2);
        delivery.owed_since = rows.time(3);
        delivery.result = to_result(rows, 4);
    }
    return found;
}

std::optional<timestamp> next_due(sqlite::database& database, std::string const& sink,
                                  std::vector<std::int64_t> const& except) {
    static auto const sql =
        "SELECT due_ms FROM deliveries INDEXED BY pending_by_due WHERE sink = " + std::string{working_sink} +
        " AND state = 'pending' AND id NOT IN "
        "(SELECT value FROM json_each(?2)) ORDER BY due_ms LIMIT 1";
    auto const taken = to_json_list(except);
    auto rows = database.query(sql, sink, taken);
    if (!rows.next())
        return std::nullopt;
    return rows.time(0);
}

std::vector<std::string> owed(sqlite::database& database, std::string const& sink) {
    std::vector<std::string> ids;
    auto rows = database.query("SELECT results.id FROM deliveries JOIN results ON results.key = deliveries.result "
                               "WHERE sink = (SELECT key FROM sinks WHERE name = ? AND in_config) AND "
                               "state = 'pending' ORDER BY deliveries.id",
                               sink);
    while (rows.next())
        ids.push_back(rows.text(0));
    return ids;
}

void settle(sqlite::database& database, std::vector<settled_delivery> const& settled) {
    for (auto const& each : settled)
        settle_one(database, each);
}

void mark_delivered(sqlite::database& database, std::string const& sink, std::vector<std::string> const& result_ids,
                    timestamp at) {
    for (auto const& id : result_ids)
        database.run(
            "UPDATE deliveries SET state = 'delivered', settled_ms = ?3, error = '' WHERE state = 'pending' AND "
            "result = (SELECT key FROM results WHERE id = ?2) AND sink = "
            "(SELECT key FROM sinks WHERE name = ?1 AND in_config)",
            sink, id, at);
}

void hurry(sqlite::database& database, std::string const& sink, timestamp now) {
    database.run("UPDATE deliveries SET due_ms = ?2 WHERE state = 'pending' AND due_ms > ?2 AND sink = "
                 "(SELECT key FROM sinks WHERE name = ?1 AND in_config)",
                 sink, now);
}

} // namespace runwatch::state
