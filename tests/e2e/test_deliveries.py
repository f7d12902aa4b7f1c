"""`runwatch deliveries` shows, retries and drops what sinks are still to get, beside a daemon and without one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator

import pytest

from harness.process import Outcome, Runwatch
from harness.secrets import LeakDetector
from harness.state_file import StateFile
from harness.terminal import Terminal

#: A daemon's credential is not there for whoever gives a command.
CONFIG = """
telnyx: {api_key: {credential: telnyx-api-key}}
sinks:
  - {name: ops, type: webhook, url: {env: NOT_SET}, secret: {credential: ops}}
  - {name: results, type: file, path: results.jsonl}
state: {path: state.db}
"""


@pytest.fixture(name="state", params=["beside a daemon", "without one"])
def fixture_state(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StateFile]:
    """A state with a delivery of each kind, held by a daemon or left by one."""
    (tmp_path / "runwatch.yaml").write_text(CONFIG)
    state = StateFile(tmp_path / "state.db", {"ops": "webhook", "results": "file", "old": "exec"})
    state.owe("ops", "t/pending", "pending", attempts=3, error="sink ops: https://x/ answered 503 \x1b[31m")
    state.owe("ops", "t/dead", "dead", attempts=10, error="sink ops: https://x/ answered 404")
    state.owe("results", "t/dead", "dead")
    state.owe("old", "t/orphaned", "orphaned", ended="unwatchable")
    state.owe("results", "t/delivered", "delivered", ended="passed", attempts=1)
    state.owe("results", "t/dropped", "dropped")
    state.run("UPDATE sinks SET in_config = 0 WHERE name = 'old'")
    if request.param == "beside a daemon":
        state.open()
    yield state
    if request.param == "beside a daemon":
        state.close()


def deliveries(runwatch: Runwatch, *arguments: str) -> Outcome:
    """Runs `runwatch deliveries` with the config."""
    return runwatch.run("deliveries", *arguments, "--config", "runwatch.yaml")


def listed(runwatch: Runwatch, *arguments: str) -> list[int]:
    """The IDs that `list` shows."""
    outcome = deliveries(runwatch, "list", "--json", *arguments)
    assert (outcome.code, outcome.stderr) == (0, ""), outcome
    return [each["id"] for each in outcome.json()]


def test_list_shows_what_is_not_yet_delivered(runwatch: Runwatch, state: StateFile) -> None:
    before = state.states()
    outcome = deliveries(runwatch, "list")
    assert (outcome.code, outcome.stderr) == (0, ""), outcome
    lines = outcome.stdout.splitlines()
    assert lines[0].split() == ["ID", "STATE", "SINK", "RESULT", "AGE", "NEXT", "TRY", "RUN"]
    assert re.fullmatch(r"1   pending   ops      failed       1 h +(10 m|9 m \d+ s) +t/pending", lines[1]), lines
    assert lines[2] == "    tried 3 times: https://x/ answered 503 ?[31m"
    assert lines[-1] == "4 deliveries: 1 pending, 2 dead, 1 orphaned"
    assert state.states() == before


def test_list_picks_by_state_sink_and_id(runwatch: Runwatch, state: StateFile) -> None:
    assert state.path.exists()
    assert listed(runwatch) == [1, 2, 3, 4]
    assert listed(runwatch, "--all") == [1, 2, 3, 4, 5, 6]
    assert listed(runwatch, "--state", "delivered,dead") == [2, 3, 5]
    assert listed(runwatch, "--sink", "ops") == [1, 2]
    assert listed(runwatch, "--sink", "old") == [4]
    assert listed(runwatch, "5", "2") == [2, 5]
    assert listed(runwatch, "5", "2", "--state", "dead") == [2]


def test_json_says_everything(runwatch: Runwatch, state: StateFile) -> None:
    assert state.path.exists()
    found = deliveries(runwatch, "list", "--json", "1", "5").json()
    assert found[0]["error"] == "sink ops: https://x/ answered 503 \x1b[31m"
    assert found[0]["due"] > found[0]["owed_since"]
    assert found[1] == {
        "id": 5,
        "state": "delivered",
        "sink": "results",
        "result": {"id": "id-of-t/delivered-for-results", "type": "run.passed"},
        "test_id": "t",
        "run_id": "delivered",
        "attempts": 1,
        "owed_since": found[1]["owed_since"],
        "due": None,
        "error": None,
    }


def test_retry_makes_pending_and_dead_deliveries_due(runwatch: Runwatch, state: StateFile) -> None:
    outcome = deliveries(runwatch, "retry", "2", "5")
    assert (outcome.code, outcome.stdout) == (0, "1 delivery is due again\n"), outcome
    assert "delivery 5 is delivered: only pending and dead ones can be retried" in outcome.stderr
    assert state.states() == {1: "pending", 2: "pending", 3: "dead", 4: "orphaned", 5: "delivered", 6: "dropped"}
    assert deliveries(runwatch, "retry", "--sink", "ops").stdout == "2 deliveries are due again\n"
    assert deliveries(runwatch, "retry", "--all").stdout == "3 deliveries are due again\n"
    row = state.run("SELECT attempts, due_ms <= unixepoch() * 1000 + 1000 AS due FROM deliveries WHERE id = 2")[0]
    assert row == {"attempts": 0, "due": 1}


def test_drop_ends_what_is_not_delivered(runwatch: Runwatch, state: StateFile) -> None:
    outcome = deliveries(runwatch, "drop", "--sink", "old")
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "1 delivery is dropped\n", ""), outcome
    assert deliveries(runwatch, "drop", "--sink", "ops", "--state", "dead").stdout == "1 delivery is dropped\n"
    assert state.states() == {1: "pending", 2: "dropped", 3: "dead", 4: "dropped", 5: "delivered", 6: "dropped"}
    assert deliveries(runwatch, "drop", "--all").stdout == "2 deliveries are dropped\n"
    already = deliveries(runwatch, "drop", "5")
    assert (already.code, already.stdout) == (0, "0 deliveries are dropped\n"), already
    assert "delivery 5 is delivered already" in already.stderr


def test_who_sends_what_is_due_is_said(runwatch: Runwatch, state: StateFile) -> None:
    state.stop("ops", "sink ops: https://x/ answered 410")
    outcome = deliveries(runwatch, "retry", "--all")
    assert "sink ops is stopped, nothing is sent there: https://x/ answered 410; lift that with" in outcome.stderr
    assert ("no daemon runs with this state" in outcome.stderr) != state.is_open


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["retry"], "say which deliveries to retry: IDs, --sink NAME, or --all"),
        (["drop"], "say which deliveries to drop: IDs, --sink NAME, or --all"),
        (["drop", "--state", "dead"], "say which deliveries to drop"),
        (["drop", "99", "1"], "there is no delivery with the ID 99"),
        (["list", "0x1"], '"0x1" is no ID of a delivery'),
        (["list", "--sink", "opss"], 'neither runwatch.yaml nor the state has a sink "opss"; did you mean "ops"?'),
        (["drop", "--sink", "pager"], "; there are ops, results, old"),
        (["list", "--state", "dad"], '"dad" is none of pending, dead, orphaned, delivered, dropped'),
        (["drop", "--all", "--state", "delivered"], '"delivered" is none of pending, dead, orphaned'),
        (["list", "--all", "--state", "dead"], "--all"),
    ],
)
def test_wrong_usage_is_64_and_changes_nothing(
    runwatch: Runwatch, state: StateFile, arguments: list[str], said: str
) -> None:
    before = state.states()
    outcome = deliveries(runwatch, *arguments)
    assert outcome.code == 64, outcome
    assert said in outcome.stderr
    assert (outcome.stdout, state.states()) == ("", before)


def test_a_state_that_cannot_be_used_is_1(runwatch: Runwatch, tmp_path: Path) -> None:
    (tmp_path / "runwatch.yaml").write_text(CONFIG)
    for command in (["list"], ["drop", "--all"]):
        none = deliveries(runwatch, *command)
        assert none.code == 1, none
        assert f"the state file {tmp_path}/state.db: there is none; name the file that the daemon has" in none.stderr
    assert not (tmp_path / "state.db").exists()
    (tmp_path / "state.db").write_text("hello, world")
    assert deliveries(runwatch, "retry", "--all").code == 1
    assert deliveries(runwatch, "list").code == 1


def test_a_table_fits_the_terminal(runwatch: Runwatch, detector: LeakDetector, tmp_path: Path) -> None:
    (tmp_path / "runwatch.yaml").write_text(CONFIG)
    state = StateFile(tmp_path / "state.db", {"ops": "webhook"})
    test, run = "3f0b8a52-6c1d-4e7a-9b1e-1f4a7c2d8e01", "9a7d2c10-0b5e-4f43-8c6a-5d1e2f3a4b01"
    state.owe("ops", f"{test}/{run}", "dead", attempts=2, error="x" * 300)
    terminal = Terminal(detector, columns=80)
    try:
        terminal.type([str(runwatch.executable), "deliveries", "list", "--config", str(tmp_path / "runwatch.yaml")])
        terminal.wait_for("exit=0")
        lines = terminal.lines()
    finally:
        terminal.close()
    assert lines[1].startswith("1   dead   ops   failed") and lines[1].endswith("4b01"), lines
    assert lines[2].endswith(".."), lines
    assert lines[3] == "1 delivery: 1 dead", lines
