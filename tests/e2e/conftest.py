"""Fixtures of the end-to-end tests. Each test gets a clean runwatch and proves that the API key stayed secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from harness.daemon import Config, Daemon
from harness.process import Runwatch
from harness.receiver import Answer, Receiver, Script
from harness.run_api import RunApi
from harness.secrets import LeakDetector
from harness.simulator import Scenario, Simulator

SimulatorStarter = Callable[..., Simulator]
DaemonMaker = Callable[..., Daemon]
ReceiverStarter = Callable[..., Receiver]


@pytest.fixture
def detector(tmp_path: Path) -> Iterator[LeakDetector]:
    """Sees all that runwatch prints, and all files under `tmp_path`."""
    found = LeakDetector()
    found.watch(tmp_path)
    yield found
    found.check()


@pytest.fixture
def runwatch(detector: LeakDetector, tmp_path: Path) -> Iterator[Runwatch]:
    """The built runwatch, run in `tmp_path`."""
    runner = Runwatch(detector, tmp_path)
    yield runner
    runner.end_all()


@pytest.fixture
def start_sim(tmp_path: Path) -> Iterator[SimulatorStarter]:
    """Starts stand-ins: `start_sim(scenario, "--plain")`. They end with the test."""
    running: list[Simulator] = []

    def start(scenario: Scenario, *options: str) -> Simulator:
        directory = tmp_path / "private" / f"sim{len(running)}"
        running.append(Simulator(directory, scenario, options))
        return running[-1]

    yield start
    for simulator in running:
        simulator.stop()


@pytest.fixture
def run_api() -> Iterator[RunApi]:
    """An API whose runs end when the test says so."""
    api = RunApi()
    yield api
    api.close()


@pytest.fixture
def start_receiver() -> Iterator[ReceiverStarter]:
    """Starts receivers of webhooks. They end with the test."""
    running: list[Receiver] = []

    def start(answer: Answer | Script = Answer()) -> Receiver:
        running.append(Receiver(answer))
        return running[-1]

    yield start
    for receiver in running:
        receiver.close()


@pytest.fixture
def make_daemon(runwatch: Runwatch, tmp_path: Path) -> DaemonMaker:
    """Makes daemons, each in a directory of its own, which the test starts. They end with the test."""

    def make(config: Config, name: str = "daemon") -> Daemon:
        return Daemon(runwatch, tmp_path / name, config)

    return make


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
    """Shows the stand-ins' logs, and what is left unseen of runwatch's, beside a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.failed and isinstance(item, pytest.Function):
        directory = item.funcargs.get("tmp_path")
        for log in sorted(directory.glob("private/sim*/log")) if isinstance(directory, Path) else ():
            text = log.read_text(encoding="utf-8", errors="replace")
            report.sections.append((str(log.relative_to(directory)), text[-4000:]))
        runner = item.funcargs.get("runwatch")
        for running in runner.started[-4:] if isinstance(runner, Runwatch) else ():
            report.sections.append((f"standard error of process {running.process.pid}", running.stderr[-4000:]))
