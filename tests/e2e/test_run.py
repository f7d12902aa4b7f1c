"""`runwatch run` starts tests and suites, each once whatever happens, and then waits as `wait` does."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest

from conftest import SimulatorStarter
from harness.process import Outcome, Runwatch
from harness.raw_server import ClosedPort, RawServer, Request
from harness.run_api import answer_of
from harness.simulator import Simulator, plan_of, scenario_of
from harness.waiting import wait_for

Fault = dict[str, Any]

#: A deadline may take so long to be kept, and everything else a little on a busy machine.
SLACK = 6.0

STARTED = re.compile(r"^\d\d:\d\d:\d\d (\S+/\S+): started, running$", re.MULTILINE)


def scenario_with(*tests: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A scenario in which these tests exist, and no other."""
    return scenario_of(tests=list(tests), **more)


def refs_of(outcome: Outcome) -> list[str]:
    """The runs in a JSON output, in its order."""
    runs = [each["data"]["run"] for each in outcome.json()]
    return [f"{run['test_id']}/{run['run_id']}" for run in runs]


def names_of(outcome: Outcome) -> list[str]:
    """The tests of these runs."""
    return [ref.partition("/")[0] for ref in refs_of(outcome)]


def posts(sim: Simulator) -> int:
    """How many triggers were answered."""
    return sum(method == "POST" for method, _, _ in sim.requests())


@pytest.fixture
def closed_port() -> Iterator[ClosedPort]:
    """An address where nobody listens."""
    port = ClosedPort()
    yield port
    port.close()


@pytest.mark.parametrize(("verdict", "code"), [("passed", 0), ("failed", 1), ("error", 2)])
def test_a_verdict_is_an_exit_code(runwatch: Runwatch, start_sim: SimulatorStarter, verdict: str, code: int) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="300ms", verdict=verdict)))
    outcome = runwatch.run_tests(sim, "--test", "t")
    assert outcome.code == code, outcome
    assert outcome.stdout.splitlines()[-1] == f"{verdict}: 1 run, 1 {verdict}"
    (ref,) = STARTED.findall(outcome.stderr)
    assert ref in outcome.stdout
    assert sim.report()["runs_triggered"] == 1


def test_a_suite_starts_each_of_its_tests(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    tests = [plan_of(name, running="300ms", suite="night shift / 1") for name in "abc"]
    sim = start_sim(scenario_with(*tests, plan_of("d")))
    outcome = runwatch.run_tests(sim, "--suite", "night shift / 1", "--output", "json")
    assert outcome.code == 0, outcome
    assert sorted(names_of(outcome)) == ["a", "b", "c"]
    assert "/ai/assistants/tests/test-suites/night%20shift%20%2F%201/runs" in sim.requests()[0][1]


def test_results_come_in_the_order_of_the_command_line(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    tests = [plan_of("a"), plan_of("b", suite="s"), plan_of("c", suite="s"), plan_of("d")]
    slow = {"path": "trigger", "on": 1, "status": 503}
    sim = start_sim(scenario_with(*tests, faults=[slow]))
    options = ["--test", "d", "--suite", "s", "--test", "a", "--test", "d"]
    outcome = runwatch.run_tests(sim, *options, "--output", "json")
    assert outcome.code == 0, outcome
    assert names_of(outcome) == ["d", "b", "c", "a", "d"]
    assert len(set(refs_of(outcome))) == 5, "a test that is named twice is run twice"


def test_the_version_is_passed_on(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t", suite="s"), versions=["v 1"]))
    assert runwatch.run_tests(sim, "--test", "t", "--suite", "s", "--version", "v 1").code == 0
    outcome = runwatch.run_tests(sim, "--test", "t", "--version", "v2")
    assert outcome.code == 4, outcome
    assert "the test t was not started: the API refused the request (HTTP 400" in outcome.stderr
    assert 'check the version, "v2"' in outcome.stderr


@pytest.mark.parametrize(
    "fault",
    [
        {"close": "before"},
        {"close": "headers"},
        {"close": "body"},
        {"reset": True},
        {"reset": "body"},
        {"body": "truncated"},
        {"body": "garbage"},
        {"body": "html"},
        {"body": "empty"},
        {"status": 500, "carried_out": True},
        {"status": 502, "body": "html", "carried_out": True},
        {"status": 503},
        {"status": 408},
        {"status": 409},
        {"status": 409, "carried_out": True},
        {"status": 404, "body": "html"},
        {"status": 429, "headers": {"retry-after-ms": "300"}},
        {"status": 422, "headers": {"x-should-retry": "true"}},
        {"redirect": "/elsewhere"},
    ],
    ids=lambda fault: "-".join(f"{key}-{value}" for key, value in fault.items()),
)
def test_a_start_that_is_tried_again_starts_one_run(
    runwatch: Runwatch, start_sim: SimulatorStarter, fault: Fault
) -> None:
    sim = start_sim(scenario_with(plan_of("t"), faults=[{"path": "trigger", "on": 1} | fault]))
    outcome = runwatch.run_tests(sim, "--test", "t", "--output", "json")
    assert outcome.code == 0, outcome
    assert "the test t could not be started: " in outcome.stderr
    assert "; tried again in " in outcome.stderr
    report = sim.report()
    assert (report["runs_triggered"], report["idempotency_keys"]) == (1, 1)
    assert report["endpoints"]["trigger_run"] == 2
    assert len(outcome.json()) == 1


def test_a_suite_whose_answer_is_lost_is_started_once(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    tests = [plan_of(name, suite="s") for name in "abc"]
    sim = start_sim(scenario_with(*tests, faults=[{"path": "trigger_suite", "on": "1-3", "close": "before"}]))
    outcome = runwatch.run_tests(sim, "--suite", "s", "--output", "json")
    assert outcome.code == 0, outcome
    assert len(outcome.json()) == 3
    report = sim.report()
    assert (report["runs_triggered"], report["triggers_replayed"], report["idempotency_keys"]) == (3, 3, 1)


def test_an_answer_that_is_waited_for_too_short_is_asked_for_again(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    sim = start_sim(scenario_with(plan_of("t"), faults=[{"path": "trigger", "on": 1, "delay": "2500ms"}]))
    config = tmp_path / "impatient.yaml"
    config.write_text("telnyx: {timeout: 1s}\n")
    outcome = runwatch.run_tests(sim, "--test", "t", "--config", str(config))
    assert outcome.code == 0, outcome
    report = sim.report()
    assert report["answers"]["409"] >= 1, "while the first is in progress"
    assert (report["runs_triggered"], report["idempotency_keys"]) == (1, 1)


def test_each_start_has_a_key_of_its_own(runwatch: Runwatch) -> None:
    def answer(request: Request) -> bytes:
        if request.method == "POST":
            return answer_of(201, json.dumps({"run_id": str(len(server.requests)), "status": "pending"}))
        return answer_of(200, json.dumps({"run_id": request.target.rpartition("/")[2], "status": "passed"}))

    server = RawServer(answer)
    for _ in range(2):
        assert runwatch.run_tests(server, "--test", "t", "--test", "t").code == 0
    server.close()
    sent = [request.headers for request in server.requests if request.method == "POST"]
    keys = {headers["idempotency-key"] for headers in sent}
    assert len(keys) == len(sent) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{20,255}", key) for key in keys)
    assert {headers["content-length"] for headers in sent} == {"0"}


@pytest.mark.parametrize(
    ("options", "fault", "said"),
    [
        (["--test", "x"], {}, "the test x was not started: the API knows no such test (HTTP 404, code 10005"),
        (["--suite", "x"], {}, 'the suite "x" was not started: the API knows no such suite (HTTP 404, code 10005'),
        (["--suite", "empty"], {}, 'the suite "empty" was not started: there is no test in it'),
        (["--test", "t"], {"status": 401}, "the test t was not started: the API refused the key (HTTP 401, code 10009"),
        (["--test", "t"], {"status": 403}, "the API does not let this key start it (HTTP 403, code 10010"),
        (["--test", "t"], {"detail_422": True}, "the API refused the request (HTTP 422, run_id: Input should be"),
        (["--test", "t"], {"status": 503, "headers": {"x-should-retry": "false"}}, "asks not to be asked again"),
    ],
)
def test_what_is_refused_for_good_is_4_at_once(
    runwatch: Runwatch, start_sim: SimulatorStarter, options: list[str], fault: Fault, said: str
) -> None:
    faults = [{"path": ["trigger", "trigger_suite"]} | fault] if fault else []
    sim = start_sim(scenario_with(plan_of("t"), suites=["empty"], faults=faults))
    outcome = runwatch.run_tests(sim, *options)
    assert outcome.code == 4, outcome
    assert said in outcome.stderr
    assert outcome.stderr.endswith("runwatch: 1 of 1 start refused\n")
    assert outcome.stdout == "unwatchable: no run is known to have started\n"
    assert (posts(sim), sim.report()["runs_triggered"]) == (1, 0)


def test_another_key_than_the_api_knows_is_4(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t")))
    outcome = runwatch.run_tests(sim, "--test", "t", env={"TELNYX_API_KEY": "somebody-elses"})
    assert outcome.code == 4, outcome
    assert "check that the API key is valid" in outcome.stderr


def test_what_was_started_is_waited_for_when_another_start_is_refused(
    runwatch: Runwatch, start_sim: SimulatorStarter
) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="500ms", verdict="failed")))
    outcome = runwatch.run_tests(sim, "--test", "x", "--test", "t", "--output", "json")
    assert outcome.code == 4, outcome
    assert [each["type"] for each in outcome.json()] == ["run.failed"]
    assert "runwatch: 1 of 2 starts refused\n" in outcome.stderr


def test_fail_fast_returns_when_a_start_is_refused(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="1h")))
    outcome = runwatch.run_tests(sim, "--test", "t", "--test", "x", "--fail-fast", "--output", "json")
    assert outcome.code == 4, outcome
    assert [each["type"] for each in outcome.json()] == ["run.unfinished"]


def test_fail_fast_hears_out_what_is_being_started(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    late = {"path": "trigger", "on": 1, "delay": "700ms"}
    sim = start_sim(scenario_with(plan_of("t", running="1h"), faults=[late]))
    outcome = runwatch.run_tests(sim, "--test", "t", "--test", "x", "--fail-fast", "--output", "json")
    assert outcome.code == 4, outcome
    assert names_of(outcome) == ["t"]


def test_any_does_not_wait_for_a_start_that_is_refused(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="300ms"), plan_of("u", running="1h")))
    outcome = runwatch.run_tests(sim, "--test", "x", "--test", "t", "--test", "u", "--any")
    assert outcome.code == 0, outcome


def test_a_run_is_waited_for_while_another_start_fails(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    down = {"path": "trigger", "on": "2-", "status": 503}
    sim = start_sim(scenario_with(plan_of("t", running="500ms", verdict="failed"), faults=[down]))
    outcome = runwatch.run_tests(sim, "--test", "t", "--test", "t", "--fail-fast", "--output", "jsonl")
    assert outcome.code == 1, outcome
    assert [each["type"] for each in outcome.json_lines()] == ["run.failed"]
    assert "the test t may have been started, but no answer says so: the API failed (HTTP 503" in outcome.stderr


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (answer_of(200, "<html>sign in</html>", "text/html"), "the API's answer is an HTML page (HTTP 200)"),
        (answer_of(201, "{}"), "its run_id is missing"),
        (answer_of(202), "it is empty"),
        (answer_of(201, "[]"), "it names no run"),
        (answer_of(201, '{"run_id":"../../etc"}'), ""),
        (answer_of(201, '{"run_id":"r","test_id":"other"}'), "it is about another test, other"),
    ],
)
def test_an_odd_answer_is_never_a_success(runwatch: Runwatch, answer: bytes, said: str) -> None:
    server = RawServer(lambda request: answer if request.method == "POST" else answer_of(404, "{}"))
    outcome = runwatch.run_tests(server, "--test", "t", "--not-found-grace", "0s")
    server.close()
    assert outcome.code == 4, outcome
    if said:
        assert "the test t may have been started, but cannot be watched: " in outcome.stderr
        assert said in outcome.stderr
        assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
        assert len(server.requests) == 3


def test_an_api_that_cannot_be_reached_is_5(runwatch: Runwatch, closed_port: ClosedPort) -> None:
    outcome = runwatch.run_tests(closed_port, "--test", "t", "--suite", "s", "--timeout", "700ms", "--output", "json")
    assert outcome.code == 5, outcome
    assert outcome.seconds < 0.7 + SLACK
    assert outcome.json() == []
    assert "the deadline came, after 700 ms, with 2 of 2 starts not known to have been made" in outcome.stderr
    assert "Connection refused" in outcome.stderr


def test_an_api_that_hangs_is_5_and_on_time(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t"), faults=[{"path": "trigger", "hang": True}]))
    outcome = runwatch.run_tests(sim, "--test", "t", "--timeout", "1s")
    assert outcome.code == 5, outcome
    assert outcome.seconds < 1 + SLACK
    assert "the test t may have been started, but no answer says so" in outcome.stderr
    assert sim.report()["idempotency_keys"] == 1


def test_an_api_that_never_gets_well_is_5(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t"), faults=[{"path": "trigger", "status": 503}]))
    outcome = runwatch.run_tests(sim, "--test", "t", "--timeout", "1s")
    assert outcome.code == 5, outcome
    assert "and the API not answering as it should: the API failed (HTTP 503" in outcome.stderr


def test_an_api_that_asks_to_slow_down_for_long_is_5(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    limit = {"requests": 0, "window": "1h", "headers": False, "retry_after": True}
    sim = start_sim(scenario_with(plan_of("t"), rate_limit=limit))
    outcome = runwatch.run_tests(sim, "--test", "t", "--timeout", "1s")
    assert outcome.code == 5, outcome
    assert "the test t was not started: the API asks to slow down" in outcome.stderr
    assert posts(sim) == 1


def test_a_run_that_goes_on_at_the_deadline_is_124(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="1h")))
    outcome = runwatch.run_tests(sim, "--test", "t", "--timeout", "1s")
    assert outcome.code == 124, outcome
    assert "with 1 of 1 run unfinished; allow more with --timeout" in outcome.stderr


def test_the_start_tells_as_much_as_a_first_look(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="300ms")))
    outcome = runwatch.run_tests(sim, "--test", "t", "--interval", "1h", "--timeout", "1s", "--output", "json")
    assert outcome.code == 0, outcome
    (ref,) = refs_of(outcome)
    assert sim.polls(ref) == 1, "the last look"


def test_an_unknown_status_at_the_start_is_told(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    phases = [{"status": "queued\x1b[2J", "for": "300ms"}]
    sim = start_sim(scenario_with(plan_of("t") | {"phases": phases}))
    outcome = runwatch.run_tests(sim, "--test", "t")
    assert outcome.code == 0, outcome
    assert outcome.stderr.count('not in its description, "queued?[2J"') == 1
    assert "\x1b" not in outcome.stderr


def test_starts_keep_to_ten_requests_a_second(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t")))
    outcome = runwatch.run_tests(sim, *["--test", "t"] * 15, "--detach")
    assert outcome.code == 0, outcome
    assert outcome.seconds >= 1.4
    assert len(outcome.stdout.splitlines()) == 15


def test_detach_prints_what_was_started_and_leaves(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    tests = [plan_of("t", running="1h"), *(plan_of(name, running="1h", suite="s") for name in "ab")]
    sim = start_sim(scenario_with(*tests))
    outcome = runwatch.run_tests(sim, "--detach", "--test", "t", "--suite", "s", env={"GITHUB_ACTIONS": "true"})
    assert (outcome.code, outcome.stderr) == (0, "")
    refs = outcome.stdout.splitlines()
    assert [ref.partition("/")[0] for ref in refs] == ["t", "a", "b"]
    assert sim.report()["requests"] == 2


def test_what_detach_prints_can_be_waited_for(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="500ms", verdict="failed")))
    refs = runwatch.run_tests(sim, "--detach", "--test", "t", "--test", "t").stdout
    with subprocess.Popen(["printf", "%s", refs], stdout=subprocess.PIPE) as feeder:
        outcome = runwatch.wait(sim, "-", "--output", "json", stdin=feeder.stdout)
    assert outcome.code == 1, outcome
    assert refs_of(outcome) == refs.splitlines()


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_detach_prints_what_the_api_said_as_json(runwatch: Runwatch, start_sim: SimulatorStarter, output: str) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="1h"), plan_of("u", suite="s")))
    outcome = runwatch.run_tests(sim, "--detach", "--test", "t", "--suite", "s", "--output", output)
    assert (outcome.code, outcome.stderr) == (0, "")
    results = outcome.json() if output == "json" else outcome.json_lines()
    assert [each["type"] for each in results] == ["run.unfinished"] * 2
    assert {each["data"]["reason"] for each in results} == {"not waited for, as --detach says"}
    assert results[0]["data"]["run"]["status"] == "running"


def test_detach_says_what_it_could_not_start(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t")))
    outcome = runwatch.run_tests(sim, "--detach", "--test", "x", "--test", "t")
    assert outcome.code == 4, outcome
    assert outcome.stdout.startswith("t/")
    assert "the test x was not started: " in outcome.stderr
    faults = [{"path": "trigger", "status": 503}]
    outcome = runwatch.run_tests(start_sim(scenario_with(faults=faults)), "--detach", "--test", "t", "--timeout", "1s")
    assert outcome.code == 5, outcome
    assert "with 1 of 1 start not known to have been made and the API not answering" in outcome.stderr


def test_detach_to_a_full_disk_is_3(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t")))
    with open("/dev/full", "wb") as full:
        outcome = runwatch.run_tests(sim, "--detach", "--test", "t", stdout=full)
    assert outcome.code == 3, outcome


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_amid_the_starts_tells_what_was_started(
    runwatch: Runwatch, start_sim: SimulatorStarter, number: signal.Signals, code: int
) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="1h"), faults=[{"path": "trigger", "on": 2, "hang": True}]))
    options = ["--test", "t", "--test", "t", "--test", "x"]
    running = runwatch.start_run(sim, *options, "--output", "json")
    running.wait_for_stderr(": started, running")
    wait_for("the second trigger", lambda: sim.report()["endpoints"]["trigger_run"] >= 2)
    running.send(number)
    outcome = running.finish(ceiling=20)
    assert outcome.code == code, outcome
    (ref,) = STARTED.findall(outcome.stderr)
    assert refs_of(outcome) == [ref]
    assert "the test t may have been started, but no answer says so" in outcome.stderr


def test_a_signal_does_not_lose_an_answer_that_comes_soon(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="1h"), faults=[{"path": "trigger", "delay": "800ms"}]))
    running = runwatch.start_run(sim, "--test", "t", "--output", "json")
    wait_for("the trigger", lambda: sim.report()["endpoints"]["trigger_run"] >= 1)
    running.send(signal.SIGINT)
    outcome = running.finish()
    assert outcome.code == 130, outcome
    assert names_of(outcome) == ["t"]
    assert STARTED.findall(outcome.stderr) == refs_of(outcome)


def test_a_second_signal_ends_at_once(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t"), faults=[{"path": "trigger", "hang": True}]))
    running = runwatch.start_run(sim, "--test", "t")
    wait_for("the trigger", lambda: sim.report()["endpoints"]["trigger_run"] >= 1)
    running.send(signal.SIGINT)
    wait_for("it to listen no more", lambda: is_default(running.process.pid, signal.SIGINT))
    running.send(signal.SIGINT)
    assert running.finish(ceiling=10).code == -signal.SIGINT


def is_default(pid: int, number: signal.Signals) -> bool:
    """Tells whether a process leaves a signal to the system."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^SigCgt:\s*([0-9a-f]+)", status, re.MULTILINE)
    return found is not None and not int(found[1], 16) >> (number - 1) & 1


def test_quiet_still_says_what_was_started(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="300ms")))
    outcome = runwatch.run_tests(sim, "--test", "t", "--quiet")
    assert (outcome.code, outcome.stdout) == (0, "passed: 1 run, 1 passed\n")
    assert re.fullmatch(r"runwatch: started t/\S+\n", outcome.stderr)


def test_json_lines_come_as_runs_end(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_with(plan_of("slow", running="800ms"), plan_of("fast", running="100ms")))
    outcome = runwatch.run_tests(sim, "--test", "slow", "--test", "fast", "--output", "jsonl")
    assert [each["data"]["run"]["test_id"] for each in outcome.json_lines()] == ["fast", "slow"]


def test_the_github_output_annotates_what_was_not_started(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="300ms")))
    summary = tmp_path / "summary.md"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    outcome = runwatch.run_tests(sim, "--test", "t", "--test", "x", env=env)
    assert outcome.code == 4, outcome
    assert "::error title=not started::the test x was not started: the API knows no such test" in outcome.stdout
    assert "::notice title=run passed::t/" in outcome.stdout
    assert "unwatchable: 1 run, 1 passed" in outcome.stdout
    assert "| passed |" in summary.read_text()


def test_results_go_to_sinks_too(runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path) -> None:
    sim = start_sim(scenario_with(plan_of("t", running="300ms")))
    config = tmp_path / "runwatch.yaml"
    config.write_text(f"sinks: [{{name: results, type: file, path: {tmp_path}/results.jsonl}}]\n")
    outcome = runwatch.run_tests(sim, "--test", "t", "--config", str(config), "--require-delivery", "results")
    assert outcome.code == 0, outcome
    (line,) = (tmp_path / "results.jsonl").read_text().splitlines()
    assert json.loads(line)["type"] == "run.passed"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name what to run with --test TEST_ID or --suite NAME"),
        (["--version", "v"], "name what to run with --test TEST_ID or --suite NAME"),
        (["t/r"], "t/r"),
        (["--test", "t", "u"], "u"),
        (["--test", "t/r"], '"t/r" does not name a test: write its TEST_ID alone'),
        (["--test", ""], "its id is missing"),
        (["--test", ".."], 'must not be "." or ".."'),
        (["--test", "a b"], "white space"),
        (["--test"], "--test"),
        (["--suite", " "], "--suite"),
        (["--suite", "a\x1bb"], "control character"),
        (["--test", "t", "--version", ""], "--version"),
        (["--test", "t", "--detach", "--any"], "--detach waits for no result, so that --any cannot be kept"),
        (["--test", "t", "--detach", "--junit", "f"], "--junit"),
        (["--test", "t", "--detach", "--require-delivery", "x"], "--require-delivery"),
        (["--test", "t", "--timeout", "30"], '"30" is no duration'),
    ],
)
def test_wrong_usage_is_64_and_starts_nothing(runwatch: Runwatch, arguments: list[str], said: str) -> None:
    outcome = runwatch.run("run", *arguments, env={"TELNYX_BASE_URL": "https://127.0.0.1:1/v2"})
    assert outcome.code == 64, outcome
    assert said in outcome.stderr
    assert "\x1b" not in outcome.stderr
    assert outcome.stdout == ""


def test_a_wrong_configuration_is_78_and_starts_nothing(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    sim = start_sim(scenario_with(plan_of("t")))
    assert runwatch.run_tests(sim, "--test", "t", env={"TELNYX_API_KEY": ""}).code == 78
    assert runwatch.run_tests(sim, "--test", "t", "--junit", str(tmp_path / "no" / "where.xml")).code == 78
    assert sim.report()["requests"] == 0


def options_in(help_text: str) -> set[str]:
    """The long options that a help lists."""
    return set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", help_text, re.MULTILINE))


def test_the_help_lists_the_options_of_wait_and_its_own(runwatch: Runwatch) -> None:
    run, wait = (runwatch.run(command, "--help", env={"TELNYX_API_KEY": ""}) for command in ("run", "wait"))
    assert (run.code, run.stderr) == (0, "")
    assert options_in(run.stdout) - options_in(wait.stdout) == {"--test", "--suite", "--version", "--detach"}
    assert options_in(wait.stdout) - options_in(run.stdout) == set()
    page = Path(__file__).parents[2] / "docs" / "run.md"
    assert all(f"`{option}" in page.read_text() for option in ("--test", "--suite", "--version", "--detach"))
