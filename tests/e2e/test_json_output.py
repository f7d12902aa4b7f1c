"""JSON for programs: one result a REF, and the API's object as it was received."""

from __future__ import annotations

import json
import re
import signal
import uuid
from typing import Iterator

import pytest

from conftest import SimulatorStarter
from harness.process import Runwatch
from harness.raw_server import RawServer, ok
from harness.simulator import run_of, scenario_of

#: The namespace of result ids is fixed for ever; receivers have stored ids made from it.
ID_NAMESPACE = uuid.UUID("6a4e0c1b-6d1f-5b0e-9a53-0c9f6f1f7a2e")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class FixedAnswer:
    """An API that answers every request with one body."""

    def __init__(self) -> None:
        self.body = ""
        self.server = RawServer(lambda _request: ok(self.body))


@pytest.fixture
def api() -> Iterator[FixedAnswer]:
    """An API whose answer each test sets."""
    found = FixedAnswer()
    yield found
    found.server.close()


def test_results_come_in_the_order_of_the_refs(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(
        scenario_of(
            run_of("t/slow", running="300ms"),
            run_of("t/quick", verdict="failed"),
            run_of("u/going", running="1h"),
            run_of("u/broken", verdict="error"),
            run_of("u/hidden", faults=[{"status": 403}]),
            lists=False,
        )
    )
    refs = ["t/slow", "t/quick", "u/going", "u/broken", "u/hidden", "T/QUICK"]
    outcome = runwatch.wait(sim, *refs, "--output", "json", "--timeout", "800ms")
    results = outcome.json()
    assert [each["type"] for each in results] == [
        "run.passed",
        "run.failed",
        "run.unfinished",
        "run.error",
        "run.unwatchable",
    ]
    assert [each["data"]["run"]["run_id"] for each in results] == ["slow", "quick", "going", "broken", "hidden"]


def test_a_result_holds_what_the_contract_says(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("Test/Run", running="300ms", verdict="failed")))
    (result,) = runwatch.wait(sim, "Test/Run", "--output", "json").json()
    assert result.keys() == {"id", "type", "timestamp", "data"}
    assert result["id"] == str(uuid.uuid5(ID_NAMESPACE, "test/run/run.failed"))
    assert result["data"].keys() == {"run", "watch"}
    watch = result["data"]["watch"]
    assert watch.keys() == {"labels", "first_seen_at", "detected_at", "polls"}
    assert watch["polls"] == sim.polls("Test/Run") > 1
    for time in (result["timestamp"], watch["first_seen_at"], watch["detected_at"]):
        assert TIMESTAMP.fullmatch(time)
    assert watch["first_seen_at"] < watch["detected_at"] == result["timestamp"]


def test_ids_are_the_same_in_every_process(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    ids = {runwatch.wait(sim, ref, "--output", "json").json()[0]["id"] for ref in ("t/r", sim.url("t/r"))}
    assert ids == {str(uuid.uuid5(ID_NAMESPACE, "t/r/run.passed"))}


EXACT_OBJECTS = {
    "numbers": '{"run_id":"r","status":"passed","score":1.10,"big":123456789012345678901234567890,"e":1E5,"z":-0}',
    "order and unknown fields": '{"zeta":[1,{"x":null}],"status":"passed","new":{"deep":{"er":true}},"run_id":"r"}',
    "escapes": '{"run_id":"r","status":"passed","logs":"caf\\u00e9 \\ud83d\\ude00 \\/ \\u0000 \\u2028","a":"é😀"}',
    "blanks": '{ "run_id" :"r",\t"status": "passed" }',
    "a key given twice": '{"run_id":"r","status":"running","status":"passed"}',
    "much nesting": '{"run_id":"r","status":"passed","deep":' + "[" * 100 + "]" * 100 + "}",
    "numbers beyond a double": '{"run_id":"r","status":"passed","huge":1e400,"tiny":1e-400,"long":0.' + "1" * 60 + "}",
    "a character cut in half": '{"run_id":"r","status":"passed","logs":"cut \\ud83d"}',
}


@pytest.mark.parametrize("body", EXACT_OBJECTS.values(), ids=EXACT_OBJECTS.keys())
@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_the_run_is_printed_byte_for_byte(runwatch: Runwatch, api: FixedAnswer, output: str, body: str) -> None:
    api.body = body
    outcome = runwatch.wait(api.server, "t/r", "--output", output, "--timeout", "3s")
    assert outcome.code == 0, outcome
    assert f'"run":{body},"watch":' in outcome.stdout


def test_a_wrapped_run_is_unwrapped(runwatch: Runwatch, api: FixedAnswer) -> None:
    run = '{"run_id":"r","status":"passed","score":1.10}'
    api.body = '{"meta":{"data":{}},"data":' + run + "}"
    assert f'"run":{run},"watch":' in runwatch.wait(api.server, "t/r", "--output", "json").stdout


def test_a_pretty_printed_run_is_put_on_one_line(runwatch: Runwatch, api: FixedAnswer) -> None:
    api.body = '{\r\n  "run_id": "r",\n  "status": "passed",\n  "score": 1.10,\n  "text": "two  blanks\\n {x}"\n}\n'
    (line,) = runwatch.wait(api.server, "t/r", "--output", "jsonl").stdout.splitlines()
    assert '"run":{"run_id":"r","status":"passed","score":1.10,"text":"two  blanks\\n {x}"},"watch":' in line


def test_a_broken_byte_in_the_logs_costs_no_verdict(runwatch: Runwatch, api: FixedAnswer) -> None:
    api.server.close()
    broken = b'{"run_id":"r","status":"passed","logs":"caf\xe9 \xf0\x9f"}'
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(broken)}\r\n\r\n".encode()
    server = RawServer(lambda _request: head + broken)
    outcome = runwatch.wait(server, "t/r", "--output", "json", "--timeout", "3s")
    server.close()
    assert outcome.code == 0, outcome
    assert outcome.json()[0]["data"]["run"]["logs"].startswith("caf\ufffd")


def test_each_line_comes_as_soon_as_it_is_known(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/going", running="1h"), run_of("t/done", verdict="failed")))
    running = runwatch.start_wait(sim, "t/going", "t/done", "--output", "jsonl")
    running.wait_for_stdout("\n")
    assert json.loads(running.stdout)["type"] == "run.failed"
    running.send(signal.SIGTERM)
    outcome = running.finish()
    assert [each["type"] for each in outcome.json_lines()] == ["run.failed", "run.unfinished"]


def test_a_run_that_was_never_seen_is_named_all_the_same(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of('t"\\/r', faults=[{"status": 503}])))
    outcome = runwatch.wait(sim, 't"\\/r', "--output", "json", "--timeout", "0s")
    (result,) = outcome.json()
    assert result["data"]["run"] == {"run_id": "r", "test_id": 't"\\'}
    assert "HTTP 503" in result["data"]["reason"]
