"""A daemon tells Prometheus what it counts and measures."""

from __future__ import annotations

import json
import re
from pathlib import Path

from conftest import DaemonMaker
from harness.control import ControlApi
from harness.daemon import REFUSED, Daemon, config_of, file_sink, webhook_sink
from harness.run_api import RunApi
from harness.waiting import wait_for

_DOCS = Path(__file__).resolve().parents[2] / "docs"


def values(text: str) -> dict[str, float]:
    """Each series with its value."""
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {series: float(value) for series, _, value in lines}


def started(make_daemon: DaemonMaker, run_api: RunApi, *refs: str) -> Daemon:
    """A daemon with a file sink that works, a webhook that nobody answers, and a control API."""
    config = config_of(run_api, watch=refs, sinks=[file_sink(), webhook_sink("http://127.0.0.1:9/", "ops")])
    config["http"] = {"listen": "127.0.0.1:0"}
    return make_daemon(config).start()


def test_what_happens_is_counted(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    run_api.run("t/a")
    run_api.run("t/b")
    daemon = started(make_daemon, run_api, "t/a", "t/b")
    api = ControlApi.of(daemon)

    def now(series: str) -> float:
        return values(api.metrics())[series]

    wait_for("a look at both", lambda: now('runwatch_runs_watched{status="running"}') == 2)
    assert now('runwatch_results_total{outcome="failed"}') == 0
    run_api.end("t/a", verdict="failed")
    wait_for("a result", lambda: now('runwatch_results_total{outcome="failed"}') == 1)
    wait_for("its delivery", lambda: now('runwatch_delivery_attempts_total{outcome="delivered",sink="file"}') == 1)
    wait_for("a failure", lambda: now('runwatch_delivery_attempts_total{outcome="failed",sink="ops"}') >= 1)
    seen = values(api.metrics())
    assert seen['runwatch_deliveries_unsettled{sink="ops",state="pending"}'] == 1
    assert seen['runwatch_deliveries_unsettled{sink="file",state="pending"}'] == 0
    assert seen['runwatch_runs_watched{status="running"}'] == 1
    assert seen['runwatch_polls_total{outcome="success"}'] >= 3
    assert sum(value for name, value in seen.items() if name.startswith("runwatch_api_requests_total")) >= 3
    assert seen["runwatch_poll_lateness_seconds"] < 60
    assert seen["runwatch_config_last_reload_successful"] == 1
    daemon.reload("nonsense: 1", expected=REFUSED)
    assert now("runwatch_config_last_reload_successful") == 0


def test_the_documentation_names_all_metrics_and_no_other(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    text = ControlApi.of(started(make_daemon, run_api)).metrics()
    told = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    named = re.compile(r"\b((?:runwatch|process)_[a-z_]+[a-z])\b")
    table = [line.split("|")[1] for line in (_DOCS / "metrics.md").read_text().splitlines() if line.startswith("| `")]
    assert set(named.findall(" ".join(table))) == told
    used = {(_DOCS / "prometheus" / "alerts.yml").read_text()}
    for panel in json.loads((_DOCS / "prometheus" / "dashboard.json").read_text())["panels"]:
        used |= {target["expr"] for target in panel["targets"]}
    of_histograms = re.compile(r"_(bucket|sum|count)$")
    assert {of_histograms.sub("", name) for name in named.findall(" ".join(used))} <= told
