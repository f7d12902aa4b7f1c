"""What the learned schedule saves, by the whole daemon against the stand-in API, ten times as fast as in life."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from harness.daemon import Daemon, config_of, file_sink
from harness.simulator import Simulator
from harness.waiting import wait_for
from lines.bench import Bench
from lines.table import Row

#: What is known beforehand, and what is measured.
_KNOWN, _MEASURED = 60, 300

#: By this, life is faster than in life.
_SPEED = 10

#: Some runs last many times as long as most.
_LONGEST = 300.0

#: One request a run: what lists save is another line.
_NO_LISTS = [{"path": ["list", "suite"], "status": 403}]


@dataclass(frozen=True)
class _Distribution:
    name: str
    duration: dict[str, Any]
    goal: float


_DISTRIBUTIONS = (
    _Distribution("log-normal(90 s, σ 0.3)", {"distribution": "lognormal", "median": "9s", "sigma": 0.3}, 0.55),
    _Distribution("log-normal(90 s, σ 0.6)", {"distribution": "lognormal", "median": "9s", "sigma": 0.6}, 0.85),
    _Distribution(
        "60 s + gamma(4, 10 s)", {"distribution": "shifted_gamma", "shift": "6s", "shape": 4, "scale": "1s"}, 0.40
    ),
)


@dataclass(frozen=True)
class _Cost:
    #: Of a run, on average: from its end until it was known, and requests.
    delay_ms: float
    requests: float


def _watch(bench: Bench, name: str, duration: dict[str, Any], polling: dict[str, str]) -> _Cost:
    """What runs cost of whose test others are known, from their start on."""
    runwatch = bench.runwatch()
    scenario = {"defaults": {"duration": duration}, "faults": _NO_LISTS, "record_times": False}
    sim = Simulator(bench.room / f"{name}-sim", scenario, ("--quiet",))
    bench.ends.callback(sim.stop)
    known = [f"test/known-{run}" for run in range(_KNOWN)]
    measured = [f"test/run-{run}" for run in range(_MEASURED)]
    config = config_of(sim, watch=known, sinks=[file_sink()])
    config["polling"] = polling
    daemon = Daemon(runwatch, bench.room / name, config).start()
    wait_for("the first results", lambda: len(daemon.results()) >= len(known), _LONGEST)
    daemon.config["watch"] = [{"run": ref} for ref in measured]
    daemon.reload()
    wait_for("all results", lambda: len(daemon.results()) >= len(known) + len(measured), _LONGEST)
    runs = sim.report()["runs"]
    daemon.stop()
    each = [runs[ref] for ref in measured]
    delay = statistics.mean(run["terminal_seen_at"] - run["terminal_at"] for run in each)
    return _Cost(delay, statistics.mean(run["requests"] for run in each))


def measure(bench: Bench) -> list[Row]:
    """Requests a run at an equal mean delay of detection, learned schedule beside the best fixed interval"""
    goals = {each.name: each.goal for each in _DISTRIBUTIONS}
    goals["60 s + gamma(4, 10 s), started or found by runwatch"] = 0.40
    goals["60 s + gamma(4, 10 s), max_interval 10m"] = 0.40
    rows = []
    for found in bench.run_all("schedule", 1):
        goal = goals[found["distribution"]]
        ratio = found["requests"] / found["fixed"]
        rows.append(
            Row(
                f"requests a run, {found['distribution']}, at a mean delay of {found['delay_ms'] / 1e3:.2f} s, simulated",
                f"{found['requests']:.2f}",
                f"fixed interval {found['fixed']:.2f}",
                f"{ratio:.3f} ×",
                f"≤ {goal:.2f} ×",
                ratio <= goal,
            )
        )
    return rows


def measure_end_to_end(bench: Bench) -> list[Row]:
    """The same by the whole daemon, ten times as fast as in life"""
    rows = []
    for number, each in enumerate(_DISTRIBUTIONS):
        learned = _watch(
            bench,
            f"learned-{number}",
            each.duration,
            {"target_delay": f"{3000 // _SPEED}ms", "min_interval": "100ms", "max_interval": f"{60_000 // _SPEED}ms"},
        )
        # A fixed interval is late by half of itself.
        interval = f"{round(2 * learned.delay_ms)}ms"
        polling = {"target_delay": interval, "min_interval": interval, "max_interval": interval}
        fixed = _watch(bench, f"fixed-{number}", each.duration, polling)
        # What is left of a difference between the delays: half the interval is twice the requests.
        requests = fixed.requests * fixed.delay_ms / learned.delay_ms
        ratio = learned.requests / requests
        rows.append(
            Row(
                f"requests a run, {each.name}, at a mean delay of {learned.delay_ms * _SPEED / 1e3:.1f} s, end to end",
                f"{learned.requests:.1f}",
                f"each {float(interval[:-2]) * _SPEED / 1e3:.1f} s {requests:.1f}",
                f"{ratio:.2f} ×",
            )
        )
    return rows
