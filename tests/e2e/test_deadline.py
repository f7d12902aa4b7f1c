"""The deadline ends a wait on time, with a last look that counts."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from conftest import SimulatorStarter
from harness.process import Runwatch
from harness.raw_server import ClosedPort, RawServer
from harness.simulator import run_of, scenario_of

#: A last look may take so long after the deadline, looks at many so long together, and everything else a little on a
#: busy machine.
LAST_LOOK = 1.0
LAST_LOOKS = 5.0
SLACK = 4.0


@pytest.fixture
def closed_port() -> Iterator[ClosedPort]:
    """An address where nobody listens."""
    port = ClosedPort()
    yield port
    port.close()


@pytest.fixture
def silent_server() -> Iterator[RawServer]:
    """A server that reads requests and never answers."""
    server = RawServer(lambda _request: None)
    yield server
    server.close()


def test_a_run_that_goes_on_is_124(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="1h")))
    outcome = runwatch.wait(sim, "t/r", "--timeout", "1s")
    assert outcome.code == 124, outcome
    assert 1 <= outcome.seconds < 1 + SLACK
    assert "the deadline came, after 1 s, with 1 of 1 run unfinished; allow more with --timeout" in outcome.stderr
    assert outcome.stdout.splitlines()[-1] == "unfinished: 1 run, 1 unfinished"


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503, "body": "html"},
        {"status": 429},
        {"body": "garbage"},
        {"body": "truncated"},
        {"close": "before"},
        {"no_status": True},
        {"other_run": True},
    ],
    ids=lambda fault: "-".join(f"{key}-{value}" for key, value in fault.items()),
)
def test_an_api_that_never_answers_well_is_5(
    runwatch: Runwatch, start_sim: SimulatorStarter, fault: dict[str, Any]
) -> None:
    sim = start_sim(scenario_of(run_of("t/r"), faults=[fault]))
    outcome = runwatch.wait(sim, "t/r", "--timeout", "300ms", "--output", "json")
    assert outcome.code == 5, outcome
    assert outcome.seconds < 0.3 + SLACK
    assert outcome.json()[0]["type"] == "run.unfinished"
    assert "and the API not answering as it should: " in outcome.stderr


def test_a_refused_connection_is_5(runwatch: Runwatch, closed_port: ClosedPort) -> None:
    outcome = runwatch.wait(closed_port, "t/r", "--timeout", "700ms")
    assert outcome.code == 5, outcome
    assert "Connection refused" in outcome.stderr


@pytest.mark.parametrize(
    "refs",
    [["t/r"], [f"{number}/r" for number in range(15)], [f"t/{number}" for number in range(15)]],
    ids=["one run", "many tests", "many runs of one test"],
)
def test_an_api_that_hangs_from_the_start_is_5_and_on_time(
    runwatch: Runwatch, silent_server: RawServer, refs: list[str]
) -> None:
    outcome = runwatch.wait(silent_server, *refs, "--timeout", "1s")
    assert outcome.code == 5, outcome
    assert outcome.seconds < 1 + (LAST_LOOK if len(refs) == 1 else LAST_LOOKS) + SLACK
    assert "no answer from 127.0.0.1" in outcome.stderr


def test_an_api_that_begins_to_hang_is_on_time(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="1h"), faults=[{"on": "3-", "hang": True}]))
    outcome = runwatch.wait(sim, "t/r", "--timeout", "1s")
    assert outcome.code == 5, outcome
    assert outcome.seconds < 1 + LAST_LOOK + SLACK


def test_trouble_that_was_over_at_the_deadline_is_124(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="1h"), faults=[{"on": "1", "status": 503}]))
    outcome = runwatch.wait(sim, "t/r", "--timeout", "1500ms")
    assert outcome.code == 124, outcome


def test_the_verdict_of_the_last_look_counts(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="500ms")))
    outcome = runwatch.wait(sim, "t/r", "--interval", "1h", "--timeout", "1s")
    assert outcome.code == 0, outcome
    assert sim.polls("t/r") == 2


@pytest.mark.parametrize("tests", [1, 12])
def test_no_time_at_all_is_one_look_at_each_run(runwatch: Runwatch, start_sim: SimulatorStarter, tests: int) -> None:
    refs = [f"{number % tests}/{number}" for number in range(12)]
    sim = start_sim(scenario_of(*(run_of(ref, running="1h" if ref.endswith("/7") else "") for ref in refs)))
    outcome = runwatch.wait(sim, *refs, "--timeout", "0s", "--output", "json")
    assert outcome.code == 124, outcome
    assert [each["data"]["watch"]["polls"] for each in outcome.json()] == [1] * 12
    assert sim.report()["requests"] == tests
    ends = [each["type"] for each in outcome.json()]
    assert ends == ["run.unfinished" if ref.endswith("/7") else "run.passed" for ref in refs]


def test_standard_input_that_does_not_end_is_cut_off_by_the_deadline(
    runwatch: Runwatch, start_sim: SimulatorStarter
) -> None:
    sim = start_sim(scenario_of())
    running = runwatch.start(
        ["wait", "--base-url", sim.base_url, "--ca-file", str(sim.ca_file), "--timeout", "500ms", "-"],
        stdin=-1,
    )
    outcome = running.finish()
    assert outcome.code == 124, outcome
    assert "the deadline came before standard input ended" in outcome.stderr
    assert sim.report()["requests"] == 0


def test_a_long_pause_the_api_asked_for_does_not_outlast_the_deadline(
    runwatch: Runwatch, start_sim: SimulatorStarter
) -> None:
    fault = {"status": 429, "headers": {"Retry-After": "3600"}}
    sim = start_sim(scenario_of(run_of("t/r"), faults=[fault]))
    outcome = runwatch.wait(sim, "t/r", "--timeout", "1s")
    assert outcome.code == 5, outcome
    assert outcome.seconds < 1 + SLACK
    assert "the API asks to slow down" in outcome.stderr
    assert sim.polls("t/r") == 1
