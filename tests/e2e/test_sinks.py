"""`runwatch sinks` lists sinks, sends one a test message, and lifts the stop that a 410 caused."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from harness.process import Outcome, Runwatch
from harness.raw_server import RawServer, Request
from harness.state_file import StateFile
from harness.waiting import wait_for

#: Neither the API's key nor the other sinks' secrets are needed to test one.
HEAD = "telnyx: {api_key: {credential: telnyx-api-key}}\nstate: {path: state.db}\nsinks:\n"
OTHERS = "  - {name: other, type: webhook, url: 'https://x/', secret: {credential: other}}\n"
CONSOLE = "  - {name: console, type: stdout, on: [failed]}\n"


def sinks(runwatch: Runwatch, tmp_path: Path, config: str, *arguments: str) -> Outcome:
    """Runs `runwatch sinks` with a config."""
    (tmp_path / "runwatch.yaml").write_text(HEAD + config, encoding="utf-8")
    return runwatch.run("sinks", *arguments, "--config", "runwatch.yaml")


def test_a_test_message_is_marked_as_one(runwatch: Runwatch, tmp_path: Path) -> None:
    config = OTHERS + "  - {name: results, type: file, path: results.jsonl}\n"
    outcome = sinks(runwatch, tmp_path, config, "test", "results")
    assert outcome.code == 0, outcome
    message = json.loads((tmp_path / "results.jsonl").read_text())
    run = message["data"]["run"]
    assert (message["type"], run["test_id"], run["status"]) == ("run.passed", "runwatch-test", "passed")
    assert message["data"]["watch"]["labels"] == {"test_message": "sent by runwatch sinks test, of no test run"}
    assert outcome.stdout.startswith(f"sink results took the test message runwatch-test/{run['run_id']} in ")
    again = sinks(runwatch, tmp_path, config, "test", "results")
    assert again.code == 0, again
    ids = {json.loads(line)["id"] for line in (tmp_path / "results.jsonl").read_text().splitlines()}
    assert len(ids) == 2, "each is another message"
    assert not (tmp_path / "state.db").exists(), "none is kept"


def test_a_filter_does_not_keep_a_test_message_back(runwatch: Runwatch, tmp_path: Path) -> None:
    outcome = sinks(runwatch, tmp_path, CONSOLE, "test", "console")
    assert outcome.code == 0, outcome
    first, second = outcome.stdout.splitlines()
    assert " passed runwatch-test/" in first and second.startswith("sink console took the test message")


def test_a_webhook_gets_a_signed_message(runwatch: Runwatch, tmp_path: Path) -> None:
    server = RawServer(lambda _: b"HTTP/1.1 204 No Content\r\n\r\n", answers_per_connection=1)
    (tmp_path / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    config = f"  - {{name: ops, type: webhook, url: '{server.base_url}/hook', secret: {{file: secret}}}}\n"
    outcome = sinks(runwatch, tmp_path, config, "test", "ops")
    server.close()
    assert outcome.code == 0, outcome
    request = server.requests[0]
    assert (request.method, request.target) == ("POST", "/v2/hook")
    assert request.headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("503 Service Unavailable", "; a daemon would try again"),
        ("400 Bad Request", "; a daemon would not try again"),
        ("410 Gone", "; a daemon would stop this sink"),
    ],
)
def test_a_message_that_is_not_taken_is_3_and_says_why(
    runwatch: Runwatch, tmp_path: Path, status: str, said: str
) -> None:
    def answer(_: Request) -> bytes:
        return f"HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\nno.\n".encode()

    server = RawServer(answer, answers_per_connection=1)
    config = f"  - {{name: ops, type: webhook, url: '{server.base_url}/hook?token=x'}}\n"
    outcome = sinks(runwatch, tmp_path, config, "test", "ops")
    server.close()
    assert (outcome.code, outcome.stdout) == (3, ""), outcome
    assert outcome.stderr.startswith(f"runwatch: sink ops: {server.base_url}/hook answered HTTP {status[:3]}: no.")
    assert outcome.stderr.endswith(said + "\n") and "token" not in outcome.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_is_ended_too(runwatch: Runwatch, tmp_path: Path, number: signal.Signals) -> None:
    command = "echo $$ > pid.new; mv pid.new pid; exec sleep 1000"
    (tmp_path / "runwatch.yaml").write_text(
        HEAD + f"  - {{name: pager, type: exec, timeout: 10m, command: [sh, -c, '{command}']}}\n"
    )
    running = runwatch.start(["sinks", "test", "pager", "--config", "runwatch.yaml"])
    wait_for("the command to start", (tmp_path / "pid").exists)
    running.send(number)
    outcome = running.finish()
    assert outcome.code == 128 + number, outcome
    assert "may or may not have got the test message runwatch-test/" in outcome.stderr
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("config", "name", "code", "said"),
    [
        (OTHERS + CONSOLE, "consoel", 64, 'runwatch.yaml has no sink "consoel"; did you mean "console"?'),
        (OTHERS + CONSOLE, "pager", 64, "; there are other, console"),
        (OTHERS, "other", 78, "runwatch.yaml:4:61: sinks[0].secret: "),
        ("  - {name: ops, type: stdout, fromat: json}\n", "ops", 78, 'unknown key; did you mean "format"?'),
        ("  - {name: ops, type: pigeon}\n", "ops", 78, "there is no such type of sinks"),
    ],
)
def test_what_cannot_be_tested_is_refused(
    runwatch: Runwatch, tmp_path: Path, config: str, name: str, code: int, said: str
) -> None:
    outcome = sinks(runwatch, tmp_path, config, "test", name)
    assert outcome.code == code, outcome
    assert said in outcome.stderr and outcome.stdout == ""


@pytest.mark.parametrize("beside_daemon", [True, False])
def test_enable_lifts_the_stop(runwatch: Runwatch, tmp_path: Path, beside_daemon: bool) -> None:
    state = StateFile(tmp_path / "state.db", {"ops": "webhook", "old": "exec"})
    state.owe("ops", "t/r", "pending")
    state.stop("ops", "sink ops: https://x/ answered 410 Gone")
    if beside_daemon:
        state.open()
    config = "  - {name: ops, type: webhook, url: 'https://x/'}\n"
    outcome = sinks(runwatch, tmp_path, config, "enable", "ops")
    assert outcome.code == 0, outcome
    assert outcome.stdout == "sink ops is enabled; it was stopped: https://x/ answered 410 Gone\n"
    assert ("no daemon runs" in outcome.stderr) != beside_daemon
    row = state.run("SELECT stopped_why, due_ms <= unixepoch() * 1000 + 1000 AS due FROM deliveries, sinks")[0]
    assert row == {"stopped_why": None, "due": 1}
    for name in ("ops", "old"):
        again = sinks(runwatch, tmp_path, config, "enable", name)
        assert (again.code, again.stdout) == (0, f"sink {name} is not stopped\n"), again
    unknown = sinks(runwatch, tmp_path, config, "enable", "opss")
    assert unknown.code == 64 and 'did you mean "ops"?' in unknown.stderr, unknown
    if beside_daemon:
        state.close()


def test_enable_without_a_state_is_1(runwatch: Runwatch, tmp_path: Path) -> None:
    outcome = sinks(runwatch, tmp_path, CONSOLE, "enable", "console")
    assert outcome.code == 1 and "there is none" in outcome.stderr, outcome


def test_list_shows_the_sinks_of_config_and_state(runwatch: Runwatch, tmp_path: Path) -> None:
    before = sinks(runwatch, tmp_path, OTHERS + CONSOLE, "list", "--json").json()
    assert [(each["name"], each["pending"]) for each in before] == [("other", 0), ("console", 0)]
    state = StateFile(tmp_path / "state.db", {"other": "webhook", "gone": "exec"})
    state.owe("other", "t/r", "pending")
    state.owe("gone", "t/r2", "orphaned")
    state.stop("other", "sink other: https://x/ answered 410 Gone")
    state.run("UPDATE sinks SET in_config = 0 WHERE name = 'gone'")
    outcome = sinks(runwatch, tmp_path, OTHERS + CONSOLE, "list")
    assert (outcome.code, outcome.stderr) == (0, ""), outcome
    assert [line.split() for line in outcome.stdout.splitlines()[:5]] == [
        ["NAME", "TYPE", "STATE", "PENDING", "DEAD", "ORPHANED"],
        ["other", "webhook", "stopped", "1", "0", "0"],
        ["https://x/", "answered", "410", "Gone"],
        ["console", "stdout", "enabled", "0", "0", "0"],
        ["gone", "exec", "left", "the", "config", "0", "0", "1"],
    ]
