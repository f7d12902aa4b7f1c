"""A hundred thousand runs from their start to a file."""

from __future__ import annotations

import time

from harness.daemon import Daemon, config_of, file_sink
from harness.simulator import Simulator
from harness.waiting import wait_for
from lines.bench import Bench
from lines.scale import RUNS, make_watches
from lines.table import Row

_TESTS = 1_000


def measure(bench: Bench) -> list[Row]:
    """100,000 runs watched, ended and delivered to a file: none lost, none twice"""
    runwatch = bench.runwatch()
    duration = {"distribution": "lognormal", "median": "30s", "sigma": 0.3}
    scenario = {"record_times": False, "defaults": {"duration": duration, "logs_size": 200}}
    sim = Simulator(bench.room / "sim", scenario, ("--quiet",))
    bench.ends.callback(sim.stop)
    config = config_of(sim, sinks=[file_sink()])
    config["polling"] = {}
    daemon = Daemon(runwatch, bench.room / "daemon", config)
    make_watches(bench, daemon.directory / "state.db", RUNS, _TESTS)
    began = time.monotonic()
    daemon.start()
    file = daemon.directory / "results.jsonl"
    wait_for("every result", lambda: file.exists() and file.read_bytes().count(b"\n") >= RUNS, 1800)
    seconds = time.monotonic() - began
    requests = int(sim.report()["requests"])
    daemon.stop()
    ids = [result["id"] for result in daemon.results()]
    return [
        Row(
            f"{RUNS:,} runs watched, ended and delivered to a file",
            f"{len(ids):,} results, {len(set(ids)):,} of them different, after {seconds:.0f} s and {requests:,} requests",
            goal=f"{RUNS:,} results",
            met=len(ids) == len(set(ids)) == RUNS,
        )
    ]
