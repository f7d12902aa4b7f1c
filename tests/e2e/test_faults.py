"""Whatever goes wrong once is told and recovered from; only a refusal that lasts ends a watch."""

from __future__ import annotations

import re
from typing import Any, Iterator

import pytest

from conftest import SimulatorStarter
from harness.process import Outcome, Runwatch
from harness.raw_server import RawServer, ok
from harness.secrets import LeakDetector
from harness.simulator import Scenario, Simulator, run_of, scenario_of

Fault = dict[str, Any]

NO_ANSWER = "closed the connection without an answer"
CUT_SHORT = "closed the connection in the middle of its answer"
NO_JSON = "it is not valid JSON, or was cut short"


def statuses(said: str, *codes: int) -> dict[str, tuple[Fault, str]]:
    """Faults that are statuses."""
    return {f"status {code}": ({"status": code}, f"{said} (HTTP {code}") for code in codes}


#: A fault, and what must be said of it.
FAULTS: dict[str, tuple[Fault, str]] = {
    **statuses("the API refused the request", 400, 402, 405, 406, 410, 418, 422, 451),
    **statuses("the API failed", 408, 409, 425, 500, 501, 502, 503, 504, 520, 529, 599, 999),
    **statuses("the API's address redirects", 300, 304),
    "status 204": ({"status": 204}, "it is empty"),
    "status 404 in JSON": ({"status": 404}, "the API knows no such run (HTTP 404, code 10005"),
    "status 404 in HTML": ({"status": 404, "body": "html"}, "and not by the API itself (HTTP 404, an HTML page"),
    "status 404 and nothing": ({"status": 404, "body": "empty"}, "and not by the API itself (HTTP 404)"),
    "status 400 in HTML": ({"status": 400, "body": "html"}, "the API failed (HTTP 400, an HTML page"),
    "validation error": ({"detail_422": True}, "(HTTP 422, run_id: Input should be a valid UUID)"),
    "gateway page": ({"status": 502, "body": "html"}, "the API failed (HTTP 502, an HTML page, not the API's answer)"),
    "page called 200": ({"body": "html"}, "the API's answer is an HTML page (HTTP 200)"),
    "plain text": ({"status": 500, "body": {"text": "upstream\nbroke"}}, "the API failed (HTTP 500, upstream?broke)"),
    "empty body": ({"body": "empty"}, "it is empty"),
    "garbage": ({"body": "garbage"}, NO_JSON),
    "truncated JSON": ({"body": "truncated"}, NO_JSON),
    "a list": ({"raw_body": "[]"}, "it is not a JSON object"),
    "null": ({"raw_body": "null"}, "it is not a JSON object"),
    "an empty object": ({"raw_body": "{}"}, "it names no run_id"),
    "no run_id": ({"raw_body": '{"status":"passed"}'}, "it names no run_id"),
    "another run": ({"other_run": True}, "it is about another run"),
    "no status": ({"no_status": True}, "it has no status"),
    "status null": ({"status_value": None}, "it has the status null"),
    "status a number": ({"status_value": 7}, "it has a status that is no string"),
    "status empty": ({"status_value": ""}, "it has an empty status"),
    "very deep JSON": ({"raw_body": "[" * 100_000}, NO_JSON),
    # Once on a kept connection would be sent again without a word.
    "closed before": ({"on": "1-2", "close": "before"}, NO_ANSWER),
    "closed in the headers": ({"close": "headers"}, CUT_SHORT),
    "closed in the body": ({"close": "body"}, CUT_SHORT),
    "reset before": ({"on": "1-2", "reset": True}, NO_ANSWER),
    "reset in the headers": ({"reset": "headers"}, CUT_SHORT),
    "reset in the body": ({"reset": "body"}, CUT_SHORT),
    "huge header": ({"header_bytes": "100KiB"}, "has a header larger than 65536 bytes"),
    "redirect": (
        {"redirect": "https://user:hunter2@elsewhere.example/v2?token=hunter2"},
        "(HTTP 302, an HTML page, not the API's answer) to https://elsewhere.example/v2, which is never followed",
    ),
    "permanent redirect": ({"redirect": "/v3", "status": 308}, "an HTML page, not the API's answer) to /v3"),
}

#: What a client must put up with.
HARMLESS: dict[str, Fault] = {
    "slow": {"delay": "300ms"},
    "byte by byte": {"trickle": "1ms"},
    "status 206": {"status": 206},
    "status 299": {"status": 299},
    "another content type": {"content_type": "text/plain"},
    "long logs": {"huge": "8MiB"},
    "many headers": {"headers": {f"x-{number}": "value" for number in range(50)}},
    "large header": {"header_bytes": "32KiB"},
}


def ref_of(name: str) -> str:
    """The REF of the run that suffers from a fault."""
    return "t/" + name.replace(" ", "-")


def scenario_with(faults: dict[str, Fault]) -> Scenario:
    """A scenario with a run for each fault, which strikes its first request."""
    runs = (run_of(ref_of(name), faults=[{"on": 1} | fault]) for name, fault in faults.items())
    return scenario_of(*runs, lists=False)


@pytest.fixture(scope="module")
def recovery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """One wait for all runs that suffer from a fault."""
    directory = tmp_path_factory.mktemp("recovery")
    faults = {name: fault for name, (fault, _) in FAULTS.items()} | HARMLESS
    simulator = Simulator(directory / "sim", scenario_with(faults))
    detector = LeakDetector()
    runwatch = Runwatch(detector, directory)
    options = [*runwatch.hurried(), "--output", "json", "--timeout", "60s"]
    yield runwatch.wait(simulator, *map(ref_of, faults), *options, ceiling=90)
    runwatch.end_all()
    simulator.stop()
    detector.check()


def type_of(outcome: Outcome, name: str) -> str:
    """How the run that suffered from a fault ended."""
    run_id = ref_of(name).partition("/")[2]
    (found,) = (each["type"] for each in outcome.json() if each["data"]["run"]["run_id"] == run_id)
    return str(found)


def lines_about(outcome: Outcome, name: str) -> list[str]:
    """The progress of the run that suffered from a fault."""
    return [line for line in outcome.stderr.splitlines() if f" {ref_of(name)}: " in line]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_and_recovered_from(recovery: Outcome, name: str) -> None:
    assert type_of(recovery, name) == "run.passed"
    _, said = FAULTS[name]
    # Runs that share a trouble share the line.
    assert said in recovery.stderr
    assert "hunter2" not in recovery.stderr


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_no_fault_is_none(recovery: Outcome, name: str) -> None:
    assert type_of(recovery, name) == "run.passed"
    assert not [line for line in lines_about(recovery, name) if "failed" in line]


def test_the_end_of_all_trouble_is_said(recovery: Outcome) -> None:
    assert recovery.stderr.count("poll failed: ") > 20
    last_trouble = recovery.stderr.rindex("poll failed: ")
    assert "polls succeed again" in recovery.stderr[last_trouble:]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400},
        {"status": 422},
        {"detail_422": True},
        {"status": 405},
        {"status": 503, "headers": {"x-should-retry": "false"}},
        {"body": "html", "status": 502, "headers": {"X-Should-Retry": "false"}},
    ],
)
def test_a_request_that_is_refused_for_good_is_asked_once_more(
    runwatch: Runwatch, start_sim: SimulatorStarter, fault: Fault
) -> None:
    sim = start_sim(scenario_of(run_of("t/r", faults=[fault])))
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 4, outcome
    assert sim.polls("t/r") == 2


def test_refusals_with_something_else_in_between_are_no_refusal_for_good(
    runwatch: Runwatch, start_sim: SimulatorStarter
) -> None:
    faults = [{"on": [1, 3], "status": 422}, {"on": 2, "status": 503}]
    sim = start_sim(scenario_of(run_of("t/r", faults=faults)))
    outcome = runwatch.wait(sim, "t/r")
    assert (outcome.code, sim.polls("t/r")) == (0, 4), outcome


@pytest.mark.parametrize(("status", "times"), [(400, 2), (401, 1), (403, 1), (404, 1)])
def test_the_api_may_ask_for_another_try(
    runwatch: Runwatch, start_sim: SimulatorStarter, status: int, times: int
) -> None:
    fault = {"on": f"1-{times}", "status": status, "headers": {"x-should-retry": "true"}}
    sim = start_sim(scenario_of(run_of("t/r", faults=[fault])))
    outcome = runwatch.wait(sim, "t/r", "--not-found-grace", "0s")
    assert (outcome.code, sim.polls("t/r")) == (0, times + 1), outcome


def test_a_gateways_not_found_never_ends_a_watch(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", faults=[{"on": 1, "status": 404, "body": "html"}])))
    outcome = runwatch.wait(sim, "t/r", "--not-found-grace", "0s")
    assert outcome.code == 0, outcome


@pytest.mark.parametrize("shape", [{}, {"wrap": True, "pretty": True}])
@pytest.mark.parametrize("chunked", [False, True])
def test_logs_beyond_the_limit_do_not_hide_the_verdict(
    runwatch: Runwatch, start_sim: SimulatorStarter, shape: dict[str, Any], chunked: bool
) -> None:
    plan = shape | {"verdict": "failed", "raw_fields": {"price": "1.10"}, "fields": {"data": {"logs": "kept"}}}
    sim = start_sim(scenario_of(run_of("t/r", faults=[{"huge": "20MiB"}], **plan), chunked=chunked))
    outcome = runwatch.wait(sim, "t/r", "--output", "json")
    assert outcome.code == 1, outcome
    assert "poll failed" not in outcome.stderr
    (result,) = outcome.json()
    run = result["data"]["run"]
    assert re.search(r"\n\[cut by runwatch: the first \d+ of 2\d{7} bytes\]$", run["logs"]), run["logs"][-80:]
    assert 900_000 < len(run["logs"]) < 1024 * 1024
    assert run["data"] == {"logs": "kept"}
    assert [each["status"] for each in run["detail_status"]] == ["passed", "failed"]
    assert '"price":1.10' in outcome.stdout.replace(" ", "")


def test_an_answer_beyond_the_limit_without_its_logs_is_not_read_to_its_end(runwatch: Runwatch) -> None:
    passed = ok('{"run_id":"r","status":"passed"}')
    endless = b'HTTP/1.1 200 OK\r\n\r\n{"run_id":"r","status":"passed","transcript":"' + b"." * (17 << 20)
    answers = [passed, endless]
    server = RawServer(lambda _request: answers.pop())
    outcome = runwatch.wait(server, "t/r")
    server.close()
    assert outcome.code == 0, outcome
    assert "is larger than 16777216 bytes" in outcome.stderr


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_never_followed(runwatch: Runwatch, start_sim: SimulatorStarter, status: int) -> None:
    elsewhere = start_sim(scenario_of(run_of("t/r")))
    fault = {"on": 1, "redirect": elsewhere.url("t/r"), "status": status}
    sim = start_sim(scenario_of(run_of("t/r", faults=[fault])))
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 0, outcome
    assert elsewhere.report()["requests"] == 0


def test_a_run_that_vanishes_and_comes_back_is_waited_for(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="1s", faults=[{"on": "3-4", "status": 404}])))
    outcome = runwatch.wait(sim, "t/r", "--not-found-grace", "5s")
    assert outcome.code == 0, outcome
    assert "t/r: poll failed: the API knows no such run" in outcome.stderr
