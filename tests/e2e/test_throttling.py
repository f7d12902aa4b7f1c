"""The API may ask to slow down in many ways; all runs then wait, and none for good."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

from conftest import SimulatorStarter
from harness.process import Runwatch
from harness.simulator import Simulator, run_of, scenario_of

#: Zeros, as a mock or a proxy sends them.
ZEROS = {
    "Retry-After": "0",
    "retry-after-ms": "0",
    "x-ratelimit-limit": "0",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": "0",
}


def gaps(sim: Simulator, ref: str) -> list[int]:
    """The milliseconds between the requests for a run."""
    times = sim.run_report(ref)["request_times"]
    return [later - earlier for earlier, later in pairwise(times)]


def throttled_once(**fault: Any) -> dict[str, Any]:
    """A scenario with a run whose first request is answered with 429."""
    return scenario_of(run_of("t/r", faults=[{"on": 1, "status": 429, **fault}]))


@pytest.mark.parametrize(
    ("fault", "least", "most"),
    [
        ({"headers": {"Retry-After": "1"}}, 1000, 3500),
        ({"headers": {"retry-after-ms": "800", "Retry-After": "60"}}, 800, 3500),
        ({"headers": {"x-ratelimit-reset": "1"}}, 1000, 3500),
        ({"headers": {"x-ratelimit-reset": "60", "Retry-After": "1"}}, 1000, 3500),
        # A date has whole seconds: what is left of them may be up to one less.
        ({"retry_after_date": "2s"}, 1000, 4500),
        # Without a wait that makes sense it is the usual one: half a second, less a quarter.
        ({}, 370, 3000),
        ({"headers": ZEROS}, 370, 3000),
        ({"headers": {"Retry-After": "-5", "x-ratelimit-reset": "soon"}}, 370, 3000),
        ({"headers": {"Retry-After": "nan", "retry-after-ms": "1e99999", "x-ratelimit-reset": "inf"}}, 370, 3000),
        ({"retry_after_date": "-60s"}, 370, 3000),
        # Another failure may ask for a pause as well.
        ({"status": 503, "body": "html", "headers": {"retry-after": " 1 "}}, 1000, 3500),
    ],
)
def test_the_next_look_comes_when_the_api_asks_for_it(
    runwatch: Runwatch, start_sim: SimulatorStarter, fault: dict[str, Any], least: int, most: int
) -> None:
    sim = start_sim(throttled_once(**fault))
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 0, outcome
    (gap,) = gaps(sim, "t/r")
    assert least <= gap <= most, outcome


def test_a_date_is_read_by_the_apis_own_clock(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(throttled_once(retry_after_date="2s") | {"clock_skew": "-1h"})
    assert runwatch.wait(sim, "t/r").code == 0
    (gap,) = gaps(sim, "t/r")
    assert 1000 <= gap <= 4500


def test_a_pause_is_for_all_runs(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    pause = {"on": 3, "status": 429, "headers": {"retry-after-ms": "1200"}}
    sim = start_sim(scenario_of(run_of("t/a", running="2s", faults=[pause]), run_of("t/b", running="2s"), lists=False))
    outcome = runwatch.wait(sim, "t/a", "t/b")
    assert outcome.code == 0, outcome
    assert "t/a: poll failed: the API asks to slow down (HTTP 429, code 10011" in outcome.stderr
    # A request that was under way may still have come in.
    assert max(gaps(sim, "t/a")) >= 1200
    assert max(gaps(sim, "t/b")) >= 1000


def test_zeros_in_every_answer_stall_nothing(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="500ms", faults=[{"headers": ZEROS}])))
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 0, outcome
    assert outcome.seconds < 3


def test_a_pause_that_a_list_brings_is_kept(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    pause = {"path": "list", "on": 2, "status": 429, "headers": {"retry-after-ms": "1200"}}
    refs = [f"t/{number}" for number in range(5)]
    sim = start_sim(scenario_of(*(run_of(ref, running="1s") for ref in refs), faults=[pause]))
    outcome = runwatch.wait(sim, *refs)
    assert outcome.code == 0, outcome
    assert outcome.seconds >= 1.2
    report = sim.report()
    assert report["answers"]["429"] == 1
    # The look that was put off brings the end of all.
    assert report["endpoints"]["list_runs"] == report["requests"] == 3


def test_a_limit_that_is_told_is_not_passed(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    limit = {"requests": 8, "window": "1s", "headers": True, "retry_after": True}
    refs = [f"t/{number}" for number in range(10)]
    sim = start_sim(scenario_of(*(run_of(ref, running="150ms") for ref in refs), rate_limit=limit, lists=False))
    outcome = runwatch.wait(sim, *refs)
    assert outcome.code == 0, outcome
    report = sim.report()
    assert report["requests"] > 2 * 8
    assert "429" not in report["answers"]


def test_a_limit_that_is_passed_again_and_again_is_lived_with(
    runwatch: Runwatch, start_sim: SimulatorStarter
) -> None:
    limit = {"requests": 10, "window": "1s", "headers": False, "retry_after": True}
    refs = [f"t/{number}" for number in range(10)]
    sim = start_sim(scenario_of(*(run_of(ref, running="150ms") for ref in refs), rate_limit=limit, lists=False))
    outcome = runwatch.wait(sim, *refs, *runwatch.hurried())
    assert outcome.code == 0, outcome
    assert 2 <= sim.report()["answers"]["429"] <= 24


def test_an_hourly_limit_is_respected_and_named(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    limit = {"requests": 3, "window": "1h", "headers": False, "retry_after": True}
    sim = start_sim(scenario_of(run_of("t/r", running="1h"), rate_limit=limit))
    outcome = runwatch.wait(sim, "t/r", "--timeout", "1s")
    assert outcome.code == 5, outcome
    assert "the API asks to slow down (HTTP 429, code 10011" in outcome.stderr
    assert sim.report()["answers"] == {"200": 3, "429": 1}


@pytest.mark.parametrize("requests", [1, 3])
def test_an_hourly_limit_that_is_told_is_not_reached(
    runwatch: Runwatch, start_sim: SimulatorStarter, requests: int
) -> None:
    limit = {"requests": requests, "window": "1h", "headers": True, "retry_after": True}
    sim = start_sim(scenario_of(run_of("t/r", running="1h"), rate_limit=limit))
    outcome = runwatch.wait(sim, "t/r", "--timeout", "1s")
    assert outcome.code == 5, outcome
    assert re.search(r"the API's rate limit allows the next request in ((29|59) m \d+ s|1 h)", outcome.stderr), outcome
    report = sim.report()["answers"]
    assert list(report) == ["200"] and report["200"] <= requests
    if requests == 1:
        assert "runwatch: the API's rate limit is used up; polling goes on in " in outcome.stderr
