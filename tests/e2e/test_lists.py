"""Runs that belong together are looked at together, by a list that is never relied on."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import DaemonMaker, SimulatorStarter
from harness.daemon import config_of, file_sink, ref_of
from harness.process import Runwatch
from harness.simulator import Scenario, refs_in, run_of, scenario_of

#: More than a page shows; every third fails.
PAGE = 100
REFS = [f"t/{number}" for number in range(PAGE + 30)]
ENDS = {ref: "run.passed" if number % 3 else "run.failed" for number, ref in enumerate(REFS)}

#: What a list may do that is of no use to who reads it, by its name.
MISBEHAVIOUR: dict[str, dict[str, Any]] = {
    "drops": {"list_drop": 0.3},
    "repeats": {"list_repeat": 20},
    "grows between pages": {"list_insert": 30},
    "is late": {"list_stale": "400ms"},
    "is late now and then": {"list_stale": {"by": "400ms", "chance": 0.5}},
    "is shuffled": {"list_order": "shuffled"},
    "has no meta": {"list_meta": "none"},
    "has zeros for meta": {"list_meta": "zeros"},
    "leaves out the criteria": {"list_omit": ["detail_status"]},
    "leaves out the logs": {"list_omit": ["logs"]},
    "leaves out the status": {"list_omit": ["status"]},
    "leaves out the ids": {"list_omit": ["run_id"]},
    "fails": {"faults": [{"path": "list", "every": 2, "status": 503, "body": "html"}]},
    "is empty": {"faults": [{"path": "list", "raw_body": '{"data":[],"meta":{}}'}]},
    "is an object": {"faults": [{"path": "list", "raw_body": '{"run_id":"1","status":"passed"}'}]},
    "is cut short": {"faults": [{"path": "list", "body": "truncated"}]},
    "is hung up on": {"faults": [{"path": "list", "close": "body"}]},
    "is huge": {"faults": [{"path": "list", "on": "1-3", "huge": "20MiB"}]},
    "names another run": {"faults": [{"path": "list", "other_run": True}]},
}
#: As much of it as goes together.
ALL_OF_IT = {
    "list_drop": 0.2,
    "list_repeat": 10,
    "list_insert": 10,
    "list_stale": {"by": "300ms", "chance": 0.3},
    "list_omit": ["logs"],
    "faults": [{"path": "list", "every": 5, "status": 502, "body": "html"}],
}


def many_runs(**more: Any) -> Scenario:
    """A scenario with all REFs, which end as they must, and some of an old day."""
    runs = [run_of(ref, running="600ms", verdict=end.removeprefix("run.")) for ref, end in ENDS.items()]
    old = [run_of(f"t/old-{number}", starts="-1h", verdict="error") for number in range(30)]
    return scenario_of(*runs, *old, **more)


def assert_true(results: list[dict[str, Any]]) -> None:
    """Proves that each run has one result, which is what the API shows of it in the end."""
    assert len(results) == len({result["id"] for result in results}) == len(REFS)
    assert {ref_of(result): result["type"] for result in results} == ENDS
    for result in results:
        run, end = result["data"]["run"], ENDS[ref_of(result)].removeprefix("run.")
        assert run["status"] == end and run["completed_at"] and run["logs"]
        assert [each["status"] for each in run["detail_status"]] == ["passed", end]


@pytest.mark.parametrize("more", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR.keys())
def test_a_list_that_misbehaves_costs_no_result(
    runwatch: Runwatch, start_sim: SimulatorStarter, more: dict[str, Any]
) -> None:
    sim = start_sim(many_runs(**more))
    outcome = runwatch.wait(sim, *REFS, "--output", "json", *runwatch.hurried(), "--timeout", "20s")
    assert outcome.code == 1, outcome
    assert sim.report()["endpoints"]["list_runs"] > 0
    assert_true(outcome.json())


def test_a_list_that_misbehaves_costs_a_daemon_no_result(make_daemon: DaemonMaker, start_sim: SimulatorStarter) -> None:
    sim = start_sim(many_runs(**ALL_OF_IT))
    daemon = make_daemon(config_of(sim, watch=REFS, sinks=[file_sink()])).start()
    daemon.wait_for_results(len(REFS))
    daemon.stop()
    assert sim.report()["endpoints"]["list_runs"] > 0
    assert_true(daemon.results())


def test_many_runs_of_a_test_cost_few_requests(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    refs = [f"t/{number}" for number in range(50)]
    runs = [run_of(ref, running="1s") for ref in refs]
    requests = {}
    for lists in (True, False):
        sim = start_sim(scenario_of(*runs, lists=lists))
        outcome = runwatch.wait(sim, *refs, "--interval", "250ms", *runwatch.hurried())
        assert outcome.code == 0, outcome
        requests[lists] = sim.report()["requests"]
    assert requests[True] * 20 <= requests[False], requests


def test_a_run_of_a_suite_is_looked_at_as_one(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    tests = [{"test": f"test-{number}", "suite": "nightly & co"} for number in range(30)]
    runs = [run_of(f"{test['test']}/r", running="2s", suite_run="s-1") for test in tests]
    sim = start_sim(scenario_of(*runs, tests=tests))
    outcome = runwatch.wait(sim, *refs_in({"runs": runs}), "--interval", "500ms")
    assert outcome.code == 0, outcome
    report = sim.report()
    endpoints = report["endpoints"]
    assert endpoints["retrieve_test"] == 1
    assert endpoints["retrieve_run"] <= 3
    assert 4 <= endpoints["list_suite_runs"] <= 8
    assert report["requests"] <= 12, endpoints
