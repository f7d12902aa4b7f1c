"""Requests keep to the API's description, and its answers are understood, by the judgement of a third party."""

from __future__ import annotations

import copy
from typing import Any, Callable, Iterator

import pytest

from harness import prism
from harness.prism import Prism
from harness.process import Runwatch

PATH = "/ai/assistants/tests/{test_id}/runs/{run_id}"
#: The ids of the description's own example, of a run that goes on.
EXAMPLE = "123e4567-e89b-12d3-a456-426614174000/987fcdeb-51a2-43d1-b456-426614174000"
STATUSES = ("pending", "starting", "running", "passed", "failed", "error")

Serve = Callable[[dict[str, Any]], Prism]


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts a Prism for a description. They end with the last test."""
    executable = prism.install(tmp_path_factory.mktemp("npm"))
    directory = tmp_path_factory.mktemp("prism")
    running: list[Prism] = []

    def start(served: dict[str, Any]) -> Prism:
        running.append(Prism(executable, directory / str(len(running)), served))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture(scope="module")
def as_described(serve: Serve) -> Prism:
    """The description as it is."""
    return serve(prism.description())


def example_of(operation: dict[str, Any]) -> dict[str, Any]:
    """The part of an operation's description that holds the example of its answer."""
    found: dict[str, Any] = operation["get"]["responses"]["200"]["content"]["application/json"]
    return found


@pytest.fixture(scope="module")
def with_verdicts(serve: Serve) -> Prism:
    """The description with a run for each status, which is part of its id."""
    served = prism.description()
    for status in STATUSES:
        operation = copy.deepcopy(served["paths"][PATH])
        operation["get"]["operationId"] = f"retrieve_{status}_run"
        operation["get"]["parameters"] = []
        run_id = run_id_of(status)
        shown = example_of(operation)
        shown["example"] = {**shown["example"], "status": status, "run_id": run_id}
        served["paths"][PATH.replace("{test_id}", status).replace("{run_id}", run_id)] = operation
    return serve(served)


def ref_of(status: str) -> str:
    """The REF of the run with a status."""
    return f"{status}/{run_id_of(status)}"


def run_id_of(status: str) -> str:
    """The id of the run with a status."""
    return f"00000000-0000-4000-8000-{STATUSES.index(status):012}"


def test_requests_keep_to_the_description(runwatch: Runwatch, as_described: Prism) -> None:
    outcome = runwatch.wait(as_described, EXAMPLE, "--timeout", "1s")
    assert outcome.code == 124, outcome
    assert "did not pass the validation rules" not in as_described.log()
    assert "failed" not in outcome.stderr


def test_zeros_in_the_rate_limit_headers_stall_nothing(runwatch: Runwatch, as_described: Prism) -> None:
    before = as_described.requests()
    runwatch.wait(as_described, EXAMPLE, "--timeout", "2s", "--interval", "200ms")
    assert as_described.requests() - before >= 5


def test_an_answer_about_another_run_is_no_verdict(runwatch: Runwatch, as_described: Prism) -> None:
    outcome = runwatch.wait(as_described, "some/other", "--timeout", "1s")
    assert outcome.code == 5, outcome
    assert "it is about another run" in outcome.stderr


@pytest.mark.parametrize(
    ("status", "code"),
    [("passed", 0), ("failed", 1), ("error", 2), ("pending", 124), ("starting", 124), ("running", 124)],
)
def test_each_status_means_what_it_says(runwatch: Runwatch, with_verdicts: Prism, status: str, code: int) -> None:
    outcome = runwatch.wait(with_verdicts, ref_of(status), "--timeout", "1s", "--output", "json")
    assert outcome.code == code, outcome
    (result,) = outcome.json()
    assert result["type"] == f"run.{status if code < 3 else 'unfinished'}"
    assert result["data"]["run"]["status"] == status


def test_several_verdicts_come_out_right(runwatch: Runwatch, with_verdicts: Prism) -> None:
    outcome = runwatch.wait(with_verdicts, *map(ref_of, ("passed", "failed", "error")), "--output", "json")
    assert outcome.code == 2, outcome
    assert [each["type"] for each in outcome.json()] == ["run.passed", "run.failed", "run.error"]


def test_a_refused_key_is_4_however_it_is_said(runwatch: Runwatch, serve: Serve) -> None:
    served = prism.description()
    # Our bearer then is the wrong kind of key, and without an answer of the API's own Prism says so as problem+json.
    served["components"]["securitySchemes"]["bearerAuth"] = {"type": "http", "scheme": "basic"}
    del served["paths"][PATH]["get"]["responses"]["401"]
    api = serve(served)
    outcome = runwatch.wait(api, EXAMPLE)
    assert outcome.code == 4, outcome
    assert "the API refused the key (HTTP 401, Invalid security scheme used" in outcome.stderr
    assert api.requests() == 1


def test_a_path_that_is_not_there_is_4_after_the_grace_period(runwatch: Runwatch, serve: Serve) -> None:
    served = prism.description()
    del served["paths"][PATH]
    outcome = runwatch.wait(serve(served), EXAMPLE, "--not-found-grace", "0s")
    assert outcome.code == 4, outcome
    assert "HTTP 404" in outcome.stderr


def test_starts_keep_to_the_description(runwatch: Runwatch, as_described: Prism) -> None:
    before = as_described.requests()
    test_id = EXAMPLE.partition("/")[0]
    for version in ([], ["--version", "123e4567-e89b-12d3-a456-426614174000"]):
        outcome = runwatch.run_tests(as_described, "--test", test_id, *version, "--detach")
        assert (outcome.code, outcome.stdout) == (0, f"{EXAMPLE}\n"), outcome
        outcome = runwatch.run_tests(as_described, "--suite", "night shift", *version, "--detach")
        assert outcome.code == 0 and "/" in outcome.stdout, outcome
    assert as_described.requests() - before == 4
    assert "did not pass the validation rules" not in as_described.log()
