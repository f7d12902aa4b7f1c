"""What the API says that it allows is kept to, and what it allows is shared out fairly."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import DaemonMaker, SimulatorStarter
from harness.daemon import config_of, file_sink
from harness.process import Runwatch
from harness.simulator import Simulator, run_of, scenario_of
from harness.waiting import wait_for


def limit(requests: int) -> dict[str, Any]:
    """So many requests a second, which every answer tells of."""
    return {"requests": requests, "window": "1s", "headers": True}


def assert_kept(sim: Simulator, most: int) -> None:
    """Proves that so many requests a second were never exceeded, and hardly fewer were sent."""
    report = sim.report()
    assert "429" not in report["answers"], report["answers"]
    seconds = report["elapsed_ms"] / 1000
    assert most * (seconds - 1) / 2 <= report["requests"] <= most * (seconds + 1)


def test_each_run_gets_its_turn_of_a_budget_that_is_short(
    make_daemon: DaemonMaker, start_sim: SimulatorStarter
) -> None:
    refs = [f"t/{number}" for number in range(40)]
    sim = start_sim(scenario_of(*(run_of(ref, running="1h") for ref in refs), lists=False, rate_limit=limit(25)))
    daemon = make_daemon(config_of(sim, watch=refs)).start()

    def polls() -> list[int]:
        runs = sim.report()["runs"]
        found = [runs[ref]["requests"] if ref in runs else 0 for ref in refs]
        return found if min(found) >= 3 else []

    counts = wait_for("three looks at each run", polls)
    daemon.stop()
    assert max(counts) <= 2 * min(counts), counts
    assert_kept(sim, 25)


@pytest.mark.parametrize(("tests", "requests"), [(5, 5), (20, 20)])
def test_each_of_many_runs_gets_its_turn_by_lists(
    make_daemon: DaemonMaker, start_sim: SimulatorStarter, tests: int, requests: int
) -> None:
    refs = [f"{number % tests}/{number}" for number in range(500)]
    runs = [run_of(ref, running="4s", starts="start") for ref in refs]
    sim = start_sim(scenario_of(*runs, rate_limit=limit(requests)))
    daemon = make_daemon(config_of(sim, watch=refs, sinks=[file_sink()])).start()
    results = daemon.wait_for_results(len(refs))
    daemon.stop()
    assert len({result["id"] for result in results}) == len(refs)
    polls = [result["data"]["watch"]["polls"] for result in results]
    assert min(polls) >= 2
    assert max(polls) <= 2 * min(polls), sorted(polls)
    assert_kept(sim, requests)


@pytest.mark.parametrize(
    ("headers", "least", "most"), [("none", 50, 200), ("zeros", 50, 200), ("real", 15, 35)]
)
def test_headers_lower_the_rate_if_they_say_something(
    runwatch: Runwatch, start_sim: SimulatorStarter, headers: str, least: int, most: int
) -> None:
    allowed = {"rate_limit": {"requests": 15, "window": "1s"}} if headers == "real" else {}
    refs = [f"{number}/r" for number in range(10)]
    sim = start_sim(scenario_of(*(run_of(ref, running="1s") for ref in refs), rate_limit_headers=headers, **allowed))
    outcome = runwatch.wait(sim, *refs, *runwatch.hurried())
    assert outcome.code == 0, outcome
    report = sim.report()
    assert least <= report["requests"] <= most
    assert report["answers"].keys() == {"200"}
