"""A REF names a run in one of three ways; whatever names none is refused before anything is sent."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.parse
from pathlib import Path
from typing import Iterator

import pytest

from conftest import SimulatorStarter
from harness.process import Outcome, Runwatch, wait_arguments
from harness.raw_server import RawServer, Request, ok
from harness.simulator import Simulator, run_of, scenario_of

PATH = "/v2/ai/assistants/tests/"


@pytest.fixture
def echo() -> Iterator[RawServer]:
    """An API in which every run that is asked for has passed."""

    def answer(request: Request) -> bytes:
        run_id = urllib.parse.unquote(request.target.rpartition("/")[2])
        return ok(json.dumps({"run_id": run_id, "status": "passed"}))

    server = RawServer(answer)
    yield server
    server.close()


def wait_on_input(runwatch: Runwatch, sim: Simulator, text: bytes, *arguments: str) -> Outcome:
    """Runs `runwatch wait` with REFs on standard input."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as feeder:
        assert feeder.stdin is not None
        running = runwatch.start(wait_arguments(sim, *arguments), stdin=feeder.stdout or 0)
        feeder.stdin.write(text)
        feeder.stdin.close()
        return running.finish()


def test_a_run_can_be_named_by_its_url(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", verdict="failed")))
    assert runwatch.wait(sim, sim.url("t/r")).code == 1
    assert runwatch.wait(sim, sim.url("t/r") + "/?page=1#top").code == 1
    assert {target for _, target, _ in sim.requests()} == {f"{PATH}t/runs/r"}


@pytest.mark.parametrize(
    ("ids", "sent"),
    [
        (("t-1_2.3~4", "R"), "t-1_2.3~4/runs/R"),
        (("a%2Fb", "c%20d"), "a%252Fb/runs/c%2520d"),
        (("?x=1", "#top"), "%3Fx%3D1/runs/%23top"),
        (("tést", "日本"), "t%C3%A9st/runs/%E6%97%A5%E6%9C%AC"),
        (("a+b", "c&d;e=f"), "a%2Bb/runs/c%26d%3Be%3Df"),
        (("...", "..x"), ".../runs/..x"),
        (("a:b@c", "[x]"), "a%3Ab%40c/runs/%5Bx%5D"),
        (("'\"", "\\|^`{}<>"), "%27%22/runs/%5C%7C%5E%60%7B%7D%3C%3E"),
        (("x" * 256, "y" * 256), "x" * 256 + "/runs/" + "y" * 256),
    ],
)
def test_ids_are_percent_encoded(runwatch: Runwatch, echo: RawServer, ids: tuple[str, str], sent: str) -> None:
    outcome = runwatch.wait(echo, "/".join(ids))
    assert outcome.code == 0, outcome
    assert [request.target for request in echo.requests] == [PATH + sent]


@pytest.mark.parametrize(
    ("path", "sent"),
    [("a%2Fb/runs/c", "a%2Fb/runs/c"), ("%61/runs/%7Eb", "a/runs/~b"), ("t%C3%A9st/runs/r", "t%C3%A9st/runs/r")],
)
def test_ids_in_a_url_are_decoded_once(runwatch: Runwatch, echo: RawServer, path: str, sent: str) -> None:
    outcome = runwatch.wait(echo, f"{echo.base_url}/ai/assistants/tests/{path}")
    assert outcome.code == 0, outcome
    assert [request.target for request in echo.requests] == [PATH + sent]


@pytest.mark.parametrize("output", ["text", "json", "jsonl", "github"])
def test_an_id_that_is_no_utf_8_breaks_no_output(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path, output: str
) -> None:
    sim = start_sim(scenario_of())
    report = tmp_path / "junit.xml"
    # What comes out is read as UTF-8 by the harness.
    ref = os.fsdecode(b"t\xff/r\xc3")
    outcome = runwatch.wait(sim, ref, "--not-found-grace", "0s", "--output", output, "--junit", str(report))
    assert outcome.code == 4, outcome
    assert [target for _, target, _ in sim.requests()] == [f"{PATH}t%FF/runs/r%C3"]
    assert "t\ufffd" in report.read_text(encoding="utf-8")


def test_requests_say_who_asks(runwatch: Runwatch, echo: RawServer) -> None:
    runwatch.wait(echo, "t/r")
    (request,) = echo.requests
    assert request.method == "GET"
    assert request.headers["host"] == f"127.0.0.1:{echo.port}"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"].startswith("runwatch/")
    assert request.headers["authorization"].startswith("Bearer KEY")


@pytest.mark.parametrize(
    "text",
    [
        b"t/a\nt/b\n",
        b"t/a\r\nt/b\r\n",
        b"# the nightly ones\n\n  t/a\t\n   # no more\n\nt/b",
        b"t/a\nT/B\nt/b\nt/A\n",
    ],
)
def test_standard_input_names_one_run_a_line(runwatch: Runwatch, start_sim: SimulatorStarter, text: bytes) -> None:
    sim = start_sim(scenario_of(run_of("t/a"), run_of("t/b"), run_of("T/B")))
    outcome = wait_on_input(runwatch, sim, text, "-", "--output", "json")
    assert outcome.code == 0, outcome
    assert [each["data"]["run"]["run_id"].lower() for each in outcome.json()] == ["a", "b"]


def test_standard_input_joins_what_the_command_line_names(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(*(run_of(f"t/{name}") for name in "abcd")))
    outcome = wait_on_input(runwatch, sim, b"t/c\nt/a\n", "t/b", "-", "t/d", "-", "--output", "json")
    assert [each["data"]["run"]["run_id"] for each in outcome.json()] == ["b", "c", "a", "d"]


@pytest.mark.parametrize("text", [b"", b"\n\r\n", b"# nothing yet\n"])
def test_standard_input_without_a_run_is_wrong_usage(
    runwatch: Runwatch, start_sim: SimulatorStarter, text: bytes
) -> None:
    sim = start_sim(scenario_of())
    outcome = wait_on_input(runwatch, sim, text, "-")
    assert outcome.code == 64, outcome
    assert "standard input names no run" in outcome.stderr


def test_a_wrong_line_on_standard_input_is_named(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/a")))
    outcome = wait_on_input(runwatch, sim, b"t/a\nnonsense\n", "-")
    assert outcome.code == 64, outcome
    assert 'on standard input: "nonsense" does not name a run' in outcome.stderr
    assert sim.report()["requests"] == 0


def test_ids_that_differ_in_case_are_watched_once(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("Test/Run", running="300ms"), unknown_runs="not_found"))
    outcome = runwatch.wait(sim, "Test/Run", "test/run", sim.url("TEST/RUN"), "--output", "json")
    assert len(outcome.json()) == 1
    assert sim.report()["runs"].keys() == {"Test/Run"}


@pytest.mark.parametrize(
    "ref",
    [
        "t",
        "/r",
        "t/",
        "t/r/x",
        "./r",
        "t/..",
        "../..",
        "t /r",
        "t/r\nx",
        "t/\x7f",
        "x" * 257 + "/r",
        "ftp://127.0.0.1/r",
        "",
    ],
)
def test_what_names_no_run_is_refused(runwatch: Runwatch, start_sim: SimulatorStarter, ref: str) -> None:
    sim = start_sim(scenario_of())
    outcome = runwatch.wait(sim, ref)
    assert outcome.code == 64, outcome
    assert outcome.stdout == ""
    assert sim.report()["requests"] == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/v2/ai/assistants/tests/t/runs/r",
        "http://{host}/v2/ai/assistants/tests/t/runs/r",
        "https://127.0.0.1:1/v2/ai/assistants/tests/t/runs/r",
        "https://user:secret@{host}/v2/ai/assistants/tests/t/runs/r",
        "https://{host}@elsewhere.example/v2/ai/assistants/tests/t/runs/r",
        "https://{host}/v1/ai/assistants/tests/t/runs/r",
        "https://{host}/v2/ai/assistants/tests/t",
        "https://{host}/v2/ai/assistants/tests/t/runs/",
        "https://{host}/v2/ai/assistants/tests/%2E%2E/runs/r",
        "https://{host}/v2/ai/assistants/tests/t/runs/%2e",
        "https://{host}/v2/ai/assistants/tests/t/runs/r%0Ax",
        "https://{host}/v2/ai/assistants/tests/t/runs/r/logs",
        "https://[broken/v2/ai/assistants/tests/t/runs/r",
    ],
)
def test_a_url_elsewhere_is_refused_and_nothing_sent(
    runwatch: Runwatch, start_sim: SimulatorStarter, url: str
) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    ref = url.replace("{host}", sim.origin.removeprefix("https://"))
    outcome = runwatch.wait(sim, "t/r", ref)
    assert outcome.code == 64, outcome
    assert "does not name a run" in outcome.stderr
    assert "secret" not in outcome.stderr
    report = sim.report()
    assert (report["requests"], report["connections"]) == (0, 1), "the only connection is that of the report itself"
