"""How late looks are while clients of the control API ask for much."""

from __future__ import annotations

import re
import subprocess
import time
from datetime import datetime
from typing import Any

from harness.control import ControlApi
from harness.daemon import Daemon, config_of, file_sink
from lines.api_server import ApiServer
from lines.bench import OUR_CORE, SERVER_CORE, Bench, hurried, pinned
from lines.table import Row

_TEST = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"

#: Looked at once a second each: half of the most requests that a config allows, so that the limit makes nobody wait.
_RUNS = 500
_SECONDS = 8

#: wrk knows no rate: each of its connections waits between two requests. So many of them and so long, in milliseconds, come to a
#: little more than 2,000 requests a second.
_CONNECTIONS, _PAUSE = 56, 23
_GOAL = 2_000


def _load(bench: Bench, api: ControlApi, path: str) -> float:
    """Asks for a while, and returns how many requests a second were answered with 200."""
    script = bench.room / "pause.lua"
    script.write_text(f"function delay() return {_PAUSE} end\n", encoding="utf-8")
    command = [*hurried(), *pinned(SERVER_CORE), "wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{_SECONDS}s", "-s", str(script)]
    done = subprocess.run([*command, f"http://{api.address}{path}"], capture_output=True, text=True, check=True)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found and "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout, done.stdout
    return float(found[1])


def _time(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _lateness(api: ControlApi, since: float, until: float) -> list[float]:
    """Milliseconds from when each look within a time was due to when its answer was there, as the daemon itself tells."""
    late = []
    for run in range(_RUNS):
        polls: list[dict[str, Any]] = api.get(f"/v1/runs/{_TEST}/run-{run}")["polls"]
        for before, after in zip(polls, polls[1:]):
            if since <= _time(before["next_at"]) < until:
                late.append((_time(after["at"]) - _time(before["next_at"])) * 1e3)
    return sorted(late)


def measure(bench: Bench) -> list[Row]:
    """Lateness of looks while the control API answers 2,000 requests a second"""
    server = ApiServer(bench, first=True)
    config = config_of(server, watch=[f"{_TEST}/run-{run}" for run in range(_RUNS)], sinks=[file_sink()])
    config["polling"] = {"target_delay": "500ms", "min_interval": "1s", "max_interval": "1s"}
    config["http"] = {"listen": "127.0.0.1:0"}
    daemon = Daemon(bench.runwatch(), bench.room / "daemon", config).start(wrapper=[*hurried(), *pinned(OUR_CORE)])
    api = ControlApi.of(daemon)
    # So many start at once: by then they are spread over the second.
    time.sleep(8)
    rows = []
    reference = "–"
    for path in ("", "/v1/status", "/v1/watches?limit=10", "/v1/watches?limit=100"):
        began = time.time()
        rate = 0.0
        if path:
            rate = _load(bench, api, path)
        else:
            time.sleep(_SECONDS)
        late = _lateness(api, began, time.time() - 0.1)
        p50, p99 = late[len(late) // 2], late[len(late) * 99 // 100]
        said = f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, max {late[-1]:.0f} ms of {len(late):,} looks"
        if not path:
            reference = f"nobody asks: {said}"
            continue
        rows.append(
            Row(
                f"lateness of looks at {_RUNS} runs each every 1 s, while {rate:,.0f} requests a second ask for {path}",
                said,
                reference,
                goal=f"p99 ≤ 50 ms at {_GOAL:,} requests a second",
                met=p99 <= 50 and rate >= _GOAL,
            )
        )
    daemon.stop()
    return rows
