"""What systemd is told of a service: that it is ready, that it lives, how it stands. A real one: tests/systemd/."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Iterator

import pytest

from conftest import DaemonMaker
from harness.daemon import READY, REFUSED, Daemon, config_of, file_sink
from harness.run_api import RunApi
from harness.waiting import CEILING, wait_for


class ServiceManager:
    """The end of systemd's socket that takes notes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        #: Every line that came, with the monotonic time of its coming.
        self.lines: list[tuple[float, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(0)

    def environment(self, watchdog_usec: int | None = None) -> dict[str, str]:
        """What a service finds in its environment."""
        environment = {"NOTIFY_SOCKET": str(self.path)}
        if watchdog_usec is not None:
            environment["WATCHDOG_USEC"] = str(watchdog_usec)
        return environment

    def told(self, name: str) -> list[str]:
        """The values of a name so far, in their order."""
        try:
            while datagram := self._socket.recv(65_536):
                self.lines += [(time.monotonic(), line) for line in datagram.decode().split("\n")]
        except BlockingIOError:
            pass
        return [line.partition("=")[2] for _, line in self.lines if line.startswith(f"{name}=")]

    def wait_for(self, name: str, value: str, count: int = 1) -> None:
        """Waits until a value that holds this text was told so often."""
        wait_for(f"{name}=…{value}…", lambda: sum(value in each for each in self.told(name)) >= count)

    def close(self) -> None:
        """Listens no more."""
        self._socket.close()


@pytest.fixture(name="manager")
def fixture_manager(tmp_path: Path) -> Iterator[ServiceManager]:
    """Takes notes in the test's directory."""
    manager = ServiceManager(tmp_path / "notify")
    yield manager
    manager.close()


@pytest.fixture(name="daemon")
def fixture_daemon(make_daemon: DaemonMaker, run_api: RunApi, manager: ServiceManager) -> Daemon:
    """A daemon that watches one run, as a service of the manager."""
    run_api.run("t/a")
    return make_daemon(config_of(run_api, watch=["t/a"], sinks=[file_sink()])).start(env=manager.environment())


def test_the_life_of_a_service(daemon: Daemon, run_api: RunApi, manager: ServiceManager) -> None:
    manager.wait_for("STATUS", "watching 1 run, 0 deliveries pending")
    assert manager.told("READY") == ["1"]
    daemon.reload()
    manager.wait_for("READY", "1", count=2)
    names = [line.partition("=")[0] for _, line in manager.lines]
    assert names.index("RELOADING") < len(names) - names[::-1].index("READY") - 1
    began = int(manager.told("MONOTONIC_USEC")[0])
    assert 0 <= time.monotonic() * 1e6 - began < CEILING * 1e6, "by the clock that systemd goes by"
    run_api.end("t/a")
    manager.wait_for("STATUS", "watching 0 runs")
    daemon.stop()
    assert manager.told("STOPPING") == ["1"]
    assert manager.told("STATUS")[-1] == "told to stop by SIGTERM; what is under way has 10 s to end"


def test_a_config_that_is_refused_shows_in_the_status(daemon: Daemon, manager: ServiceManager) -> None:
    daemon.reload("nonsense: 1\n", expected=REFUSED)
    manager.wait_for("STATUS", "the last reload failed (")
    failed = manager.told("STATUS")[-1]
    assert "nonsense" in failed and failed.endswith("the config from before is in force; watching 1 run, 0 deliveries pending")
    manager.wait_for("READY", "1", count=2)
    daemon.reload()
    manager.wait_for("READY", "1", count=3)
    assert manager.told("STATUS")[-1] == "watching 1 run, 0 deliveries pending"
    daemon.stop()


def test_a_pause_of_the_api_shows_in_the_status(daemon: Daemon, run_api: RunApi, manager: ServiceManager) -> None:
    run_api.answers["*"] = b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    manager.wait_for("STATUS", "API paused: the API refused the key")
    daemon.stop()


def test_the_watchdog_is_fed_in_time(make_daemon: DaemonMaker, run_api: RunApi, manager: ServiceManager) -> None:
    run_api.run("t/a")
    daemon = make_daemon(config_of(run_api, watch=["t/a"])).start(env=manager.environment(watchdog_usec=400_000))
    wait_for("ten feedings", lambda: len(manager.told("WATCHDOG")) >= 10)
    daemon.stop()


def test_nobody_is_told_where_there_is_no_service_manager(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    run_api.run("t/a")
    # The journal's stream is another file than standard error: lines go there as ever.
    environment = {"NOTIFY_SOCKET": "", "JOURNAL_STREAM": "1:1"}
    daemon = make_daemon(config_of(run_api, watch=["t/a"], log={"format": "auto"})).start(env=environment)
    assert daemon.lines(READY)
    daemon.stop()
