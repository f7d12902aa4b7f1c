"""Signals end a wait in good order; a second one ends it at once."""

from __future__ import annotations

import array
import fcntl
import json
import os
import select
import signal
import termios
from pathlib import Path

import pytest

from conftest import SimulatorStarter
from harness.process import Runwatch
from harness.simulator import run_of, scenario_of
from harness.waiting import wait_for


@pytest.mark.parametrize(
    ("number", "code", "reason"),
    [
        (signal.SIGINT, 130, "not ended when interrupted by SIGINT"),
        (signal.SIGTERM, 143, "not ended when told to stop by SIGTERM"),
    ],
)
def test_a_signal_still_prints_what_is_known(
    runwatch: Runwatch, start_sim: SimulatorStarter, number: signal.Signals, code: int, reason: str
) -> None:
    sim = start_sim(scenario_of(run_of("t/going", running="1h"), run_of("t/done", verdict="failed")))
    running = runwatch.start_wait(sim, "t/going", "t/done", "--output", "json")
    running.wait_for_stderr("t/done: failed")
    running.send(number)
    outcome = running.finish()
    assert outcome.code == code, outcome
    going, done = outcome.json()
    assert (going["type"], done["type"]) == ("run.unfinished", "run.failed")
    assert going["data"]["reason"] == reason
    assert going["data"]["run"]["status"] == "running"
    assert "1 of 2 runs unfinished" in outcome.stderr


def test_a_signal_before_the_first_answer_prints_results_too(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r"), faults=[{"hang": True}]))
    running = runwatch.start_wait(sim, "t/r", "--output", "json")
    sim.wait_for_polls("t/r")
    running.send(signal.SIGINT)
    outcome = running.finish(ceiling=3)
    assert outcome.code == 130, outcome
    assert outcome.json()[0]["data"]["run"] == {"run_id": "r", "test_id": "t"}


def test_the_reports_are_written_after_a_signal(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="1h")))
    report, summary = tmp_path / "junit.xml", tmp_path / "summary.md"
    running = runwatch.start_wait(
        sim, "t/r", "--junit", str(report), "--output", "github", env={"GITHUB_STEP_SUMMARY": str(summary)}
    )
    sim.wait_for_polls("t/r")
    running.send(signal.SIGTERM)
    assert running.finish().code == 143
    assert "<skipped" in report.read_text()
    assert "| unfinished |" in summary.read_text()


def test_a_second_signal_ends_at_once(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    more_than_a_pipe_takes = json.dumps("x" * 600_000)
    sim = start_sim(scenario_of(run_of("t/r", running="1h", raw_fields={"padding": more_than_a_pipe_takes})))
    reading, writing = os.pipe()
    with open(reading, "rb"), open(writing, "wb") as unread:
        running = runwatch.start_wait(sim, "t/r", "--output", "json", stdout=unread)
        sim.wait_for_polls("t/r", 2)
        running.send(signal.SIGINT)
        # The results do not fit into the pipe: it now waits for a reader that never comes.
        wait_for("a full pipe", lambda: is_full(writing))
        assert running.process.poll() is None
        running.send(signal.SIGINT)
        outcome = running.finish(ceiling=3)
    assert outcome.code == -signal.SIGINT


def is_full(pipe: int) -> bool:
    """Tells whether a write to the pipe would block."""
    return not select.select([], [pipe], [], 0)[1]


def test_an_interrupt_while_reading_standard_input_ends_at_once(
    runwatch: Runwatch, start_sim: SimulatorStarter
) -> None:
    sim = start_sim(scenario_of())
    reading, writing = os.pipe()
    with open(reading, "rb") as unfinished, open(writing, "wb", buffering=0) as pipe:
        running = runwatch.start_wait(sim, "-", stdin=unfinished)
        pipe.write(b"# more is to come\n")
        wait_for("it to read", lambda: bytes_in(reading) == 0)
        running.send(signal.SIGINT)
        assert running.finish(ceiling=3).code in (130, -signal.SIGINT)


def bytes_in(pipe: int) -> int:
    """How much of what was written into a pipe nobody has read yet."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]
