"""What CPU time one poll takes, beside wrk and beside Telnyx's own client."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import time
from pathlib import Path

from harness.daemon import Daemon, config_of
from harness.npm import install
from harness.process import clean_environment
from harness.secrets import API_KEY
from lines.api_server import ApiServer
from lines.bench import OUR_CORE, Bench, cpu_of_children, median_ratio, pinned
from lines.table import Row

_NODE = Path(__file__).resolve().parents[1] / "node"
_RUN = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e", "84cc1d9e-5f21-4ae8-8b9c-2f6d8f2d5f3b"

#: runwatch's default, and one at a time.
_DEFAULT_CONNECTIONS = 8

_POLLS = 40_000
_WRK_SECONDS = 2
_NODE_POLLS = 3_000


def _ours(bench: Bench, api: ApiServer, connections: int) -> float:
    """CPU microseconds of one of our polls."""
    found = bench.run("polls", api.base_url, api.ca_file, connections, _POLLS)
    return float(found["cpu_us"]) / float(found["polls"])


def _wrk(api: ApiServer, connections: int) -> float:
    """CPU microseconds of one of wrk's requests, with the header that we send too."""
    url = f"{api.base_url}/ai/assistants/tests/{_RUN[0]}/runs/{_RUN[1]}"
    command = [*pinned(OUR_CORE), "wrk", "-t1", f"-c{connections}", f"-d{_WRK_SECONDS}s"]
    command += ["-H", f"Authorization: Bearer {API_KEY}", "-H", "Accept: application/json", url]
    before = cpu_of_children()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    used = cpu_of_children() - before
    count = re.search(r"(\d+) requests in", done.stdout)
    assert count and "Non-2xx" not in done.stdout, done.stdout
    return used / int(count[1]) * 1e6


def _node(api: ApiServer, script: Path, connections: int) -> float:
    """CPU microseconds of one request of Telnyx's client."""
    command = [*pinned(OUR_CORE), "node", str(script), api.base_url, *_RUN, str(connections), str(_NODE_POLLS)]
    environment = clean_environment({"NODE_EXTRA_CA_CERTS": str(api.ca_file)})
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(json.loads(done.stdout)["cpu_us"]) / _NODE_POLLS


def measure_beside_wrk(bench: Bench) -> list[Row]:
    """CPU time of one poll, beside wrk fetching the same URL"""
    api = ApiServer(bench)
    rows = []
    for connections in (_DEFAULT_CONNECTIONS, 1):
        ours, wrk = bench.in_turn(
            lambda: _ours(bench, api, connections), lambda: _wrk(api, connections)  # noqa: B023, called in this round
        )
        ratio = median_ratio(ours, wrk)
        rows.append(
            Row(
                f"CPU of one poll over TLS, {connections} connection{'s' if connections > 1 else ''}",
                f"{statistics.median(ours):.1f} µs",
                f"wrk {statistics.median(wrk):.1f} µs",
                f"{ratio:.2f} ×",
                "≤ 1.5 ×",
                ratio <= 1.5,
            )
        )
    rows.append(_of_the_daemon(bench, api))
    return rows


def _of_the_daemon(bench: Bench, api: ApiServer) -> Row:
    """The whole daemon at a steady thousand a second: it sleeps and wakes for each."""
    config = config_of(api, watch=[f"{_RUN[0]}/{_RUN[1][:-4]}{run:04}" for run in range(200)])
    daemon = Daemon(bench.runwatch(), bench.room / "daemon", config).start(wrapper=pinned(OUR_CORE))
    time.sleep(1)
    requests, used = api.requests(), _cpu_seconds(daemon.pid)
    time.sleep(5)
    cost = (_cpu_seconds(daemon.pid) - used) / (api.requests() - requests) * 1e6
    daemon.stop()
    return Row("the same, the whole daemon at 1,000 polls a second", f"{cost:.1f} µs")


def _cpu_seconds(pid: int) -> float:
    """CPU time of a process in all its threads, finer than the clock ticks of /proc/PID/stat."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def measure_beside_node(bench: Bench) -> list[Row]:
    """CPU time of one poll, beside Telnyx's own Node client"""
    package = bench.room / "node"
    package.mkdir()
    script = install(_NODE, package, "loop.mjs") / "loop.mjs"
    api = ApiServer(bench)
    connections = _DEFAULT_CONNECTIONS
    ours, node = bench.in_turn(lambda: _ours(bench, api, connections), lambda: _node(api, script, connections))
    ratio = 1 / median_ratio(ours, node)
    return [
        Row(
            f"CPU of one poll over TLS, {connections} connections",
            f"{statistics.median(ours):.1f} µs",
            f"telnyx 7.24.0 on Node.js {_node_version()} {statistics.median(node):.0f} µs",
            f"1/{ratio:.0f}",
            "≤ 1/30",
            ratio >= 30,
        )
    ]


def _node_version() -> str:
    done = subprocess.run(["node", "--version"], env=dict(os.environ), capture_output=True, text=True, check=True)
    return done.stdout.strip().removeprefix("v").partition(".")[0]
