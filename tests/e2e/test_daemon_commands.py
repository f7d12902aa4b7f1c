"""The commands that ask a running daemon: watch, explain, deliveries --address, reload and healthcheck."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import DaemonMaker, ReceiverStarter
from harness.daemon import Daemon, config_of, file_sink, ref_of, webhook_sink
from harness.process import Outcome, Runwatch
from harness.raw_server import RawServer
from harness.receiver import Answer
from harness.run_api import RunApi, answer_of
from harness.waiting import wait_for


def a_free_port() -> int:
    """A port that nobody has at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Served:
    """A daemon with a control API, and the commands that ask it."""

    daemon: Daemon
    runwatch: Runwatch
    address: str
    token: str

    def ask(self, *arguments: str, **options: Any) -> Outcome:
        """Runs a command with the daemon's config."""
        return self.runwatch.run(*arguments, "--config", str(self.daemon.config_file), **options)

    def ask_at_address(self, *arguments: str, **options: Any) -> Outcome:
        """Runs a command with the daemon's address and token, and no config."""
        environment = {"RUNWATCH_TOKEN": self.token}
        return self.runwatch.run(*arguments, "--address", self.address, env=environment, **options)

    def json(self, *arguments: str) -> Any:
        """What a command prints as JSON."""
        outcome = self.ask(*arguments, "--json")
        assert (outcome.code, outcome.stderr) == (0, ""), outcome
        return outcome.json()


def serve(make_daemon: DaemonMaker, runwatch: Runwatch, config: dict[str, Any], directory: Path, how: str) -> Served:
    """Starts a daemon with a control API of a kind."""
    address = f"unix:{directory}/http.sock" if how == "unix" else f"127.0.0.1:{a_free_port()}"
    token = secrets.token_hex(16)
    token_file = directory / "private" / "http-token"
    token_file.parent.mkdir(exist_ok=True)
    token_file.write_text(token + "\n")
    config["http"] = {"listen": address, "token": {"file": str(token_file)}}
    return Served(make_daemon(config).start(), runwatch, address, token)


@pytest.fixture(name="served", params=["tcp", "unix"])
def fixture_served(
    request: pytest.FixtureRequest, make_daemon: DaemonMaker, run_api: RunApi, runwatch: Runwatch, tmp_path: Path
) -> Served:
    """A daemon that watches one run, over TCP and over a unix socket."""
    run_api.run("t/config")
    return serve(make_daemon, runwatch, config_of(run_api, watch=["t/config"], sinks=[file_sink()]), tmp_path, request.param)


def refs(watches: list[dict[str, Any]]) -> list[str]:
    """The runs of watches."""
    return [f"{each['test_id']}/{each['run_id']}" for each in watches]


def test_watches_are_added_listed_and_removed(served: Served, run_api: RunApi) -> None:
    run_api.run("t/one", "t/two", "u/three")
    outcome = served.ask("watch", "add", "--label", "branch=main", "--label", "by=me", "t/one", "t/two")
    assert (outcome.code, outcome.stderr) == (0, ""), outcome
    assert "t/one\n" in outcome.stdout and "branch=main, by=me\n" in outcome.stdout and "2 runs\n" in outcome.stdout
    url = f"{run_api.base_url}/ai/assistants/tests/u/runs/three"
    with open(served.daemon.directory / "refs", "w+", encoding="utf-8") as lines:
        lines.write(f"# from a file\n{url}\n\n")
        lines.seek(0)
        outcome = served.ask("watch", "add", "--sink", "file", "--json", "-", stdin=lines)
    assert outcome.code == 0, outcome
    assert refs(outcome.json()["watches"]) == ["u/three"] and outcome.json()["already_reported"] == []
    assert refs(served.json("watch", "list")) == ["t/config", "t/one", "t/two", "u/three"]
    assert refs(served.json("watch", "list", "--test", "u")) == ["u/three"]
    wait_for("a look at it", lambda: run_api.looks.get("u/three"))
    assert [each["labels"] for each in served.json("watch", "list", "--test", "t")][1] == {"branch": "main", "by": "me"}
    outcome = served.ask("watch", "list")
    assert "t/config" in outcome.stdout and "4 runs\n" in outcome.stdout
    outcome = served.ask("watch", "remove", "t/two", url)
    assert outcome.code == 0 and outcome.stdout == "t/two is not watched any more\nu/three is not watched any more\n", outcome
    # What only the config wants, and what nobody does; the rest is done all the same.
    outcome = served.ask("watch", "remove", "t/config", "t/none", "t/one")
    assert outcome.code == 64 and outcome.stdout == "t/one is not watched any more\n", outcome
    assert "wants the run t/config, not the API" in outcome.stderr and "the run t/none is not watched" in outcome.stderr, outcome
    outcome = served.ask("watch", "add", "t/config")
    assert outcome.code == 0, outcome
    assert served.ask("watch", "remove", "t/config").stdout == "t/config is watched on: the config wants it, too\n"
    run_api.end("t/config")
    served.daemon.wait_for_results(1)
    outcome = served.ask("watch", "add", "t/config")
    assert outcome.code == 0 and "t/config is not watched: it was reported before" in outcome.stderr, outcome
    assert served.ask("watch", "list").stdout == "no runs are watched\n"
    served.daemon.stop()


def test_many_runs_are_added_at_once(served: Served, run_api: RunApi) -> None:
    many = [f"m/{number:04}" for number in range(1200)]
    run_api.run(*many)
    assert len(served.json("watch", "add", *many)["watches"]) == len(many)
    assert refs(served.json("watch", "list", "--test", "m")) == many
    served.daemon.stop()


def test_what_makes_no_sense_is_wrong_usage(served: Served) -> None:
    for arguments, why in (
        (("watch", "add", "--sink", "fax", "t/r"), "fax"),
        (("watch", "add", "t"), "write TEST_ID/RUN_ID"),
        (("watch", "add", "t/r", "t/r/x"), "more than one"),
        (("watch", "add", "https://elsewhere.example/v2/ai/assistants/tests/t/runs/r"), "base URL"),
        (("watch", "add", "--label", "x", "t/r"), "write NAME=TEXT"),
        (("watch", "add"), "REF"),
        (("explain", "t/none"), "t/none"),
        (("deliveries", "retry", "99", "--address", served.address), "99"),
        (("watch", "list", "--address", "https://127.0.0.1:1"), "has no TLS"),
        (("watch", "list", "--address", "127.0.0.1"), "it has no port"),
    ):
        outcome = served.ask(*arguments, env={"RUNWATCH_TOKEN": served.token})
        assert outcome.code == 64 and why in outcome.stderr and outcome.stdout == "", outcome
    assert refs(served.json("watch", "list")) == ["t/config"]
    served.daemon.stop()


def test_the_token_comes_from_where_it_is_said(served: Served, tmp_path: Path) -> None:
    assert served.ask_at_address("watch", "list").code == 0
    token_file = tmp_path / "private" / "http-token"
    outcome = served.runwatch.run("watch", "list", "--address", served.address, "--token-file", str(token_file))
    assert outcome.code == 0, outcome
    outcome = served.runwatch.run("watch", "list", "--address", served.address)
    assert outcome.code == 1 and "wants a token" in outcome.stderr and "RUNWATCH_TOKEN" in outcome.stderr, outcome
    wrong = "not-the-token-at-all"
    outcome = served.ask("watch", "list", env={"RUNWATCH_TOKEN": wrong})
    assert outcome.code == 1 and "refuses the token from the variable RUNWATCH_TOKEN" in outcome.stderr, outcome
    assert wrong not in outcome.stderr + outcome.stdout and served.token not in outcome.stderr
    outcome = served.ask("watch", "list", "--token-file", str(tmp_path / "none"))
    assert outcome.code == 78 and "none" in outcome.stderr, outcome
    served.daemon.stop()


def test_explain_tells_what_happened(
    served: Served, run_api: RunApi, make_daemon: DaemonMaker
) -> None:
    run_api.run("t/x", status="pending")
    assert served.ask("watch", "add", "t/x").code == 0
    wait_for("a look at it", lambda: run_api.looks.get("t/x"))
    run_api.end("t/x", verdict="failed")
    served.daemon.wait_for_results(1)
    outcome = served.ask("explain", "t/x")
    assert (outcome.code, outcome.stderr) == (0, ""), outcome
    for text in ("t/x\n  failed, detected ", "status  ", "pending", "poll  ", "; the last look", "result  ", "file delivered"):
        assert text in outcome.stdout, (text, outcome)
    told = served.json("explain", "t/x")
    assert told["polls"] and told["polls_kept_since"] and told["result"]["type"] == "run.failed", told
    assert served.ask_at_address("explain", "t/x").stdout == outcome.stdout
    served.daemon.stop()
    # The state knows all but the looks.
    outcome = served.ask("explain", f"{run_api.base_url}/ai/assistants/tests/t/runs/x")
    assert outcome.code == 0 and "failed, detected " in outcome.stdout and "poll  " not in outcome.stdout, outcome
    assert "without polls and pauses: no daemon can be asked at" in outcome.stderr, outcome
    outcome = served.ask("explain", "t/none")
    assert outcome.code == 64 and "nothing is known of the run t/none" in outcome.stderr, outcome
    del served.daemon.config["http"]
    served.daemon.write_config()
    assert served.json("explain", "t/x") == told | {"polls": [], "polls_kept_since": None, "pauses": []}
    outcome = served.ask_at_address("explain", "t/x")
    assert outcome.code == 1 and "no daemon can be asked at" in outcome.stderr, outcome


def test_deliveries_can_be_asked_for_from_elsewhere(
    make_daemon: DaemonMaker, run_api: RunApi, runwatch: Runwatch, tmp_path: Path, start_receiver: ReceiverStarter
) -> None:
    receiver = start_receiver(Answer(status=400))
    run_api.run("t/one", "t/two", status="passed")
    config = config_of(run_api, watch=["t/one", "t/two"], sinks=[webhook_sink(receiver.url), file_sink()])
    served = serve(make_daemon, runwatch, config, tmp_path, "tcp")

    def dead() -> list[dict[str, Any]]:
        outcome = served.ask_at_address("deliveries", "list", "--json", "--state", "dead")
        assert (outcome.code, outcome.stderr) == (0, ""), outcome
        found: list[dict[str, Any]] = outcome.json()
        return found if len(found) == 2 else []

    ids = [str(each["id"]) for each in wait_for("two dead deliveries", dead)]
    here = served.ask("deliveries", "list")
    assert here.code == 0 and "hook" in here.stdout
    there = served.ask_at_address("deliveries", "list")
    assert [line.split()[:3] for line in there.stdout.splitlines()] == [line.split()[:3] for line in here.stdout.splitlines()]
    assert len(served.ask_at_address("deliveries", "list", "--all", "--json").json()) == 4
    assert len(served.ask_at_address("deliveries", "list", "--json", "--sink", "file").json()) == 0
    receiver.script = Answer()
    before = len(receiver.deliveries)
    outcome = served.ask_at_address("deliveries", "retry", ids[0])
    assert (outcome.code, outcome.stdout) == (0, "1 delivery is due again\n"), outcome
    wait_for("the delivery", lambda: len(receiver.deliveries) > before)
    outcome = served.ask_at_address("deliveries", "drop", "--state", "dead", "--sink", "hook")
    assert outcome.code == 0 and "dropped" in outcome.stdout, outcome
    served.daemon.stop()


def test_reload_asks_the_daemon(served: Served, run_api: RunApi) -> None:
    run_api.run("t/new")
    outcome = served.ask("reload")
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "config reloaded\n", ""), outcome
    served.daemon.config["watch"].append({"run": "t/new"})
    served.daemon.write_config()
    outcome = served.ask_at_address("reload", "--json")
    assert outcome.code == 0 and outcome.json() == {"generation": 2, "problem": None}, outcome
    assert refs(served.json("watch", "list")) == ["t/config", "t/new"]
    good = dict(served.daemon.config)
    served.daemon.config["polling"] = {"min_intervall": "1s"}
    served.daemon.config["log"] = {"level": "loud"}
    served.daemon.write_config()
    for outcome in (served.ask("reload"), served.ask_at_address("reload")):
        assert outcome.code == 78 and outcome.stdout == "", outcome
        assert "polling.min_intervall: unknown key" in outcome.stderr and "log.level" in outcome.stderr, outcome
        assert "goes on with the config that it had" in outcome.stderr
    # An address that is not served yet is what the reload brings.
    served.daemon.config = good
    served.daemon.config["http"]["listen"] = f"127.0.0.1:{a_free_port()}"
    served.daemon.write_config()
    outcome = served.ask("reload")
    assert (outcome.code, outcome.stdout) == (0, "config reloaded\n"), outcome
    assert served.ask("healthcheck").code == 0
    served.daemon.stop()
    outcome = served.ask("reload")
    assert outcome.code == 1 and "no daemon can be asked at" in outcome.stderr, outcome


def test_healthcheck_answers_by_its_exit_status(served: Served, tmp_path: Path) -> None:
    outcome = served.ask("healthcheck")
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "ready\n", ""), outcome
    outcome = served.runwatch.run("healthcheck", "--address", served.address)
    assert (outcome.code, outcome.stdout) == (0, "ready\n"), outcome
    # Whoever may not read the token needs none.
    (tmp_path / "private" / "http-token").unlink()
    assert served.ask("healthcheck").code == 0
    served.daemon.running.send(signal.SIGSTOP)
    outcome = served.ask("healthcheck")
    assert outcome.code == 1 and "no daemon can be asked at" in outcome.stderr and outcome.stdout == "", outcome
    served.daemon.running.send(signal.SIGCONT)
    served.daemon.stop()
    outcome = served.ask("healthcheck")
    assert outcome.code == 1 and f"no daemon can be asked at {served.address}: cannot connect" in outcome.stderr, outcome
    del served.daemon.config["http"]
    served.daemon.write_config()
    outcome = served.ask("healthcheck")
    assert outcome.code == 78 and "has no `http:`" in outcome.stderr, outcome


def test_a_daemon_that_ends_is_not_ready(make_daemon: DaemonMaker, run_api: RunApi, runwatch: Runwatch, tmp_path: Path, start_receiver: ReceiverStarter) -> None:
    receiver = start_receiver(Answer(delay=3))
    run_api.run("t/r", status="passed")
    config = config_of(run_api, watch=["t/r"], sinks=[webhook_sink(receiver.url)])
    served = serve(make_daemon, runwatch, config, tmp_path, "unix")
    wait_for("a delivery under way", lambda: receiver.deliveries)
    served.daemon.running.send(signal.SIGTERM)
    served.daemon.wait_for_line("stopping")
    outcome = served.ask("healthcheck")
    assert outcome.code == 1 and "is not ready: " in outcome.stderr, outcome
    assert served.daemon.running.finish().code == 0


def test_what_is_no_daemon_is_told_from_one(runwatch: Runwatch) -> None:
    answers = [answer_of(200, "<html>", "text/html"), answer_of(404, "not here"), answer_of(500, '{"error": ""}'),
               answer_of(200, "[]"), b"nonsense\r\n\r\n", b""]
    for answer in answers:
        server = RawServer(lambda request, answer=answer: answer)
        address = server.base_url.removeprefix("http://").removesuffix("/v2")
        outcome = runwatch.run("watch", "list", "--address", address)
        assert outcome.code == 1 and outcome.stdout == "", outcome
        assert "is no runwatch daemon" in outcome.stderr or "no daemon can be asked" in outcome.stderr, outcome
        server.close()


def test_hostile_answers_are_made_harmless(runwatch: Runwatch) -> None:
    watch = '{"test_id": "t", "run_id": "\\u001b[2Jr", "status": "\\u001b]0;x\\u0007", "labels": {"a": "\\n::error::b"}, ' \
            '"sinks": ["\\u001b[31m"], "origin": "api", "first_seen_at": "x"}'
    for answer in (answer_of(200, f'{{"watches": [{watch}], "next": null}}'), answer_of(400, '{"error": "\\u001b[2Ja\\nb"}')):
        server = RawServer(lambda request, answer=answer: answer)
        outcome = runwatch.run("watch", "list", "--address", server.base_url.removeprefix("http://").removesuffix("/v2"))
        text = outcome.stdout + outcome.stderr
        assert "\x1b" not in text and "\n::error" not in text, outcome
        server.close()


def test_a_socket_that_is_not_ours_says_so(served: Served) -> None:
    if os.geteuid() != 0 or not served.address.startswith("unix:"):
        pytest.skip("needs root, who can become somebody else")
    path = served.address.removeprefix("unix:")
    for folder in Path(path).parents[:3]:
        folder.chmod(0o755)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(served.runwatch.executable)]
    outcome = subprocess.run([*command, "healthcheck", "--address", served.address], capture_output=True, text=True, check=False)
    assert outcome.returncode == 1 and "run this as the daemon's user or in its group" in outcome.stderr, outcome
    served.daemon.stop()
