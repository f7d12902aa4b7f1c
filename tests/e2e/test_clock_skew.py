"""An API whose clock is not ours: told once, and no reason for a wrong duration."""

from __future__ import annotations

import re

import pytest

from conftest import SimulatorStarter
from harness.process import Runwatch
from harness.simulator import run_of, scenario_of


@pytest.mark.parametrize(("skew", "said"), [("5m", "ahead of"), ("-5m", "behind")])
def test_a_large_skew_is_told_once(
    runwatch: Runwatch, start_sim: SimulatorStarter, skew: str, said: str
) -> None:
    # Three dates that differ, of a second each, make sure of it.
    runs = [run_of(f"t/{name}", running="3500ms") for name in "ab"]
    sim = start_sim(scenario_of(*runs, clock_skew=skew))
    outcome = runwatch.wait(sim, "t/a", "t/b")
    assert outcome.code == 0, outcome
    warning = rf"^runwatch: the API's clock is (4 m 59 s|5 m|5 m 1 s) {said} this machine's: check the time here \(NTP\)$"
    assert len(re.findall(warning, outcome.stderr, re.MULTILINE)) == 1, outcome
    assert outcome.stderr.count("clock") == 1
    (took,) = re.findall(r"^passed +t/a  (\d+) s$", outcome.stdout, re.MULTILINE)
    assert 3 <= int(took) <= 10, outcome


def test_a_small_skew_is_not_told(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="3500ms"), clock_skew="50s"))
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 0, outcome
    assert "clock" not in outcome.stderr


def test_a_quiet_wait_does_not_tell_of_a_skew(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="3500ms"), clock_skew="1h"))
    outcome = runwatch.wait(sim, "t/r", "--quiet")
    assert (outcome.code, outcome.stderr) == (0, ""), outcome


def test_dates_out_of_a_cache_tell_of_no_skew(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    stale = {"headers": {"Date": "Fri, 02 Jan 2026 01:00:00 GMT"}}
    sim = start_sim(scenario_of(run_of("t/r", running="3500ms", faults=[{"every": 2} | stale])))
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 0, outcome
    assert "clock" not in outcome.stderr
