#include "store/schema.hpp"

#include <array>
#include <string>

namespace runwatch {
namespace {

/// Tells our files from those of other programs that use SQLite: "rwst" in ASCII.
constexpr std::int64_t application_id = 0x72777374;

// Runs and tests are found by their ids in lower case (`run` is run_key::canonical(), `test` its front), and shown as
// they were written (test_id, run_id). Times are milliseconds of UTC.
constexpr std::string_view first_version = R"sql(
CREATE TABLE watches (
    run TEXT PRIMARY KEY,
    test_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    status_text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What each origin (0 follow, 1 config, 2 API) wants of a watch.
CREATE TABLE claims (
    run TEXT NOT NULL REFERENCES watches (run) ON DELETE CASCADE,
    origin INTEGER NOT NULL,
    labels TEXT NOT NULL,
    sinks TEXT NOT NULL,
    PRIMARY KEY (run, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE status_changes (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    status_text TEXT NOT NULL
) STRICT;
CREATE INDEX status_changes_by_run ON status_changes (run, id);
CREATE INDEX status_changes_by_time ON status_changes (at_ms);

-- The order of the keys is the order of detection.
CREATE TABLE results (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    run TEXT NOT NULL,
    test TEXT NOT NULL,
    test_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    ended TEXT NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    detected_ms INTEGER NOT NULL,
    polls INTEGER NOT NULL,
    reason TEXT NOT NULL,
    labels TEXT NOT NULL,
    previous_run_id TEXT,
    previous_ended TEXT
) STRICT;
CREATE INDEX results_by_run ON results (run);
CREATE INDEX results_by_time ON results (detected_ms);
CREATE INDEX verdicts_by_test ON results (test, key) WHERE ended IN ('passed', 'failed', 'error');

-- The API's objects: apart, so that a look at many results does not read them.
CREATE TABLE looks (
    result INTEGER PRIMARY KEY REFERENCES results (key) ON DELETE CASCADE,
    raw TEXT NOT NULL
) STRICT;

-- What stays of a result that was pruned.
CREATE TABLE tombstones (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    run TEXT NOT NULL,
    test TEXT NOT NULL,
    run_id TEXT NOT NULL,
    ended TEXT NOT NULL,
    detected_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX tombstones_by_run ON tombstones (run);
CREATE INDEX tombstone_verdicts_by_test ON tombstones (test, key) WHERE ended IN ('passed', 'failed', 'error');

-- A sink that has left the config keeps its row while something refers to it.
CREATE TABLE sinks (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    in_config INTEGER NOT NULL,
    stopped_why TEXT,
    UNIQUE (name, type)
) STRICT;

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    result INTEGER NOT NULL REFERENCES results (key) ON DELETE CASCADE,
    sink INTEGER NOT NULL REFERENCES sinks (key),
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead', 'orphaned', 'dropped')),
    attempts INTEGER NOT NULL DEFAULT 0,
    owed_since_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    settled_ms INTEGER,
    error TEXT NOT NULL DEFAULT '',
    UNIQUE (result, sink)
) STRICT;
CREATE INDEX pending_by_due ON deliveries (sink, due_ms, id) WHERE state = 'pending';
CREATE INDEX deliveries_by_sink ON deliveries (sink, state);

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    at_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    error TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_delivery ON attempts (delivery, id);

CREATE TABLE durations (
    id INTEGER PRIMARY KEY,
    test TEXT NOT NULL,
    taken_ms INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX durations_by_test ON durations (test, id);

-- One row: what the last reload came to.
CREATE TABLE reloads (
    generation INTEGER NOT NULL,
    problem TEXT NOT NULL
) STRICT;
INSERT INTO reloads VALUES (0, '');
)sql";

// Runs that were given up lasted at least as long.
constexpr std::string_view second_version = R"sql(
ALTER TABLE durations ADD COLUMN ended INTEGER NOT NULL DEFAULT 1;
)sql";

// What is followed since when, and which runs following must not bring back.
constexpr std::string_view third_version = R"sql(
-- A test by its id in lower case, or a suite by its name; the other is empty.
CREATE TABLE follows (
    test TEXT NOT NULL,
    suite TEXT NOT NULL,
    began_ms INTEGER NOT NULL,
    -- Whether that is by the API's clock.
    by_api INTEGER NOT NULL,
    PRIMARY KEY (test, suite)
) STRICT, WITHOUT ROWID;

-- Runs that somebody let go of by hand.
CREATE TABLE dismissed (
    run TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
)sql";

// A result goes to the sinks of every list that its run is found in, once: also if it was recorded before.
constexpr std::string_view fourth_version = R"sql(
-- In which followed lists a run was found, while it is watched or its result is kept: a test or a suite, as in follows.
CREATE TABLE found (
    run TEXT NOT NULL,
    test TEXT NOT NULL,
    suite TEXT NOT NULL,
    PRIMARY KEY (run, test, suite)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array<std::string_view, 4> steps_so_far{first_version, second_version, third_version, fourth_version};

} // namespace

std::span<std::string_view const> schema_steps() { return steps_so_far; }

void check_schema(sqlite::database& database, std::span<std::string_view const> steps) {
    auto const version = database.number("PRAGMA user_version");
    if (version == 0 && database.number("SELECT count(*) FROM sqlite_schema") == 0)
        return;
    if (database.number("PRAGMA application_id") != application_id || version < 1)
        throw state_error{"the state file " + database.path() +
                          ": it belongs to another program; name another file in state.path"};
    if (version > static_cast<std::int64_t>(steps.size()))
        throw state_error{"the state file " + database.path() + ": a newer runwatch wrote it (format " +
                          std::to_string(version) + ", this one knows " + std::to_string(steps.size()) +
                          "); use that one, or move the file away to begin anew"};
}

void check_current(sqlite::database& database, std::span<std::string_view const> steps) {
    check_schema(database, steps);
    if (database.number("PRAGMA user_version") != static_cast<std::int64_t>(steps.size()))
        throw state_error{"the state file " + database.path() +
                          ": an older runwatch wrote it; start the daemon once to bring it up to date"};
}

void migrate(sqlite::database& database, std::span<std::string_view const> steps) {
    auto const version = static_cast<std::size_t>(database.number("PRAGMA user_version"));
    if (version >= steps.size())
        return;
    std::string script = "BEGIN IMMEDIATE;";
    for (auto const step : steps.subspan(version))
        script.append(step);
    script += "PRAGMA application_id = " + std::to_string(application_id) + ';';
    script += "PRAGMA user_version = " + std::to_string(steps.size()) + "; COMMIT;";
    try {
        database.script(script);
    } catch (state_error const&) {
        if (database.in_transaction())
            database.script("ROLLBACK");
        throw;
    }
}

} // namespace runwatch
