"""A disk that is full loses nothing, is told once, and once there is room again everything goes on by itself.

Needs root, to mount a disk that is small enough.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

from conftest import DaemonMaker, ReceiverStarter
from harness.daemon import (
    RESULTS,
    Daemon,
    Line,
    config_of,
    cpu_seconds,
    file_sink,
    ids_of,
    ref_of,
    wait_for_results,
    webhook_sink,
)
from harness.receiver import Answer
from harness.run_api import RunApi
from harness.tiny_disk import TinyDisk
from harness.waiting import wait_for

#: How long the disk stays full: several attempts of whoever wants to write.
FULL = 4.0

#: What share of a processor a daemon with a full disk may take.
MOST_CPU = 0.25

REFS = [f"t/{number}" for number in range(30)]


@pytest.fixture
def make_disk(tmp_path: Path) -> Iterator[Callable[[str], TinyDisk]]:
    """Makes disks of a size, seen by a daemon in `disk` of the test's directory."""
    made: list[TinyDisk] = []

    def make(size: str) -> TinyDisk:
        made.append(TinyDisk(tmp_path / "disk", size))
        return made[-1]

    yield make
    for disk in made:
        disk.close()


def told_of_full_disk(daemon: Daemon) -> list[Line]:
    """The lines of the log that tell of it."""
    return [line for line in daemon.log() if "full" in line.get("error", "") or "No space" in line.get("error", "")]


def stay_full(daemon: Daemon) -> None:
    """Waits while the disk is full, and proves that the daemon does next to nothing meanwhile."""
    wait_for("a word on the full disk", lambda: told_of_full_disk(daemon))
    started, computed = time.monotonic(), cpu_seconds(daemon.pid)
    wait_for("time to pass", lambda: time.monotonic() - started > FULL)
    share = (cpu_seconds(daemon.pid) - computed) / (time.monotonic() - started)
    assert share < MOST_CPU, f"{share:.0%} of a processor"
    assert daemon.running.process.poll() is None


def test_a_full_disk_under_the_state_loses_no_result(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter, make_disk: Callable[[str], TinyDisk]
) -> None:
    disk = make_disk("8m")
    may_answer = threading.Event()
    receiver = start_receiver(Answer(held_by=may_answer))
    run_api.run(*REFS, "t/first", "t/steady")
    watch, state = [*REFS, "t/first", "t/steady"], {"path": "../disk/state.db"}
    daemon = make_daemon(config_of(run_api, watch=watch, sinks=[file_sink(), webhook_sink(receiver.url)], state=state))
    daemon.start(wrapper=disk.wrapper)
    run_api.end("t/first")
    daemon.wait_for_results(1)
    receiver.wait_for_deliveries(1)
    disk.fill()
    run_api.end(*REFS)
    # What is taken now cannot be noted, and must not be sent again for that.
    may_answer.set()
    stay_full(daemon)
    # What is not written down nobody was told of; and the others are looked at all the same.
    assert len(daemon.results()) == len(receiver.deliveries) == 1
    assert time.monotonic() - run_api.looks["t/steady"][-1] < 1.5
    said = told_of_full_disk(daemon)
    assert len(said) == 1, said
    assert said[0]["level"] == "error" and "state" in said[0]["error"]
    disk.free()
    daemon.wait_for_results(len(REFS) + 1)
    wait_for("every delivery", lambda: len(receiver.taken()) > len(REFS))
    daemon.stop()
    assert sorted(map(ref_of, daemon.results())) == sorted([*REFS, "t/first"])
    assert sorted(receiver.ids()) == sorted(ids_of(daemon.results()))


def test_a_daemon_that_ends_on_a_full_disk_finds_everything_again(
    make_daemon: DaemonMaker, run_api: RunApi, make_disk: Callable[[str], TinyDisk]
) -> None:
    disk = make_disk("8m")
    run_api.run(*REFS)
    config = config_of(run_api, watch=REFS, sinks=[file_sink()], state={"path": "../disk/state.db"})
    daemon = make_daemon(config).start(wrapper=disk.wrapper)
    run_api.end(*REFS[:10])
    daemon.wait_for_results(10)
    disk.fill()
    run_api.end(*REFS[10:20])
    wait_for("a word on the full disk", lambda: told_of_full_disk(daemon))
    daemon.kill()
    outcome = daemon.launch(wrapper=disk.wrapper).finish()
    assert outcome.code == 1, outcome
    assert "full" in outcome.stderr and "state.db" in outcome.stderr
    disk.free()
    daemon.start(wrapper=disk.wrapper)
    run_api.end(*REFS[20:])
    results = daemon.wait_for_results(len(REFS))
    daemon.stop()
    assert sorted(map(ref_of, results)) == sorted(REFS)


def test_a_full_disk_under_a_result_file_delays_it_alone(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter, make_disk: Callable[[str], TinyDisk]
) -> None:
    disk = make_disk("1m")
    receiver = start_receiver()
    run_api.run(*REFS, "t/first")
    sinks = [file_sink(path=f"../disk/{RESULTS}"), webhook_sink(receiver.url)]
    daemon = make_daemon(config_of(run_api, watch=[*REFS, "t/first"], sinks=sinks)).start(wrapper=disk.wrapper)
    run_api.end("t/first")
    wait_for_results(disk.root, 1)
    disk.fill()
    run_api.end(*REFS)
    receiver.wait_for_deliveries(len(REFS) + 1)
    stay_full(daemon)
    said = told_of_full_disk(daemon)
    assert len(said) == 1, said
    assert said[0]["sink"] == "file"
    disk.free()
    results = wait_for_results(disk.root, len(REFS) + 1)
    daemon.stop()
    assert (disk.root / RESULTS).read_text().endswith("\n")
    assert sorted(ids_of(results)) == sorted(receiver.ids())
