"""The life of a daemon beside an application: it ends when nothing is left to do, and says what came of it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from conftest import DaemonMaker, ReceiverStarter, SimulatorStarter
from harness.control import SERVED, ControlApi
from harness.daemon import Daemon, config_of, file_sink, ref_of, webhook_sink
from harness.process import Outcome, Runwatch
from harness.raw_server import ClosedPort, RawServer, Request
from harness.receiver import Answer
from harness.run_api import RunApi
from harness.simulator import plan_of, scenario_of
from harness.waiting import wait_for

#: What the log says when a daemon ends by itself.
IDLE = "nothing is left to do"


@pytest.fixture(name="message")
def fixture_message(tmp_path: Path) -> Path:
    """A termination log, with what an earlier life left in it."""
    file = tmp_path / "termination-log"
    file.write_text("what was there before " * 10)
    return file


def sidecar_of(api: Any, **more: Any) -> dict[str, Any]:
    """A config of a daemon that ends when nothing is left to do."""
    return config_of(api, **({"sinks": [file_sink()]} | more)) | {"exit": "when_idle"}


def telling(message: Path) -> dict[str, Any]:
    """How a daemon is started that writes its termination log there."""
    return {"env": {"RUNWATCH_TERMINATION_LOG": str(message)}}


def expect_to_go_on(daemon: Daemon) -> None:
    """Proves that a daemon does not end in a time in which it looks more than once whether anything is left to do."""
    with pytest.raises(AssertionError, match="in vain"):
        wait_for("its end", lambda: daemon.lines(IDLE), ceiling=1.5)


def ended(daemon: Daemon) -> Outcome:
    """How a daemon ended by itself."""
    outcome = daemon.running.finish()
    assert outcome.code == 0, outcome
    assert len(daemon.lines(IDLE)) == 1 and daemon.lines("stopped"), outcome
    return outcome


def test_it_ends_once_everything_is_delivered(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter, message: Path
) -> None:
    run_api.end("t/one", "t/two", verdict="failed")
    run_api.run("t/three")
    hook = start_receiver()
    config = sidecar_of(run_api, watch=["t/one", "t/two", "t/three"], sinks=[file_sink(), webhook_sink(hook.url)])
    daemon = make_daemon(config).start(**telling(message))
    daemon.wait_for_results(2)
    assert daemon.running.process.poll() is None, "one is still watched"
    run_api.end("t/three")
    ended(daemon)
    assert len(daemon.results()) == 3 and len(hook.deliveries) == 3
    assert message.read_text() == (
        "verdict: failed (2 failed, 1 passed)\nundelivered: nothing\nstill watched: 0\nended: nothing was left to do\n"
    )
    # There is nothing to do for the next one.
    daemon.launch(**telling(message))
    ended(daemon)
    assert daemon.lines("ready"), "it had been ready"
    assert message.read_text().startswith("verdict: none (no run was reported)\n")


def test_it_waits_for_a_sink_that_is_down(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    run_api.end("t/one")
    hook = start_receiver(Answer(503))
    daemon = make_daemon(sidecar_of(run_api, watch=["t/one"], sinks=[webhook_sink(hook.url)])).start()
    hook.wait_for_deliveries(1)
    expect_to_go_on(daemon)
    hook.answer = Answer(200)
    daemon.running.send(signal.SIGHUP)
    ended(daemon)


@pytest.mark.parametrize("status", [400, 410])
def test_it_waits_for_no_sink_that_takes_nothing_more(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter, message: Path, status: int
) -> None:
    run_api.end("t/one")
    hook = start_receiver(Answer(status))
    daemon = make_daemon(sidecar_of(run_api, watch=["t/one"], sinks=[webhook_sink(hook.url)])).start(**telling(message))
    ended(daemon)
    left = "1 dead (hook)" if status == 400 else "1 pending (hook)"
    assert f"undelivered: {left}\n" in message.read_text()


def test_it_looks_once_at_all_that_is_followed(make_daemon: DaemonMaker, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(tests=[plan_of("t", running="500ms")]))
    config = sidecar_of(sim) | {"follow": [{"test": "t", "since": "ever", "every": "1h"}]}
    daemon = make_daemon(config)
    daemon.launch()
    ended(daemon)
    assert any("/runs" in target for _, target, _ in sim.requests())


def test_a_list_that_cannot_be_read_is_still_due(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    closed = ClosedPort()
    config = sidecar_of(closed) | {"follow": [{"test": "t"}]}
    daemon = make_daemon(config).start()
    expect_to_go_on(daemon)
    daemon.stop()
    closed.close()


def test_what_the_control_api_adds_counts(make_daemon: DaemonMaker, run_api: RunApi, tmp_path: Path) -> None:
    run_api.run("t/first", "t/added")
    config = sidecar_of(run_api, watch=["t/first"]) | {"http": {"listen": f"unix:{tmp_path}/http.sock"}}
    daemon = make_daemon(config).start()
    ControlApi.of(daemon).post("/v1/watches", {"watches": [{"run": "t/added"}]})
    run_api.end("t/first")
    daemon.wait_for_results(1)
    expect_to_go_on(daemon)
    run_api.end("t/added")
    ended(daemon)
    assert sorted(map(ref_of, daemon.results())) == ["t/added", "t/first"]


def test_a_reload_can_say_so(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    daemon = make_daemon(config_of(run_api)).start()
    daemon.config["exit"] = "when_idle"
    daemon.write_config()
    daemon.running.send(signal.SIGHUP)
    ended(daemon)


def test_it_tells_why_it_was_stopped(make_daemon: DaemonMaker, run_api: RunApi, message: Path) -> None:
    run_api.run("t/one")
    daemon = make_daemon(config_of(run_api, watch=["t/one"])).start(**telling(message))
    daemon.stop()
    assert message.read_text() == (
        "verdict: none (no run was reported)\nundelivered: nothing\nstill watched: 1\nended: told to stop by SIGTERM\n"
    )


@pytest.mark.parametrize("quit", [True, False])
def test_quit_ends_it_only_where_the_config_says_so(
    make_daemon: DaemonMaker, run_api: RunApi, message: Path, quit: bool
) -> None:
    config = config_of(run_api) | {"http": {"listen": "127.0.0.1:0", "quit": quit}}
    daemon = make_daemon(config).start(**telling(message))
    answer = ControlApi(daemon.wait_for_line(SERVED)["address"]).ask("POST", "/quit")
    if quit:
        assert answer.status == 202
        assert daemon.running.finish().code == 0
        assert message.read_text().endswith("ended: told to stop by POST /quit\n")
    else:
        assert answer.status in (403, 404), answer
        daemon.stop()


def test_it_is_ready_only_while_it_works(make_daemon: DaemonMaker, runwatch: Runwatch, tmp_path: Path) -> None:
    held: list[Request] = []

    def answer(request: Request) -> bytes | None:
        held.append(request)
        return None

    server = RawServer(answer)
    address = f"unix:{tmp_path}/http.sock"
    config = config_of(server, watch=["t/one"]) | {"http": {"listen": address}}
    daemon = make_daemon(config)
    assert runwatch.run("healthcheck", "--address", address).code == 1
    daemon.start()
    wait_for("a look", lambda: held)
    assert runwatch.run("healthcheck", "--address", address).code == 0
    # A look that gets no answer holds up its end for a moment.
    daemon.running.send(signal.SIGTERM)
    daemon.wait_for_line("stopping")
    assert runwatch.run("healthcheck", "--address", address).code == 1
    assert daemon.running.finish().code == 0
    server.close()


def test_a_start_that_fails_says_why(
    make_daemon: DaemonMaker, run_api: RunApi, message: Path, tmp_path: Path
) -> None:
    wrong = make_daemon(config_of(run_api) | {"exit": "soon"}, "wrong")
    wrong.launch(**telling(message))
    assert wrong.running.finish().code == 78
    assert message.read_text().startswith("runwatch could not start: ")
    assert 'exit: found "soon", expected one of never, when_idle' in message.read_text()
    first = make_daemon(config_of(run_api)).start()
    second = make_daemon(config_of(run_api, state={"path": str(first.directory / "state.db")}), "second")
    second.launch(**telling(message))
    assert second.running.finish().code == 1
    assert str(first.pid) in message.read_text()
    first.stop()
    assert len(message.read_bytes()) <= 4096


@pytest.mark.parametrize("kind", ["missing", "directory", "pipe"])
def test_a_termination_log_that_cannot_be_written_harms_nothing(
    make_daemon: DaemonMaker, run_api: RunApi, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "elsewhere"
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    daemon = make_daemon(sidecar_of(run_api))
    daemon.launch(**telling(path))
    ended(daemon)
    assert kind != "missing" or not path.exists(), "it is not made"
