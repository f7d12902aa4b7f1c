"""The pure parts, by Google Benchmark."""

from __future__ import annotations

import json
import subprocess

from lines.bench import OUR_CORE, Bench, pinned
from lines.table import Row


def measure(bench: Bench) -> list[Row]:
    """CPU time of the pure parts of a poll and of a delivery"""
    options = [f"--benchmark_repetitions={bench.rounds}", "--benchmark_report_aggregates_only=true"]
    command = [*pinned(OUR_CORE), bench.program("pure"), *options, "--benchmark_format=json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    found = json.loads(done.stdout)["benchmarks"]
    medians = [each for each in found if each["aggregate_name"] == "median"]
    return [Row(each["run_name"].replace("_", " "), f"{each['cpu_time'] / 1e3:.2f} µs") for each in medians]
