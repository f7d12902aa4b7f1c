"""A hundred thousand watched runs: what they cost in memory and at the start, and how late looks are."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from harness.daemon import READY, Daemon, config_of, file_sink, resident_bytes
from harness.waiting import wait_for
from lines.api_server import ApiServer
from lines.bench import Bench
from lines.table import Row

RUNS = 100_000
_TESTS = 200


def make_watches(bench: Bench, file: Path, runs: int = RUNS, tests: int = _TESTS) -> None:
    """Makes a state file in which runs are watched, as the control API adds them."""
    bench.run("watches", file, runs, tests, core=None)


def measure_memory(bench: Bench) -> list[Row]:
    """Resident memory of 100,000 watched runs, when the daemon is ready and after it has looked at each"""
    api = ApiServer(bench)
    config = config_of(api, sinks=[file_sink()])
    # The same budget for both, and large enough to come round within two minutes.
    config["polling"] = {"min_interval": "1s", "max_interval": "60s"}
    none = Daemon(bench.runwatch(), bench.room / "none", config).start()
    time.sleep(3)
    empty = resident_bytes(none.pid)
    none.stop()
    many = Daemon(bench.runwatch(), bench.room / "many", config)
    make_watches(bench, many.directory / "state.db")
    requests = api.requests()
    many.start()
    time.sleep(3)
    ready = resident_bytes(many.pid)
    wait_for("a look at every run", lambda: api.requests() - requests > RUNS, 300)
    looked = resident_bytes(many.pid)
    many.running.end()
    rows = []
    for what, with_runs in (("when ready", ready), ("after a look at each", looked)):
        each = (with_runs - empty) / RUNS
        rows.append(
            Row(
                f"resident memory of {RUNS:,} watched runs, {what}",
                f"{with_runs / 1e6:.1f} MB",
                f"watching none {empty / 1e6:.1f} MB",
                f"{each:.0f} bytes a run",
                "≤ 600 bytes a run",
                each <= 600,
            )
        )
    return rows


def measure_start(bench: Bench) -> list[Row]:
    """From the start of the process to \"ready\", with 100,000 watched runs in the state file"""
    api = ApiServer(bench)
    config = config_of(api, sinks=[file_sink()], telnyx={"requests_per_second": 1})
    daemon = Daemon(bench.runwatch(), bench.room / "many", config)
    make_watches(bench, daemon.directory / "state.db")
    taken = []
    for _ in range(bench.rounds):
        began = time.monotonic()
        daemon.launch()
        # The harness looks at a hundredth of a second for it: no finer than that.
        line = daemon.wait_for_line(READY)
        taken.append(time.monotonic() - began)
        assert line["watching"] == str(RUNS), line
        daemon.running.end()
    seconds = statistics.median(taken)
    return [
        Row(
            f"from exec to ready, {RUNS:,} watched runs in the state file",
            f"{seconds * 1e3:.0f} ms",
            goal="≤ 1 s",
            met=seconds <= 1,
        )
    ]


def measure_lateness(bench: Bench) -> list[Row]:
    """How late looks begin, 10,000 due a second on one core"""
    rows = []
    for runs, interval in ((10_000, 1_000), (RUNS, 10_000)):
        seconds = 3 * interval // 1_000 + 3
        found: list[dict[str, Any]] = [
            bench.run("lateness", runs, interval, 1, seconds, first=True) for _ in range(max(1, bench.rounds // 2))
        ]
        middle = sorted(found, key=lambda each: float(each["p99_ms"]))[len(found) // 2]
        least = min(int(each["least_looks"]) for each in found)
        # Each run but those that are due when the measurement ends.
        expected = (seconds - 1) * 1_000 // interval
        rows.append(
            Row(
                f"lateness of looks, {runs:,} runs each every {interval // 1_000} s, answers after 1 ms",
                f"p50 {middle['p50_ms']:.1f} ms, p99 {middle['p99_ms']:.1f} ms, max {middle['max_ms']:.0f} ms; "
                f"{middle['load'] * 100:.0f} % of one core",
                goal="p99 ≤ 50 ms, none lost",
                met=float(middle["p99_ms"]) <= 50 and least >= expected - 1,
            )
        )
    return rows
