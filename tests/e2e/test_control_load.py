"""Many clients, and slow ones, cost a daemon little, and neither polling nor other clients notice them."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import resource
import socket
import threading
import time
from pathlib import Path
from typing import Any, Iterator

import pytest

from conftest import DaemonMaker
from harness.control import ControlApi, Stream, read_to_the_end
from harness.daemon import Daemon, config_of, file_sink, ref_of, resident_bytes
from harness.run_api import RunApi
from harness.waiting import CEILING, wait_for

#: Connections that a daemon holds at most, and how many are tried.
MOST, TRIED = 1_000, 10_000

#: More than a thousand connections, or what is read for a slow client, may cost.
MOST_GROWTH = 32 << 20

#: Runs whose results are told to who listens.
RUNS = 3_000


@pytest.fixture(name="tried")
def fixture_tried() -> Iterator[int]:
    """How many connections can be tried with the files that we may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    tried = min(TRIED, hard - 500)
    assert tried > 2 * MOST, "raise the hard limit of open files (ulimit -Hn)"
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield tried
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def start(make_daemon: DaemonMaker, run_api: RunApi, **options: Any) -> Daemon:
    """A daemon that watches t/a, with a control API on a free port of loopback."""
    run_api.run("t/a")
    config = config_of(run_api, watch=["t/a"], sinks=[file_sink()]) | {"http": {"listen": "127.0.0.1:0"}}
    return make_daemon(config).start(**options)


def connect(api: ControlApi, receive_buffer: int = 0) -> socket.socket:
    """A connection to the daemon; if wanted, one whose kernel takes no more than so much that nobody reads."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(CEILING)
    connection.connect(("127.0.0.1", port_of(api)))
    return connection


def port_of(api: ControlApi) -> int:
    """Where the API listens on loopback."""
    return int(api.address.rpartition(":")[2])


class SlowReader:
    """Who opens a stream of events and then takes nothing."""

    def __init__(self, daemon: Daemon, api: ControlApi) -> None:
        connection = api.connect()
        self._socket = connect(api, receive_buffer=4_096)
        connection.sock = self._socket
        connection.request("GET", "/v1/events")
        self.stream = Stream(connection, connection.getresponse())
        self._daemon = daemon
        own = self._socket.getsockname()[1]
        self._others_end = f"socket:[{wait_for('the socket of its end', lambda: inode_between(port_of(api), own))}]"

    def is_cut_off(self) -> bool:
        """The daemon has closed its end, whatever the kernel still has to send."""
        return self._others_end not in links_of(self._daemon)

    def wake(self) -> None:
        """Takes as much at once as others do from now on."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)


def files_of(daemon: Daemon) -> int:
    """How many files a daemon has open, connections among them."""
    return len(list(Path(f"/proc/{daemon.pid}/fd").iterdir()))


def links_of(daemon: Daemon) -> set[str]:
    """What a daemon's open files are, as Linux names it."""
    links = set()
    for file in Path(f"/proc/{daemon.pid}/fd").iterdir():
        # It may be closed by now.
        with contextlib.suppress(FileNotFoundError):
            links.add(os.readlink(file))
    return links


def inode_between(port: int, remote_port: int) -> int:
    """The inode of the open socket between two ports of loopback; 0 if none is seen, as may happen while others come and
    go, and for one that its process has closed."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if columns[1].endswith(f":{port:04X}") and columns[2].endswith(f":{remote_port:04X}"):
            return int(columns[9])
    return 0


def longest_gap(times: list[float], since: float) -> float:
    """The longest time between two looks after another time."""
    later = [each for each in times if each > since]
    assert len(later) > 1, "no looks"
    return max(after - before for before, after in itertools.pairwise(later))


def test_ten_thousand_idle_connections(make_daemon: DaemonMaker, run_api: RunApi, tried: int) -> None:
    # What most systems start a process with would not do for so many.
    daemon = start(make_daemon, run_api, wrapper=["prlimit", "--nofile=1024:"])
    api = ControlApi.of(daemon)
    kept = api.connect()
    kept.request("GET", "/v1/status")
    kept.getresponse().read()
    resident = [resident_bytes(daemon.pid)]
    began = time.monotonic()
    held = [connect(api) for _ in range(MOST - 1)]
    wait_for("as many connections as there may be", lambda: files_of(daemon) > MOST)
    resident.append(resident_bytes(daemon.pid))
    refused = [connect(api) for _ in range(tried - MOST)]
    # Who was there already is answered as ever.
    for _ in range(20):
        kept.request("GET", "/v1/status")
        assert kept.getresponse().read()
    resident.append(resident_bytes(daemon.pid))
    for connection in refused:
        answer = read_to_the_end(connection)
        assert answer.startswith(b"HTTP/1.1 503 ") and b"too many connections are open: try again later" in answer
    gap = longest_gap(run_api.looks["t/a"], began)
    sizes = ", ".join(f"{size / 2**20:.1f} MiB" for size in resident)
    print(f"{len(refused)} refused; resident before, with {MOST} and with {tried}: {sizes}; {gap:.2f} s between two looks")
    assert max(resident) - resident[0] < MOST_GROWTH
    assert gap < 3, "polling went on"
    for connection in held:
        connection.close()
    wait_for("room for others", lambda: files_of(daemon) < MOST)
    assert api.get("/healthz")
    kept.close()
    daemon.stop()


def test_a_reader_of_events_that_takes_nothing(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    refs = [f"t{number % 50}/{number}" for number in range(RUNS)]
    run_api.run(*refs)
    for ref in refs:
        run_api.members[ref] = {"logs": "a line of a log\n" * 300}
    daemon = start(make_daemon, run_api)
    api = ControlApi.of(daemon)
    for at in range(0, RUNS, 1_000):
        api.post("/v1/watches", {"watches": [{"run": ref} for ref in refs[at : at + 1_000]]})
    slow = SlowReader(daemon, api)
    quick = api.events()
    before = resident_bytes(daemon.pid)
    most = [before]
    began = time.monotonic()
    told: list[str] = []
    reader = threading.Thread(target=lambda: told.extend(ref_of(quick.next().data) for _ in range(RUNS)))
    reader.start()
    run_api.end(*refs, verdict="failed")

    def all_told() -> bool:
        most.append(resident_bytes(daemon.pid))
        return len(daemon.results()) == RUNS and not reader.is_alive()

    wait_for("every result, for who reads", all_told, 120)
    taken = time.monotonic() - began
    assert sorted(told) == sorted(refs)
    print(f"{RUNS} events in {taken:.1f} s; {(max(most) - before) / 2**20:.1f} MiB more at most")
    assert max(most) - before < MOST_GROWTH
    # It took nothing for 10 s. What the kernel had taken in its place comes still.
    wait_for("the end of its connection", slow.is_cut_off)
    slow.wake()
    first = []
    with contextlib.suppress(http.client.IncompleteRead, ConnectionResetError):
        first.extend(ref_of(event.data) for event in itertools.islice(slow.stream, RUNS))
    assert 0 < len(first) < RUNS, "it has not got all"
    again = api.events(Last_Event_ID=slow.stream.last_id)
    rest = [ref_of(again.next().data) for _ in range(RUNS - len(first))]
    print(f"{len(first)} events before it was cut off, {len(rest)} after it came back")
    assert sorted(first + rest) == sorted(refs), "each comes once"
    again.close()
    quick.close()
    daemon.stop()
