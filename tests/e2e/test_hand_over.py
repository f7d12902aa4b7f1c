"""`--hand-over` leaves runs to a running daemon: what has not ended at the deadline, or all that was just started."""

from __future__ import annotations

import secrets
import signal
from pathlib import Path
from typing import Any, Callable

import pytest

from conftest import DaemonMaker, SimulatorStarter
from harness.control import SERVED
from harness.daemon import Daemon, config_of, file_sink, ref_of
from harness.process import Api, Runwatch
from harness.raw_server import ClosedPort, Endpoint, RawServer, Request, ok
from harness.run_api import RunApi, answer_of
from harness.simulator import plan_of, scenario_of
from harness.waiting import wait_for

Heir = Callable[..., tuple[Daemon, list[str]]]


@pytest.fixture(name="heir", params=["tcp", "unix"])
def fixture_heir(request: pytest.FixtureRequest, make_daemon: DaemonMaker, tmp_path: Path) -> Heir:
    """Starts a daemon, and returns it with the options that name it."""

    def start(api: Api) -> tuple[Daemon, list[str]]:
        token_file = tmp_path / "private" / "http-token"
        token_file.parent.mkdir(exist_ok=True)
        token_file.write_text(secrets.token_hex(16))
        listen = "127.0.0.1:0" if request.param == "tcp" else f"unix:{tmp_path}/http.sock"
        config = config_of(api, sinks=[file_sink()])
        daemon = make_daemon(config | {"http": {"listen": listen, "token": {"file": str(token_file)}}}).start()
        where = ["--address", daemon.wait_for_line(SERVED)["address"], "--token-file", str(token_file)]
        return daemon, ["--hand-over", *where]

    return start


def test_a_wait_leaves_what_has_not_ended_to_a_daemon(runwatch: Runwatch, run_api: RunApi, heir: Heir) -> None:
    run_api.run("t/slow", "t/slower")
    run_api.end("t/quick")
    daemon, options = heir(run_api)
    outcome = runwatch.wait(run_api, "t/slow", "t/quick", "t/slower", "--timeout", "500ms", "--output", "json", *options)
    assert outcome.code == 124, outcome
    assert [each["type"] for each in outcome.json()] == ["run.unfinished", "run.passed", "run.unfinished"]
    assert f"handed over to the daemon at {options[2]}: 2 runs\n" in outcome.stderr
    run_api.end("t/slow", "t/slower", verdict="failed")
    assert sorted(map(ref_of, daemon.wait_for_results(2))) == ["t/slow", "t/slower"]
    daemon.stop()
    assert len(daemon.results()) == 2, "what the wait reported is its own"


def test_a_wait_that_ends_otherwise_leaves_nothing(runwatch: Runwatch, run_api: RunApi, heir: Heir) -> None:
    run_api.run("t/slow")
    run_api.end("t/quick", verdict="failed")
    daemon, options = heir(run_api)
    outcome = runwatch.wait(run_api, "t/slow", "t/quick", "--fail-fast", *options)
    assert outcome.code == 1 and "handed over" not in outcome.stderr, outcome
    running = runwatch.start_wait(run_api, "t/slow", *options)
    running.wait_for_stderr("t/slow: running")
    running.send(signal.SIGTERM)
    outcome = running.finish()
    assert outcome.code == 143 and "handed over" not in outcome.stderr, outcome
    assert daemon.stop().stderr.count('"t/slow"') == 0


def test_a_run_leaves_what_it_starts_to_a_daemon(runwatch: Runwatch, start_sim: SimulatorStarter, heir: Heir) -> None:
    tests = [plan_of("t", running="300ms"), *(plan_of(name, running="300ms", suite="s") for name in "ab")]
    sim = start_sim(scenario_of(tests=tests))
    daemon, options = heir(sim)
    outcome = runwatch.run_tests(sim, "--test", "t", "--suite", "s", *options)
    assert outcome.code == 0, outcome
    refs = outcome.stdout.splitlines()
    assert [ref.partition("/")[0] for ref in refs] == ["t", "a", "b"]
    assert outcome.stderr == f"runwatch: handed over to the daemon at {options[2]}: 3 runs\n"
    assert sorted(map(ref_of, daemon.wait_for_results(3))) == sorted(refs)
    daemon.stop()


def test_what_is_started_is_handed_over_at_once(runwatch: Runwatch, start_sim: SimulatorStarter, heir: Heir) -> None:
    fault = {"path": "trigger", "on": "2-999", "status": 503}
    sim = start_sim(scenario_of(tests=[plan_of("t", running="300ms")], faults=[fault]))
    daemon, options = heir(sim)
    running = runwatch.start_run(sim, "--test", "t", "--test", "t", "--quiet", *options)
    daemon.wait_for_results(1)
    assert running.process.poll() is None, "the second start is still tried"
    running.send(signal.SIGINT)
    outcome = running.finish()
    assert outcome.code == 130, outcome
    assert outcome.stdout.splitlines() == [ref_of(each) for each in daemon.results()]
    daemon.stop()


def test_the_config_tells_where_the_daemon_is(
    runwatch: Runwatch, run_api: RunApi, make_daemon: DaemonMaker, tmp_path: Path
) -> None:
    run_api.run("t/slow")
    config = config_of(run_api, sinks=[file_sink()]) | {"http": {"listen": f"unix:{tmp_path}/http.sock"}}
    daemon = make_daemon(config).start()
    options = ["--config", str(daemon.config_file), "--hand-over", "--timeout", "300ms"]
    # The daemon has its result file to itself.
    (tmp_path / "ci.yaml").write_text(daemon.config_file.read_text().replace("results.jsonl", "ci.jsonl"))
    options[1] = str(tmp_path / "ci.yaml")
    outcome = runwatch.run("wait", "t/slow", *options)
    assert outcome.code == 124 and "handed over" in outcome.stderr, outcome
    run_api.end("t/slow")
    assert ref_of(daemon.wait_for_results(1)[0]) == "t/slow"
    # What is reported already is not watched again.
    run_api.run("t/slow")
    outcome = runwatch.run("wait", "t/slow", *options)
    assert outcome.code == 124 and "the daemon has reported 1 run of these before" in outcome.stderr, outcome
    daemon.stop()


def a_daemon_that_says(*, post: bytes, phase: str = "ready") -> RawServer:
    """A daemon that stands well, and answers whoever wants runs to be watched with this."""

    def answer(request: Request) -> bytes:
        return post if request.method == "POST" else ok(f'{{"phase":"{phase}"}}')

    return RawServer(answer)


def address_of(server: Endpoint) -> str:
    """Where a server is, as an option has it."""
    return server.base_url.removeprefix("http://").removesuffix("/v2")


def test_a_daemon_that_cannot_be_asked_keeps_all_from_beginning(
    runwatch: Runwatch, start_sim: SimulatorStarter, run_api: RunApi
) -> None:
    sim = start_sim(scenario_of(tests=[plan_of("t")]))
    closed = ClosedPort()
    options = ["--hand-over", "--address", address_of(closed)]
    outcome = runwatch.run_tests(sim, "--test", "t", *options)
    assert outcome.code == 4, outcome
    assert "--hand-over: no daemon can be asked at 127.0.0.1:" in outcome.stderr
    assert "is the daemon running" in outcome.stderr
    assert sim.report()["runs_triggered"] == 0 and outcome.stdout == ""
    assert runwatch.wait(run_api, "t/r", *options).code == 4
    closed.close()
    server = a_daemon_that_says(post=ok("{}"), phase="draining")
    outcome = runwatch.wait(run_api, "t/r", "--hand-over", "--address", address_of(server))
    assert outcome.code == 4 and "is about to end: try again once it is back" in outcome.stderr, outcome
    server.close()
    assert run_api.looks == {}, "nothing was waited for"


def test_a_wrong_token_is_told_before_anything_begins(runwatch: Runwatch, run_api: RunApi, heir: Heir) -> None:
    daemon, options = heir(run_api)
    outcome = runwatch.wait(run_api, "t/r", *options[:3])
    assert outcome.code == 4 and "wants a token" in outcome.stderr, outcome
    outcome = runwatch.wait(run_api, "t/r", *options[:3], env={"RUNWATCH_TOKEN": "wrong" * 8})
    assert outcome.code == 4 and "refuses the token from the variable RUNWATCH_TOKEN" in outcome.stderr, outcome
    assert run_api.looks == {}
    daemon.stop()


def test_a_hand_over_that_fails_says_what_nobody_watches(
    runwatch: Runwatch, run_api: RunApi, start_sim: SimulatorStarter
) -> None:
    run_api.run("t/one", "t/two")
    run_api.end("t/done")
    server = a_daemon_that_says(post=answer_of(400, '{"error": "it is full"}'))
    options = ["--hand-over", "--address", address_of(server)]
    outcome = runwatch.wait(run_api, "t/one", "t/done", "t/two", "--timeout", "300ms", *options, "--quiet")
    assert outcome.code == 4, outcome
    assert "the hand-over failed: it is full; nobody watches these now" in outcome.stderr
    assert outcome.stderr.endswith("runwatch: not watched: t/one\nrunwatch: not watched: t/two\n"), outcome
    sim = start_sim(scenario_of(tests=[plan_of("t")]))
    outcome = runwatch.run_tests(sim, "--test", "t", *options)
    assert outcome.code == 4, outcome
    assert f"not watched: {outcome.stdout}" in outcome.stderr, "the REF was told all the same"
    server.close()


def test_a_daemon_that_is_away_for_a_moment_is_asked_again(runwatch: Runwatch, run_api: RunApi) -> None:
    run_api.run("t/slow")
    posts: list[bytes] = []

    def answer(request: Request) -> bytes:
        if request.method != "POST":
            return ok('{"phase":"ready"}')
        posts.append(request.body)
        return ok('{"watches":[],"already_reported":[]}') if len(posts) > 2 else answer_of(503, '{"error":"starting"}')

    server = RawServer(answer)
    options = ["--hand-over", "--address", address_of(server), "--timeout", "300ms"]
    outcome = runwatch.wait(run_api, "t/slow", *options)
    assert outcome.code == 124 and "handed over" in outcome.stderr, outcome
    assert b'"t/slow"' in posts[-1]
    server.close()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "--test", "t", "--detach", "--hand-over"], 64, "--detach excludes --hand-over"),
        (["run", "--test", "t", "--hand-over", "--any"], 64, "--hand-over waits for no result, so that --any"),
        (["run", "--test", "t", "--hand-over", "--junit", "f"], 64, "--junit"),
        (["run", "--test", "t", "--address", "x:1"], 64, "--address requires --hand-over"),
        (["wait", "t/r", "--token-file", "f"], 64, "--token-file requires --hand-over"),
        (["wait", "t/r", "--hand-over", "--address", "x"], 64, "it has no port"),
        (["wait", "t/r", "--hand-over"], 78, "name it with --address, or its config with --config"),
        (["wait", "t/r", "--hand-over", "--config", "bare.yaml"], 78, "bare.yaml has no `http:`"),
    ],
)
def test_a_hand_over_that_makes_no_sense_is_refused(
    runwatch: Runwatch, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    (tmp_path / "bare.yaml").write_text("telnyx: {}\n")
    outcome = runwatch.run(*arguments, env={"TELNYX_BASE_URL": "https://127.0.0.1:1/v2"})
    assert outcome.code == code and said in outcome.stderr, outcome
