"""Prometheus' own judge takes the metrics and the alert rules for good."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conftest import DaemonMaker
from harness.control import ControlApi
from harness.daemon import config_of, file_sink
from harness.run_api import RunApi

_ALERTS = Path(__file__).resolve().parents[2] / "docs" / "prometheus" / "alerts.yml"


def test_metrics_keep_to_the_conventions(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    config = config_of(run_api, sinks=[file_sink()])
    config["http"] = {"listen": "127.0.0.1:0"}
    text = ControlApi.of(make_daemon(config).start()).metrics()
    judged = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (judged.returncode, judged.stdout, judged.stderr) == (0, "", "")


def test_alert_rules_are_valid() -> None:
    judged = subprocess.run(["promtool", "check", "rules", str(_ALERTS)], capture_output=True, text=True, check=False)
    assert judged.returncode == 0 and "9 rules found" in judged.stdout, judged.stdout + judged.stderr
