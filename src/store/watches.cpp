#include "store/watches.hpp"

#include "store/rows.hpp"

#include "runwatch/json_text.hpp"

#include <algorithm>
#include <unordered_set>

namespace runwatch::state {
namespace {

/// What one origin wants of a watch.
struct claim {
    std::map<std::string, std::string> labels;
    std::vector<std::string> sinks;
};

/// Both lists without repetitions; empty, which means every sink, if one is.
std::vector<std::string> united(std::vector<std::string> sinks, std::vector<std::string> const& others) {
    if (sinks.empty() || others.empty())
        return {};
    for (auto const& other : others)
        if (std::ranges::find(sinks, other) == sinks.end())
            sinks.push_back(other);
    return sinks;
}

std::optional<claim> find_claim(sqlite::database& database, std::string const& run, watch_origin origin) {
    auto rows =
        database.query("SELECT labels, sinks FROM claims WHERE run = ? AND origin = ?", run, static_cast<int>(origin));
    if (!rows.next())
        return std::nullopt;
    return claim{to_labels(rows.text(0)), to_texts(rows.text(1))};
}

void put_claim(sqlite::database& database, std::string const& run, watch_record const& watch, bool replaces) {
    claim wanted{watch.labels, watch.sinks};
    if (auto const before = replaces ? std::nullopt : find_claim(database, run, watch.origin)) {
        wanted.labels.insert(before->labels.begin(), before->labels.end());
        wanted.sinks = united(before->sinks, wanted.sinks);
    }
    database.run("INSERT OR REPLACE INTO claims (run, origin, labels, sinks) VALUES (?, ?, ?, ?)", run,
                 static_cast<int>(watch.origin), json_object(wanted.labels), json_list(wanted.sinks));
}

bool was_reported(sqlite::database& database, std::string const& run) {
    return database.query("SELECT 1 FROM results WHERE run = ?1 UNION ALL SELECT 1 FROM tombstones WHERE run = ?1", run)
        .next();
}

/// Tells whether somebody let go of the run by hand. Only following heeds that: who names the run wants it again.
bool was_dismissed(sqlite::database& database, std::string const& run, watch_origin wanted_by) {
    if (wanted_by == watch_origin::follow)
        return database.query("SELECT 1 FROM dismissed WHERE run = ?", run).next();
    database.run("DELETE FROM dismissed WHERE run = ?", run);
    return false;
}

void dismiss(sqlite::database& database, std::string const& run) {
    database.run("INSERT OR IGNORE INTO dismissed (run) VALUES (?)", run);
    database.run("DELETE FROM found WHERE run = ?", run);
}

/// The id of a run's result; empty if it has been pruned, nothing if there never was one.
std::optional<std::string> find_reported(sqlite::database& database, std::string const& run) {
    auto rows = database.query("SELECT id FROM (SELECT key, id FROM results WHERE run = ?1 UNION ALL SELECT key, '' "
                               "FROM tombstones WHERE run = ?1) ORDER BY id = '', key DESC LIMIT 1",
                               run);
    if (!rows.next())
        return std::nullopt;
    return rows.text(0);
}

constexpr std::string_view watch_columns = "SELECT watches.run, test_id, run_id, first_seen_ms, status_text, origin, "
                                           "labels, sinks FROM ";

constexpr std::string_view watch_table = "watches JOIN claims ON claims.run = watches.run ";

/// Reads watches whose rows hold one claim each, the weakest origin first.
std::vector<watch_record> read_watches(sqlite::cursor rows) {
    std::vector<watch_record> watches;
    std::string last;
    while (rows.next()) {
        auto labels = to_labels(rows.text(6));
        auto const sinks = to_texts(rows.text(7));
        auto const is_new = watches.empty() || rows.text(0) != last;
        if (is_new) {
            last = rows.text(0);
            auto& watch = watches.emplace_back();
            watch.key = run_key{rows.text(1), rows.text(2)};
            watch.first_seen_at = rows.time(3);
            watch.status_text = rows.text(4);
        }
        auto& watch = watches.back();
        watch.origin = static_cast<watch_origin>(rows.integer(5));
        watch.sinks = is_new ? sinks : united(std::move(watch.sinks), sinks);
        labels.merge(watch.labels);
        watch.labels = std::move(labels);
    }
    return watches;
}

/// What came of adding watches.
struct entered_watches {
    std::vector<run_key> in_force;
    /// Those of them that nobody watched before.
    std::vector<run_key> fresh;
};

entered_watches add(sqlite::database& database, std::vector<watch_record> const& watches) {
    entered_watches added;
    std::unordered_set<run_key> seen;
    std::unordered_set<run_key> configured;
    for (auto const& watch : watches) {
        auto const run = watch.key.canonical();
        if (was_reported(database, run) || was_dismissed(database, run, watch.origin))
            continue;
        database.run("INSERT OR IGNORE INTO watches (run, test_id, run_id, first_seen_ms, status_text) "
                     "VALUES (?, ?, ?, ?, ?)",
                     run, watch.key.test_id, watch.key.run_id, watch.first_seen_at, watch.status_text);
        if (database.changes() != 0)
            added.fresh.push_back(watch.key);
        auto const replaces = watch.origin == watch_origin::config && configured.insert(watch.key).second;
        put_claim(database, run, watch, replaces);
        if (seen.insert(watch.key).second)
            added.in_force.push_back(watch.key);
    }
    return added;
}

} // namespace

std::vector<watch_record> watch(sqlite::database& database, std::vector<watch_record> const& watches) {
    auto const in_force = add(database, watches).in_force;
    std::vector<watch_record> records;
    records.reserve(in_force.size());
    for (auto const& key : in_force)
        if (auto found = find_watch(database, key))
            records.push_back(std::move(*found));
    return records;
}

std::vector<run_key> discover(sqlite::database& database, std::vector<watch_record> const& watches) {
    return add(database, watches).fresh;
}

std::vector<run_key> unwatch(sqlite::database& database, std::vector<run_key> const& keys,
                             std::optional<watch_origin> origin) {
    std::vector<run_key> ended;
    for (auto const& key : keys) {
        auto const run = key.canonical();
        if (origin)
            database.run("DELETE FROM claims WHERE run = ? AND origin = ?", run, static_cast<int>(*origin));
        database.run("DELETE FROM watches WHERE run = ?1 AND (?2 OR NOT EXISTS (SELECT 1 FROM claims WHERE run = ?1))",
                     run, !origin);
        if (database.changes() == 0)
            continue;
        ended.push_back(key);
        if (!origin)
            dismiss(database, run);
    }
    return ended;
}

std::vector<watch_record> watched(sqlite::database& database) {
    static auto const sql = std::string{watch_columns} + std::string{watch_table} + "ORDER BY watches.run, origin";
    return read_watches(database.query(sql));
}

std::vector<watch_record> watches_behind(sqlite::database& database, std::string const& behind, std::string const& test,
                                         std::size_t limit) {
    // The runs of a test lie between its id with `/` and with the character after that.
    static auto const sql =
        std::string{watch_columns} +
        "(SELECT * FROM watches WHERE run > ?1 AND run >= ?2 AND (?3 = '' OR run < ?3) ORDER BY run "
        "LIMIT ?4) AS watches JOIN claims ON claims.run = watches.run ORDER BY watches.run, origin";
    auto const from = test.empty() ? std::string{} : test + '/';
    auto const to = test.empty() ? std::string{} : test + '0';
    return read_watches(database.query(sql, behind, from, to, limit));
}

added_watches add_watches(sqlite::database& database, std::vector<watch_record> const& watches) {
    added_watches added;
    added.watched = watch(database, watches);
    std::unordered_set<run_key> seen;
    for (auto const& record : watches)
        if (seen.insert(record.key).second)
            if (auto id = find_reported(database, record.key.canonical()))
                added.reported.push_back({record.key, std::move(*id)});
    return added;
}

removed_watch take_back(sqlite::database& database, run_key const& key, watch_origin origin) {
    removed_watch taken;
    taken.removed = find_claim(database, key.canonical(), origin).has_value();
    if (taken.removed)
        unwatch(database, {key}, origin);
    taken.watch = find_watch(database, key);
    // Who takes a run back does not want what is followed to bring it in again.
    if (taken.removed && !taken.watch)
        dismiss(database, key.canonical());
    return taken;
}

std::optional<watch_record> find_watch(sqlite::database& database, run_key const& key) {
    static auto const sql =
        std::string{watch_columns} + std::string{watch_table} + "WHERE watches.run = ? ORDER BY origin";
    auto const run = key.canonical();
    auto found = read_watches(database.query(sql, run));
    if (found.empty())
        return std::nullopt;
    return std::move(found.front());
}

std::vector<run_key> adopt_watches(sqlite::database& database, std::vector<watch_record> const& named) {
    watch(database, named);
    std::unordered_set<run_key> keys;
    for (auto const& record : named)
        keys.insert(record.key);
    std::vector<run_key> leaving;
    for (auto const& record : watched(database))
        if (!keys.contains(record.key))
            leaving.push_back(record.key);
    return unwatch(database, leaving, watch_origin::config);
}

void note(sqlite::database& database, std::vector<status_change> const& changes) {
    for (auto const& change : changes) {
        auto const run = change.key.canonical();
        database.run("INSERT INTO status_changes (run, at_ms, status_text) VALUES (?, ?, ?)", run, change.at,
                     change.status_text);
        database.run("UPDATE watches SET status_text = ? WHERE run = ?", change.status_text, run);
    }
}

std::vector<status_change> changes_of(sqlite::database& database, run_key const& key) {
    std::vector<status_change> changes;
    auto const run = key.canonical();
    auto rows = database.query("SELECT at_ms, status_text FROM status_changes WHERE run = ? ORDER BY id", run);
    while (rows.next()) {
        auto& change = changes.emplace_back();
        change.key = key;
        change.at = rows.time(0);
        change.status_text = rows.text(1);
    }
    return changes;
}

} // namespace runwatch::state
