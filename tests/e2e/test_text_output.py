"""Text for people: what changes on standard error, the results on standard output."""

from __future__ import annotations

import re

import pytest

from conftest import SimulatorStarter
from harness.hostile import HOSTILE_NAMES, assert_harmless, hostile_scenario
from harness.process import Runwatch
from harness.simulator import refs_in, run_of, scenario_of

#: The time of day before each line of progress.
TIME = re.compile(r"^\d\d:\d\d:\d\d ", re.MULTILINE)


def progress(stderr: str) -> list[str]:
    """The lines on standard error without their times."""
    return TIME.sub("", stderr).splitlines()


def test_a_line_appears_only_when_the_status_changes(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    phases = [{"status": name, "for": "400ms"} for name in ("pending", "starting", "running")]
    sim = start_sim(scenario_of(run_of("t/r", phases=phases)))
    outcome = runwatch.wait(sim, "t/r")
    assert sim.polls("t/r") > 6
    lines = progress(outcome.stderr)
    assert lines[:3] == ["t/r: pending", "t/r: starting", "t/r: running"]
    assert len(lines) == 4 and re.fullmatch(r"t/r: passed after \d+ (s|ms)", lines[3])


def test_a_summary_names_each_criterion(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    criteria = [{"name": "Empathy", "status": "passed"}, {"name": "Resolution", "status": "failed"}]
    sim = start_sim(
        scenario_of(
            run_of("t/good"),
            run_of("t/bad", verdict="failed", criteria=criteria),
            run_of("t/ugly", verdict="error", logs="no agent\nanswered"),
            run_of("t/hidden", faults=[{"status": 403}]),
            lists=False,
        )
    )
    outcome = runwatch.wait(sim, "t/good", "t/bad", "t/ugly", "t/hidden", "--output", "text")
    summaries = re.sub(r"  \d+ m?s$", "", outcome.stdout, flags=re.MULTILINE)
    assert "passed       t/good\n    passed     Empathy\n    passed     Resolution\n" in summaries
    assert "failed       t/bad\n    passed     Empathy\n    failed     Resolution\n" in summaries
    assert "error        t/ugly\n    cause: no agent?answered\n" in summaries
    assert "unwatchable  t/hidden\n    the API does not let this key read the run" in summaries
    verdict = outcome.stdout.splitlines()[-1]
    assert verdict == "unwatchable: 4 runs, 1 passed, 1 failed, 1 error, 1 unwatchable"


def test_quiet_prints_the_verdict_only(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/a", running="300ms"), run_of("t/b", verdict="failed")))
    outcome = runwatch.wait(sim, "t/a", "t/b", "--quiet")
    assert (outcome.code, outcome.stderr) == (1, "")
    assert outcome.stdout == "failed: 2 runs, 1 passed, 1 failed\n"


def test_a_heartbeat_tells_that_the_wait_goes_on(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/a", running="1h"), run_of("t/b")))
    outcome = runwatch.wait(sim, "t/a", "t/b", "--heartbeat", "300ms", "--timeout", "1s")
    beats = [line for line in progress(outcome.stderr) if line.startswith("still waiting")]
    assert 2 <= len(beats) <= 3, outcome
    assert re.fullmatch(r"still waiting after \d+ (s|ms): 1 of 2 ended: 1 passed; 1 running", beats[0])


def test_a_heartbeat_repeats_what_is_wrong(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    faults = [{"on": "1-", "status": 503, "raw_body": ""}]
    sim = start_sim(scenario_of(run_of("t/a", running="1h"), run_of("t/b", faults=faults), lists=False))
    outcome = runwatch.wait(sim, "t/a", "t/b", "--heartbeat", "300ms", "--timeout", "1s")
    beats = [line for line in progress(outcome.stderr) if line.startswith("still waiting")]
    assert beats and beats[0].endswith("0 of 2 ended; 1 running, 1 retrying: the API failed (HTTP 503)"), outcome


@pytest.mark.parametrize("options", [["--heartbeat", "0s"], []])
def test_without_a_heartbeat_a_run_that_does_not_change_is_silent(
    runwatch: Runwatch, start_sim: SimulatorStarter, options: list[str]
) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="1h")))
    outcome = runwatch.wait(sim, "t/r", *options, "--timeout", "700ms")
    assert [line for line in progress(outcome.stderr) if "deadline" not in line] == ["t/r: running"]


def test_an_unknown_status_is_warned_about_once_and_waited_on(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    phases = [{"status": "judging\x1b[2J", "for": "600ms"}, {"status": "running", "for": "300ms"}] * 2
    sim = start_sim(scenario_of(*(run_of(f"t/{name}", phases=phases) for name in "ab")))
    outcome = runwatch.wait(sim, "t/a", "t/b")
    assert outcome.code == 0, outcome
    warning = 'runwatch: the API reports a status that is not in its description, "judging?[2J": waiting on'
    assert outcome.stderr.count(warning) == 1
    assert outcome.stderr.count("is not in its description") == 1
    assert_harmless(outcome.stderr)


def test_one_line_tells_of_a_trouble_that_many_runs_share(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    refs = [f"t/{number}" for number in range(6)]
    runs = (run_of(ref, running="1500ms", faults=[{"on": "2", "status": 502, "body": "html"}]) for ref in refs)
    sim = start_sim(scenario_of(*runs, lists=False))
    outcome = runwatch.wait(sim, *refs, "--interval", "700ms")
    assert outcome.code == 0, outcome
    assert outcome.stderr.count("poll failed: the API failed (HTTP 502, an HTML page") == 1
    assert outcome.stderr.count("polls succeed again") == 1


def test_remote_text_is_neutralised(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(hostile_scenario())
    outcome = runwatch.wait(sim, *refs_in(hostile_scenario()), "--output", "text")
    assert outcome.code == 4, outcome
    assert_harmless(outcome.stdout)
    assert_harmless(outcome.stderr)
    assert outcome.stderr.count("is not in its description") == len(HOSTILE_NAMES)
