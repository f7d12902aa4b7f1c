"""`runwatch wait` says by its exit status how the runs ended."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from conftest import SimulatorStarter
from harness.process import Runwatch
from harness.simulator import run_of, scenario_of

#: What becomes of a run, by the exit status that it leads to alone.
KINDS: dict[int, dict[str, Any]] = {
    0: {},
    1: {"verdict": "failed"},
    2: {"verdict": "error"},
    4: {"faults": [{"status": 403}]},
    5: {"faults": [{"status": 503}]},
    124: {"running": "1h"},
}


def runs_of_kinds(*codes: int) -> dict[str, Any]:
    """A scenario with a run for each code, named after it."""
    return scenario_of(*(run_of(f"t/{code}", **KINDS[code]) for code in codes), lists=False)


def refs_of_kinds(*codes: int) -> list[str]:
    """The REFs of that scenario."""
    return [f"t/{code}" for code in codes]


@pytest.mark.parametrize(("verdict", "code"), [("passed", 0), ("failed", 1), ("error", 2)])
def test_a_verdict_is_an_exit_code(runwatch: Runwatch, start_sim: SimulatorStarter, verdict: str, code: int) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="300ms", verdict=verdict)))
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == code, outcome
    assert outcome.stdout.splitlines()[-1] == f"{verdict}: 1 run, 1 {verdict}"


def test_only_the_status_tells_that_a_run_has_ended(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    criteria = [{"name": "Empathy", "status": "failed"}]
    phases = [{"status": "running", "for": "400ms"}, {"status": "PASSED", "for": "300ms"}]
    sim = start_sim(scenario_of(run_of("t/r", phases=phases, completed_early=True, criteria=criteria)))
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 0, outcome
    assert sim.polls("t/r") > 5
    assert 'not in its description, "PASSED"' in outcome.stderr


@pytest.mark.parametrize(
    "codes", [(0, 1), (1, 0), (1, 2), (2, 124, 1), (124, 5), (5, 4), (0, 1, 2, 124, 5, 4), (4, 5, 124, 2, 1, 0)]
)
def test_of_several_causes_the_worst_decides(
    runwatch: Runwatch, start_sim: SimulatorStarter, codes: tuple[int, ...]
) -> None:
    worst = min(codes, key=[4, 5, 124, 2, 1, 0].index)
    sim = start_sim(runs_of_kinds(*codes))
    outcome = runwatch.wait(sim, *refs_of_kinds(*codes), "--timeout", "500ms")
    assert outcome.code == worst, outcome


@pytest.mark.parametrize(
    ("codes", "code"),
    [((0, 124), 0), ((124, 1), 1), ((124, 2), 2), ((5, 0), 0), ((4, 0), 0), ((4, 124), 4), ((4,), 4), ((124, 5), 5)],
)
def test_any_judges_the_first_that_ended(
    runwatch: Runwatch, start_sim: SimulatorStarter, codes: tuple[int, ...], code: int
) -> None:
    sim = start_sim(runs_of_kinds(*codes))
    outcome = runwatch.wait(sim, *refs_of_kinds(*codes), "--any", "--timeout", "500ms")
    assert outcome.code == code, outcome


@pytest.mark.parametrize(
    ("codes", "code"), [((124, 1), 1), ((0, 124, 2), 2), ((5, 1), 1), ((124, 4), 4), ((0, 124), 124), ((0,), 0)]
)
def test_fail_fast_judges_what_ended_when_the_first_did_not_pass(
    runwatch: Runwatch, start_sim: SimulatorStarter, codes: tuple[int, ...], code: int
) -> None:
    sim = start_sim(runs_of_kinds(*codes))
    outcome = runwatch.wait(sim, *refs_of_kinds(*codes), "--fail-fast", "--timeout", "500ms")
    assert outcome.code == code, outcome


def test_what_is_not_waited_for_is_reported_as_unfinished(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(runs_of_kinds(124, 1))
    outcome = runwatch.wait(sim, *refs_of_kinds(124, 1), "--fail-fast", "--output", "json")
    assert [each["type"] for each in outcome.json()] == ["run.unfinished", "run.failed"]
    assert outcome.json()[0]["data"]["reason"] == "not waited for, as another run did not pass"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_4(runwatch: Runwatch, start_sim: SimulatorStarter, status: int) -> None:
    sim = start_sim(scenario_of(run_of("t/r"), faults=[{"status": status}]))
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 4, outcome
    assert "t/r: given up: " in outcome.stderr
    assert "1 of 1 run cannot be watched\n" in outcome.stderr
    assert f"HTTP {status}, code {10009 if status == 401 else 10010}" in outcome.stderr
    assert sim.polls("t/r") == 1


def test_another_key_than_the_api_knows_is_4(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    outcome = runwatch.wait(sim, "t/r", env={"TELNYX_API_KEY": "somebody-elses"})
    assert outcome.code == 4, outcome
    assert "check that the API key is valid" in outcome.stderr
    assert "somebody-elses" not in outcome.stdout + outcome.stderr


def test_a_run_that_does_not_exist_is_4_after_the_grace_period(
    runwatch: Runwatch, start_sim: SimulatorStarter
) -> None:
    sim = start_sim(scenario_of())
    outcome = runwatch.wait(sim, "t/r", "--not-found-grace", "700ms")
    assert outcome.code == 4, outcome
    assert outcome.seconds >= 0.7
    assert "t/r: given up: the API knows no such run" in outcome.stderr
    assert sim.polls("t/r") > 1


def test_without_a_grace_period_the_first_not_found_counts(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of())
    assert runwatch.wait(sim, "t/r", "--not-found-grace", "0s").code == 4
    assert sim.polls("t/r") == 1


def test_a_fresh_run_that_is_not_there_yet_is_waited_for(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", absent_for="700ms")))
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 0, outcome
    assert "a fresh run may not be there yet" in outcome.stderr
    assert "polls succeed again" in outcome.stderr


@pytest.mark.parametrize("output", ["text", "json", "jsonl", "github"])
def test_a_full_disk_behind_standard_output_is_3(
    runwatch: Runwatch, start_sim: SimulatorStarter, output: str
) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    with open("/dev/full", "wb") as full:
        outcome = runwatch.wait(sim, "t/r", "--output", output, stdout=full)
    assert outcome.code == 3, outcome
    assert "standard output could not be written: No space left on device" in outcome.stderr


def test_a_reader_that_went_away_is_3(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as pipe:
        outcome = runwatch.wait(sim, "t/r", stdout=pipe)
    assert outcome.code == 3, outcome
    assert "standard output could not be written: Broken pipe" in outcome.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_do_no_harm(runwatch: Runwatch, start_sim: SimulatorStarter, closed: str) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="300ms")))
    outcome = runwatch.wait(sim, "t/r", wrapper=["/bin/sh", "-c", f'exec "$@" {closed}', "sh"])
    closed_output = ">&-" in closed.split()
    assert outcome.code == (3 if closed_output else 0), outcome
    if closed == ">&-":
        assert "standard output could not be written: Bad file descriptor" in outcome.stderr
    assert sim.report()["answers"].keys() == {"200"}


def test_a_junit_report_that_cannot_be_written_at_the_end_is_3(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="1s")))
    report = tmp_path / "reports" / "junit.xml"
    report.parent.mkdir()
    running = runwatch.start_wait(sim, "t/r", "--junit", str(report))
    sim.wait_for_polls("t/r")
    report.unlink()
    report.parent.rmdir()
    outcome = running.finish()
    assert outcome.code == 3, outcome
    assert "junit.xml could not be written: No such file or directory" in outcome.stderr


def test_a_verdict_wins_over_an_output_that_failed(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(runs_of_kinds(1))
    with open("/dev/full", "wb") as full:
        assert runwatch.wait(sim, "t/1", stdout=full).code == 1
