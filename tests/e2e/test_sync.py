"""A result is on the disk before anybody hears of it, by the judgement of the kernel: strace sees every write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from conftest import DaemonMaker, ReceiverStarter
from harness.daemon import config_of, exec_sink, file_sink, webhook_sink
from harness.run_api import RunApi

#: What only the run's object holds.
MARK = "mark-7f3b9c"

#: The calls by which anything leaves the process, or is synced; and those that start a command.
CALLS = "fdatasync,fsync,write,writev,pwrite64,pwritev,sendto,sendmsg,vfork,clone,clone3,execve"


def test_a_result_is_synced_in_the_state_before_it_goes_to_a_sink(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter, tmp_path: Path
) -> None:
    receiver = start_receiver()
    run_api.run("t/r")
    run_api.members["t/r"] = {"conversation_id": MARK}
    command = exec_sink("/bin/sh", "-c", "cat >> daemon/commands")
    daemon = make_daemon(config_of(run_api, watch=["t/r"], sinks=[file_sink(), webhook_sink(receiver.url), command]))
    trace = tmp_path / "private" / "trace"
    trace.parent.mkdir()
    # With -D it is the daemon that we start, and strace that follows it.
    options = ["-D", "-f", "-y", "-s", "10000", "-o", str(trace), "-e", f"trace={CALLS}"]
    # Of two tracers, a sanitizer's search for leaks is the second.
    daemon.start(wrapper=["strace", *options], env={"ASAN_OPTIONS": "detect_leaks=0"})
    run_api.end("t/r")
    receiver.wait_for_deliveries(1)
    daemon.wait_for_results(1)
    daemon.wait_for_results(1, "commands")
    daemon.stop()
    calls = calls_in(trace.read_text(errors="replace"))
    written = first(calls, rf"pwrite64\(\d+<[^>]*/state\.db-wal>, .*{MARK}")
    synced = first(calls, r"fdatasync\(\d+<[^>]*/state\.db-wal>\) += 0", after=written)
    line = first(calls, rf"write\(\d+<[^>]*/results\.jsonl>, .*{MARK}")
    request = first(calls, r"(sendto|sendmsg|write|writev)\(\d+<socket:.*POST")
    program = first(calls, r"execve\(\"/bin/sh\"")
    for what, call in (("file", line), ("webhook", request), ("command", program)):
        assert synced.ended < call.begun, f"the {what} heard of the result before it was synced"
    # What was written into the file is safe before it counts as delivered.
    first(calls, r"f(data)?sync\(\d+<[^>]*/results\.jsonl>\) += 0", after=line)


@dataclass(frozen=True)
class Call:
    """A system call, and the lines of the trace in which it began and ended."""

    text: str
    begun: int
    ended: int


def calls_in(trace: str) -> list[Call]:
    """The calls in a trace, in the order of their ends: what another thread cut in two is put together again."""
    calls = []
    begun: dict[str, Call] = {}
    for number, line in enumerate(trace.splitlines()):
        thread, _, text = line.partition(" ")
        text = text.strip()
        if text.endswith(" <unfinished ...>"):
            begun[thread] = Call(text.removesuffix(" <unfinished ...>"), number, number)
        elif resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", text):
            start = begun.pop(thread)
            calls.append(Call(start.text + resumed[1], start.begun, number))
        else:
            calls.append(Call(text, number, number))
    return calls


def first(calls: list[Call], pattern: str, after: Call | None = None) -> Call:
    """The first call that matches, of those that began after another had ended."""
    for call in calls:
        if (after is None or call.begun > after.ended) and re.match(pattern, call.text):
            return call
    raise AssertionError(f"no call matches {pattern}")
