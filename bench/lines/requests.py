"""How many requests the runs of one test, or of one suite run, cost."""

from __future__ import annotations

from typing import Any

from harness.daemon import Daemon, config_of, file_sink
from harness.simulator import Scenario, Simulator
from lines.bench import Bench
from lines.table import Row

_RUNS = 50
_SUITE_RUN = "c9a7d0f4-64a2-4f0a-b6d1-60a4f1a0bb0c"

#: Every run goes on for so long, and is looked at so often.
_RUNNING, _INTERVAL = "20s", "500ms"

#: Lists that are refused leave one request a run.
_NO_LISTS = [{"path": ["list", "suite"], "status": 403}]


def _of_one_test() -> tuple[list[str], Scenario]:
    refs = [f"test/run-{run:02}" for run in range(_RUNS)]
    return refs, _scenario(refs)


def _of_one_suite_run() -> tuple[list[str], Scenario]:
    refs = [f"test-{run % 10}/run-{run:02}" for run in range(_RUNS)]
    tests = [{"test": f"test-{test}", "suite": "nightly"} for test in range(10)]
    return refs, _scenario(refs, suite_run=_SUITE_RUN) | {"tests": tests}


def _scenario(refs: list[str], **more: Any) -> Scenario:
    plan = {"pending": "0s", "starting": "0s", "running": _RUNNING, "starts": "start", **more}
    runs = [dict(zip(("test", "run"), ref.split("/"))) for ref in refs]
    return {"unknown_runs": "not_found", "defaults": plan, "runs": runs}


def _requests(bench: Bench, name: str, refs: list[str], scenario: Scenario) -> int:
    """All requests of a daemon that watches the runs from their beginning to their end."""
    runwatch = bench.runwatch()
    sim = Simulator(bench.room / f"{name}-sim", scenario, ("--quiet",))
    bench.ends.callback(sim.stop)
    polling = {"target_delay": _INTERVAL, "min_interval": _INTERVAL, "max_interval": _INTERVAL}
    config = config_of(sim, watch=refs, sinks=[file_sink()], polling=polling)
    daemon = Daemon(runwatch, bench.room / name, config).start()
    daemon.wait_for_results(len(refs))
    count = int(sim.report()["requests"])
    daemon.stop()
    return count


def measure(bench: Bench) -> list[Row]:
    """Requests for 50 runs of one test and of one suite run, beside one request a run"""
    rows = []
    for what, (refs, scenario) in {"test": _of_one_test(), "suite run": _of_one_suite_run()}.items():
        name = what.replace(" ", "-")
        ours = _requests(bench, name, refs, scenario)
        single = _requests(bench, f"{name}-single", refs, scenario | {"faults": _NO_LISTS})
        ratio = single / ours
        rows.append(
            Row(
                f"requests for {_RUNS} runs of one {what}, {_RUNNING} long, looked at each {_INTERVAL}",
                f"{ours:,}",
                f"lists refused {single:,}",
                f"1/{ratio:.1f}",
                "≤ 1/20",
                ratio >= 20,
            )
        )
    return rows
