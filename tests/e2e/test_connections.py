"""Connections are few, kept, and replaced without a word when the API closes them."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import SimulatorStarter
from harness.process import Runwatch
from harness.raw_server import RawServer, Request, ok
from harness.simulator import run_of, scenario_of

PASSED = '{"run_id":"r","status":"passed"}'
RUNNING = '{"run_id":"r","status":"running"}'
#: The report of the stand-in is fetched over a connection of its own.
OURS = 1


def troubles(stderr: str) -> list[str]:
    """The lines that tell of a failed look."""
    return [line for line in stderr.splitlines() if "failed" in line]


def test_one_connection_serves_all_looks_at_a_run(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="1s")))
    runwatch.wait(sim, "t/r")
    report = sim.report()
    assert report["requests"] > 5
    assert report["connections"] == 1 + OURS


@pytest.mark.parametrize(
    "closing",
    [
        {"keep_alive": {"requests": 1, "announce": True}},
        {"keep_alive": {"requests": 1, "announce": False}},
        {"keep_alive": {"requests": 2, "announce": False}},
        {"idle_close": "100ms"},
    ],
)
def test_a_connection_closed_in_between_is_no_trouble(
    runwatch: Runwatch, start_sim: SimulatorStarter, closing: dict[str, Any]
) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="700ms"), **closing))
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 0, outcome
    assert troubles(outcome.stderr) == []
    report = sim.report()
    assert report["connections"] > 1 + OURS
    assert report["answers"] == {"200": report["requests"]}


class FlakyServer:
    """Closes a kept connection on its second request, which it does not answer."""

    def __init__(self) -> None:
        self.answers = 0
        self.server = RawServer(self.answer)

    def answer(self, _request: Request) -> bytes:
        self.answers += 1
        if self.answers % 2 == 0:
            return b""
        return ok(PASSED if self.answers > 8 else RUNNING)


def test_a_connection_closed_while_we_ask_is_no_trouble(runwatch: Runwatch) -> None:
    flaky = FlakyServer()
    outcome = runwatch.wait(flaky.server, "t/r")
    flaky.server.close()
    assert outcome.code == 0, outcome
    assert troubles(outcome.stderr) == []


ODD_ANSWERS = {
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok(PASSED),
    "no reason phrase": ok(PASSED).replace(b" OK\r\n", b" \r\n"),
    "chunk extensions and trailers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + f"{len(PASSED):x};name=value\r\n{PASSED}\r\n0\r\nX-Trailer: yes\r\n\r\n".encode()
    ),
    "a header twice": ok(PASSED).replace(b"Content-Type", b"X-Twice: 1\r\nX-Twice: 2\r\nContent-Type"),
    "an empty header": ok(PASSED).replace(b"Content-Type", b"X-Empty:\r\nContent-Type"),
}

BROKEN_ANSWERS = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "no status": b"HTTP/1.1 \r\n\r\n",
    "a length that is no number": ok(PASSED).replace(b"Content-Length: ", b"Content-Length: x"),
    "two lengths": ok(PASSED).replace(b"Content-Length", b"Content-Length: 5\r\nContent-Length"),
    "a chunk that is no number": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "zeros": b"\0" * 100,
}


@pytest.mark.parametrize("answer", ODD_ANSWERS.values(), ids=ODD_ANSWERS.keys())
def test_an_unusual_answer_is_understood(runwatch: Runwatch, answer: bytes) -> None:
    server = RawServer(lambda _request: answer)
    outcome = runwatch.wait(server, "t/r", "--timeout", "2s")
    server.close()
    assert outcome.code == 0, outcome
    assert troubles(outcome.stderr) == []


def test_an_answer_that_ends_with_its_connection_is_understood(runwatch: Runwatch) -> None:
    answer = f"HTTP/1.0 200 OK\r\n\r\n{PASSED}".encode()
    server = RawServer(lambda _request: answer, answers_per_connection=1)
    outcome = runwatch.wait(server, "t/r", "--timeout", "2s")
    server.close()
    assert outcome.code == 0, outcome


@pytest.mark.parametrize("answer", BROKEN_ANSWERS.values(), ids=BROKEN_ANSWERS.keys())
def test_a_broken_answer_is_told_and_recovered_from(runwatch: Runwatch, answer: bytes) -> None:
    answers = [ok(PASSED), answer]
    server = RawServer(lambda _request: answers.pop())
    outcome = runwatch.wait(server, "t/r")
    server.close()
    assert outcome.code == 0, outcome
    assert len(troubles(outcome.stderr)) == 1
    assert server.connections == 2


def test_bytes_behind_an_answer_are_not_taken_for_the_next(runwatch: Runwatch) -> None:
    smuggled = '{"run_id":"r","status":"failed"}'
    answers = [ok(PASSED), ok(RUNNING) + ok(smuggled)]
    server = RawServer(lambda _request: answers.pop())
    outcome = runwatch.wait(server, "t/r")
    server.close()
    assert outcome.code == 0, outcome


def test_chunked_answers_are_read(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="300ms", pretty=True), chunked=True))
    outcome = runwatch.wait(sim, "t/r", "--output", "json")
    assert outcome.code == 0, outcome
    assert troubles(outcome.stderr) == []


@pytest.mark.parametrize("options", [[], ["--plain"]])
def test_an_ipv6_address_is_reached(runwatch: Runwatch, start_sim: SimulatorStarter, options: list[str]) -> None:
    sim = start_sim(scenario_of(run_of("t/r")), "--listen", "[::1]:0", *options)
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 0, outcome
    assert "[::1]" in sim.base_url


def test_localhost_is_reached_on_whichever_address_answers(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    for address in ("127.0.0.1", "[::1]"):
        sim = start_sim(scenario_of(run_of("t/r")), "--listen", f"{address}:0")
        sim.base_url = sim.base_url.replace(address, "localhost")
        assert runwatch.wait(sim, "t/r").code == 0


def test_many_runs_share_a_few_connections_and_begin_spread_out(
    runwatch: Runwatch, start_sim: SimulatorStarter
) -> None:
    refs = [f"t/{number}" for number in range(80)]
    runs = [run_of(ref, running="1s") for ref in refs]
    # As many requests a second as eight at a time can be.
    sim = start_sim(scenario_of(*runs, lists=False, latency="200ms"))
    outcome = runwatch.wait(sim, *refs, "--interval", "1s", *runwatch.hurried(40))
    assert outcome.code == 0, outcome
    report = sim.report()
    assert report["peak_concurrent_requests"] <= 8
    assert report["connections"] <= 8 + OURS
    firsts = sorted(run["first_request_at"] for run in report["runs"].values())
    assert firsts[-1] - firsts[0] > 1500
    crowded = max(sum(first <= other < first + 500 for other in firsts) for first in firsts)
    assert crowded < 40, firsts
