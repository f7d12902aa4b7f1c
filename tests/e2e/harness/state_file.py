"""State files of a daemon, with deliveries in every state."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
import time
from pathlib import Path
from typing import IO

_SCHEMA = Path(__file__).resolve().parents[3] / "src" / "store" / "schema.cpp"
_APPLICATION_ID = 0x72777374

Row = dict[str, object]


class StateFile:
    """A state file as a daemon leaves it; or, between `open()` and `close()`, as it has it."""

    def __init__(self, path: Path, sinks: dict[str, str]) -> None:
        """Makes one with these sinks, their types by their names."""
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._lock: IO[str] | None = None
        steps = re.findall(r'R"sql\((.*?)\)sql"', _SCHEMA.read_text(encoding="utf-8"), re.DOTALL)
        self.open()
        for step in steps:
            self.run_script(step)
        self.run_script(f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {len(steps)}")
        for name, kind in sinks.items():
            self.run("INSERT INTO sinks (name, type, in_config) VALUES (?, ?, 1)", name, kind)
        self.close()

    def open(self) -> None:
        """Holds the file as a daemon does, with its lock and its write-ahead log."""
        self._lock = open(f"{self.path}.lock", "w", encoding="utf-8")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()
        self._connection = sqlite3.connect(self.path, timeout=5, isolation_level=None)
        self.run_script("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Lets it go, as a daemon does at its end."""
        assert self._connection is not None and self._lock is not None
        self._connection.close()
        self._connection = None
        self._lock.truncate(0)
        self._lock.close()

    @property
    def is_open(self) -> bool:
        """Tells whether it is held as by a daemon."""
        return self._connection is not None

    def run(self, sql: str, *values: object) -> list[Row]:
        """Runs a statement as the daemon would, or as one that is there for this alone, and returns its rows."""
        if self._connection is None:
            self.open()
            try:
                return self.run(sql, *values)
            finally:
                self.close()
        cursor = self._connection.execute(sql, values)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row)) for row in cursor.fetchall()]

    def run_script(self, sql: str) -> None:
        """Runs statements while it is open."""
        assert self._connection is not None
        self._connection.executescript(sql)

    def owe(self, sink: str, ref: str, state: str, *, ended: str = "failed", attempts: int = 0, error: str = "") -> int:
        """Adds a result and its delivery, owed for an hour, and returns the delivery's ID."""
        test_id, run_id = ref.split("/")
        now = time.time_ns() // 1_000_000
        hour_ago = now - 3_600_000
        result = self.run(
            "INSERT INTO results (id, run, test, test_id, run_id, ended, first_seen_ms, detected_ms, polls, reason, labels)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, '', '{}') RETURNING key",
            f"id-of-{ref}-for-{sink}", ref.lower(), test_id.lower(), test_id, run_id, ended, hour_ago, hour_ago,
        )
        delivery = self.run(
            "INSERT INTO deliveries (result, sink, state, attempts, owed_since_ms, due_ms, error)"
            " VALUES (?, (SELECT key FROM sinks WHERE name = ?), ?, ?, ?, ?, ?) RETURNING id",
            result[0]["key"], sink, state, attempts, hour_ago, now + 600_000, error,
        )
        return int(str(delivery[0]["id"]))

    def states(self) -> dict[int, str]:
        """The state of each delivery by its ID."""
        return {int(str(row["id"])): str(row["state"]) for row in self.run("SELECT id, state FROM deliveries")}

    def stop(self, sink: str, why: str) -> None:
        """Stops a sink, as a 410 does."""
        self.run("UPDATE sinks SET stopped_why = ? WHERE name = ?", why, sink)
