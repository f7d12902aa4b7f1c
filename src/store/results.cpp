#include "store/results.hpp"

#include "store/follows.hpp"
#include "store/rows.hpp"
#include "store/sinks.hpp"
#include "store/watches.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/run_json.hpp"

#include <map>
#include <utility>

namespace runwatch::state {
namespace {

bool is_known(sqlite::database& database, std::string const& id) {
    return database.query("SELECT 1 FROM results WHERE id = ?1 UNION ALL SELECT 1 FROM tombstones WHERE id = ?1", id)
        .next();
}

std::optional<previous_result> previous_of(sqlite::database& database, std::string const& test) {
    auto rows = database.query(
        "SELECT run_id, ended FROM (SELECT * FROM (SELECT key, run_id, ended FROM results WHERE test = ?1 AND ended IN "
        "('passed', 'failed', 'error') ORDER BY key DESC LIMIT 1) UNION ALL SELECT * FROM (SELECT key, run_id, ended "
        "FROM tombstones WHERE test = ?1 AND ended IN ('passed', 'failed', 'error') ORDER BY key DESC LIMIT 1)) "
        "ORDER BY key DESC LIMIT 1",
        test);
    if (!rows.next())
        return std::nullopt;
    return previous_result{rows.text(0), to_outcome(rows.text(1))};
}

/// Writes a result's row and returns its key.
std::int64_t insert(sqlite::database& database, run_result const& result, std::string const& id, std::string const& run,
                    std::string const& test) {
    std::optional<std::string> previous_run;
    std::optional<std::string> previous_ended;
    if (result.previous) {
        previous_run = result.previous->run_id;
        previous_ended = to_string(result.previous->ended);
    }
    database.run(
        "INSERT INTO results (id, run, test, test_id, run_id, ended, first_seen_ms, detected_ms, polls, reason, "
        "labels, previous_run_id, previous_ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id, run, test, result.key.test_id, result.key.run_id, to_string(result.ended), result.first_seen_at,
        result.detected_at, result.polls, result.reason, json_object(result.labels), previous_run, previous_ended);
    auto const key = database.last_key();
    if (result.run)
        database.run("INSERT INTO looks (result, raw) VALUES (?, ?)", key, result.run->raw);
    return key;
}

/// What is known of a run that nobody watches: as much as its result says.
watch_record watch_of(run_result const& result) {
    watch_record watch;
    watch.key = result.key;
    watch.labels = result.labels;
    watch.origin = watch_origin::api;
    watch.first_seen_at = result.first_seen_at;
    return watch;
}

/// A delivery that was just written, as due() would read it.
owed_delivery new_delivery(std::int64_t id, std::string const& sink, run_result const& result, timestamp since) {
    owed_delivery delivery;
    delivery.id = id;
    delivery.sink = sink;
    delivery.result = result;
    if (result.run)
        delivery.result.run = to_run(result.key, result.run->raw);
    delivery.due = delivery.owed_since = since;
    return delivery;
}

/// The first of what each sink is newly owed.
using first_owed = std::map<std::string, owed_delivery>;

/// Owes a result to sinks, but to none twice.
void owe(sqlite::database& database, std::int64_t key, run_result const& result, std::vector<std::string> const& sinks,
         timestamp since, first_owed& first) {
    for (auto const& name : sinks) {
        auto const sink = find_sink(database, name);
        database.run("INSERT OR IGNORE INTO deliveries (result, sink, state, owed_since_ms, due_ms) "
                     "VALUES (?1, ?2, ?3, ?4, ?4)",
                     key, sink.key, to_string(sink.in_config ? delivery_state::pending : delivery_state::orphaned),
                     since);
        if (database.changes() != 0 && sink.in_config && !first.contains(name))
            first.emplace(name, new_delivery(database.last_key(), name, result, since));
    }
}

std::vector<owed_delivery> to_list(first_owed first) {
    std::vector<owed_delivery> owed;
    for (auto& [name, delivery] : first)
        owed.push_back(std::move(delivery));
    return owed;
}

/// A run's newest result and its row, if one is kept.
std::optional<placed_result> find_placed(sqlite::database& database, std::string const& run) {
    static auto const sql = "SELECT results.key, " + std::string{result_columns} + " FROM results" +
                            std::string{with_looks} + " WHERE run = ? ORDER BY results.key DESC LIMIT 1";
    auto rows = database.query(sql, run);
    if (!rows.next())
        return std::nullopt;
    return placed_result{rows.integer(0), to_result(rows, 1)};
}

} // namespace

std::vector<owed_delivery> record(sqlite::database& database, std::vector<run_result> const& results,
                                  store::router const& route) {
    first_owed first;
    for (auto result : results) {
        auto const run = result.key.canonical();
        auto const test = canonical_test(result.key.test_id);
        auto const id = result_id(result.key, result.ended);
        auto const watch = find_watch(database, result.key);
        database.run("DELETE FROM watches WHERE run = ?", run);
        if (is_known(database, id))
            continue;
        if (watch)
            result.labels.insert(watch->labels.begin(), watch->labels.end());
        if (result.run)
            result.run->raw = with_short_logs(result.run->raw, longest_stored_logs);
        result.previous = previous_of(database, test);
        auto const key = insert(database, result, id, run, test);
        owe(database, key, result, route(result, watch ? *watch : watch_of(result)), result.detected_at, first);
    }
    return to_list(std::move(first));
}

std::vector<owed_delivery> owe_found(sqlite::database& database, found_runs const& found, store::router const& route) {
    first_owed first;
    for (auto const& watch : found.watches) {
        auto const run = watch.key.canonical();
        if (!note_found(database, found.list, run, found.since))
            continue;
        // One that is watched has its result yet to come.
        if (auto const known = find_placed(database, run))
            owe(database, known->place, known->result, route(known->result, watch), watch.first_seen_at, first);
    }
    return to_list(std::move(first));
}

std::size_t prune_results(sqlite::database& database, timestamp before, std::size_t limit) {
    std::vector<std::int64_t> keys;
    {
        auto rows = database.query("SELECT key FROM results WHERE detected_ms < ?1 AND NOT EXISTS (SELECT 1 FROM "
                                   "deliveries WHERE result = results.key AND (state NOT IN ('delivered', 'dropped') "
                                   "OR settled_ms >= ?1)) LIMIT ?2",
                                   before, limit);
        while (rows.next())
            keys.push_back(rows.integer(0));
    }
    for (auto const key : keys) {
        database.run("INSERT OR IGNORE INTO tombstones (key, id, run, test, run_id, ended, detected_ms) "
                     "SELECT key, id, run, test, run_id, ended, detected_ms FROM results WHERE key = ?",
                     key);
        database.run("DELETE FROM status_changes WHERE run = (SELECT run FROM results WHERE key = ?)", key);
        database.run("DELETE FROM found WHERE run = (SELECT run FROM results WHERE key = ?)", key);
        database.run("DELETE FROM results WHERE key = ?", key);
    }
    return keys.size();
}

void prune_rest(sqlite::database& database, timestamp before) {
    database.run("DELETE FROM status_changes WHERE at_ms < ? AND NOT EXISTS (SELECT 1 FROM watches WHERE watches.run = "
                 "status_changes.run) AND NOT EXISTS (SELECT 1 FROM results WHERE results.run = status_changes.run)",
                 before);
    // Of tests that nobody has run for that long.
    database.run("DELETE FROM durations WHERE test IN (SELECT test FROM durations GROUP BY test HAVING max(at_ms) < ?)",
                 before);
    database.run("DELETE FROM sinks WHERE NOT in_config AND NOT EXISTS (SELECT 1 FROM deliveries WHERE sink = "
                 "sinks.key) AND stopped_why IS NULL");
}

void learn(sqlite::database& database, std::vector<learned_duration> const& durations) {
    for (auto const& each : durations) {
        auto const test = canonical_test(each.test_id);
        database.run("INSERT INTO durations (test, taken_ms, at_ms, ended) VALUES (?, ?, ?, ?)", test, each.taken.taken,
                     each.taken.began, each.taken.ended);
        database.run("DELETE FROM durations WHERE id IN (SELECT id FROM durations WHERE test = ?1 "
                     "ORDER BY at_ms DESC, id DESC LIMIT -1 OFFSET ?2)",
                     test, durations_worth_keeping);
    }
}

std::map<std::string, std::vector<observed_duration>> learned(sqlite::database& database) {
    std::map<std::string, std::vector<observed_duration>> durations;
    auto rows = database.query("SELECT test, taken_ms, ended, at_ms FROM durations ORDER BY test, at_ms, id");
    while (rows.next()) {
        auto& taken = durations[rows.text(0)].emplace_back();
        taken.taken = duration{rows.integer(1)};
        taken.ended = rows.integer(2) != 0;
        taken.began = rows.time(3);
    }
    return durations;
}

reload_note note_reload(sqlite::database& database, std::string const& problem) {
    database.run("UPDATE reloads SET generation = generation + 1, problem = ?", problem);
    return last_reload(database);
}

std::optional<run_result> find_result(sqlite::database& database, run_key const& key) {
    auto found = find_placed(database, key.canonical());
    if (!found)
        return std::nullopt;
    return std::move(found->result);
}

std::optional<run_result> find_result(sqlite::database& database, std::string const& id) {
    static auto const sql =
        "SELECT " + std::string{result_columns} + " FROM results" + std::string{with_looks} + " WHERE id = ?";
    auto rows = database.query(sql, id);
    if (!rows.next())
        return std::nullopt;
    return to_result(rows, 0);
}

std::optional<timestamp> pruned_at(sqlite::database& database, run_key const& key) {
    auto const run = key.canonical();
    auto rows = database.query("SELECT detected_ms FROM tombstones WHERE run = ? ORDER BY key DESC", run);
    if (!rows.next())
        return std::nullopt;
    return rows.time(0);
}

reload_note last_reload(sqlite::database& database) {
    reload_note note;
    auto rows = database.query("SELECT generation, problem FROM reloads");
    if (rows.next()) {
        note.generation = rows.integer(0);
        note.problem = rows.text(1);
    }
    return note;
}

} // namespace runwatch::state
