"""A name server that does not answer delays nothing beyond the deadline, nor an interrupt.

Needs root: each test has a network of its own, in which it is the name server.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Callable

import pytest

from harness import isolated
from harness.process import Runwatch
from harness.raw_server import Endpoint
from harness.waiting import wait_for

API = Endpoint("https://api.runwatch.example/v2")
HOST = "api.runwatch.example"

#: For the last look, and a busy machine; the look-up itself would give up after 14 s.
SLACK = 5.0

Isolation = Callable[[str], list[str]]


@pytest.fixture
def isolate(tmp_path: Path) -> Isolation:
    """Makes the wrapper that runs a command with a `silent` or a `closed` name server."""
    if os.geteuid() != 0:
        pytest.fail("needs root, to make a network of its own")
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    (tmp_path / "hosts").write_text(f"127.0.0.1 localhost\n127.0.0.2 known.{HOST}\n")
    script = str(Path(isolated.__file__))

    def wrapper(server: str) -> list[str]:
        return ["unshare", "--net", "--mount", "/usr/bin/python3", script, str(tmp_path), server]

    return wrapper


def test_a_silent_name_server_does_not_outlast_the_deadline(runwatch: Runwatch, isolate: Isolation) -> None:
    outcome = runwatch.wait(API, "t/r", "--timeout", "3s", "--output", "json", wrapper=isolate("silent"))
    assert outcome.code == 5, outcome
    assert 3 <= outcome.seconds < 3 + SLACK
    assert f"cannot find the host {HOST}: no name server answered in time" in outcome.stderr.splitlines()[-1]
    assert [each["type"] for each in outcome.json()] == ["run.unfinished"]


def test_many_runs_wait_for_a_silent_name_server_together(runwatch: Runwatch, isolate: Isolation) -> None:
    refs = [f"t/{number}" for number in range(30)]
    outcome = runwatch.wait(API, *refs, "--timeout", "3s", wrapper=isolate("silent"))
    assert outcome.code == 5, outcome
    assert outcome.seconds < 3 + SLACK


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_look_up_at_once(
    runwatch: Runwatch, isolate: Isolation, number: signal.Signals, code: int
) -> None:
    running = runwatch.start_wait(API, "t/r", "--output", "json", wrapper=isolate("silent"))
    wait_for("the question to be asked", lambda: has_asked(running.process.pid))
    sent = time.monotonic()
    running.send(number)
    outcome = running.finish(ceiling=3)
    assert time.monotonic() - sent < 2
    assert outcome.code == code, outcome
    assert [each["type"] for each in outcome.json()] == ["run.unfinished"]


def has_asked(pid: int) -> bool:
    """Tells whether the silent name server, in the network of a process, has got a question."""
    rows = Path(f"/proc/{pid}/net/udp").read_text().splitlines()[1:]
    # The columns are: number, local address, remote address, state, queues; port 53 is 0035.
    return any(row.split()[1].endswith(":0035") and not row.split()[4].endswith(":00000000") for row in rows)


def test_a_name_server_that_is_not_there_is_no_verdict(runwatch: Runwatch, isolate: Isolation) -> None:
    outcome = runwatch.wait(API, "t/r", "--timeout", "1s", wrapper=isolate("closed"))
    assert outcome.code == 5, outcome
    assert outcome.seconds < 1 + SLACK
    assert f"cannot find the host {HOST}: no name server " in outcome.stderr.splitlines()[-1]


def test_a_name_of_the_hosts_file_needs_no_name_server(runwatch: Runwatch, isolate: Isolation) -> None:
    api = Endpoint(f"https://known.{HOST}:1/v2")
    outcome = runwatch.wait(api, "t/r", "--timeout", "0s", wrapper=isolate("silent"))
    assert outcome.code == 5, outcome
    assert f"cannot connect to known.{HOST}:1: Connection refused" in outcome.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "api.localhost"])
def test_an_address_needs_no_name_server(runwatch: Runwatch, isolate: Isolation, host: str) -> None:
    outcome = runwatch.wait(Endpoint(f"https://{host}:1/v2"), "t/r", "--timeout", "0s", wrapper=isolate("silent"))
    assert outcome.code == 5, outcome
    assert "Connection refused" in outcome.stderr
