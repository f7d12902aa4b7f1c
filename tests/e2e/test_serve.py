"""The life of a daemon: ready, drained, killed, started again; and what keeps it from starting."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import select
import signal
import threading
import time
from pathlib import Path

from conftest import DaemonMaker, ReceiverStarter, SimulatorStarter
from harness.daemon import REFUSED, Daemon, config_of, exec_sink, file_sink, ids_of, ref_of, webhook_sink
from harness.process import Runwatch
from harness.receiver import Answer, Delivery
from harness.run_api import RunApi, answer_of
from harness.secrets import API_KEY
from harness.simulator import run_of, scenario_of
from harness.waiting import wait_for

#: Draining may take so long; and so much more for a busy machine.
DRAIN = 10.0
SLACK = 6.0


def test_every_sink_gets_the_same_result(
    make_daemon: DaemonMaker, start_sim: SimulatorStarter, start_receiver: ReceiverStarter
) -> None:
    sim = start_sim(scenario_of(run_of("t/one", running="300ms"), run_of("t/two", verdict="failed")))
    receiver = start_receiver()
    watch = ["t/one", {"run": "t/two", "labels": {"team": "voice"}}]
    command = exec_sink("/bin/sh", "-c", "cat >> daemon/exec.jsonl; env > daemon/environment")
    sinks = [file_sink(), webhook_sink(receiver.url), command, {"name": "out", "type": "stdout", "format": "json"}]
    daemon = make_daemon(config_of(sim, watch=watch, sinks=sinks)).start()
    results = {ref_of(result): result for result in daemon.wait_for_results(2)}
    assert {ref: result["type"] for ref, result in results.items()} == {"t/one": "run.passed", "t/two": "run.failed"}
    assert results["t/two"]["data"]["watch"]["labels"] == {"team": "voice"}
    daemon.wait_for_results(2, "exec.jsonl")
    receiver.wait_for_deliveries(2)
    wait_for("both on standard output", lambda: daemon.running.stdout.count("\n") == 2)
    outcome = daemon.stop()
    for others in (daemon.results("exec.jsonl"), [each.json() for each in receiver.taken()], outcome.json_lines()):
        assert {ref_of(result): result["id"] for result in others} == {ref: each["id"] for ref, each in results.items()}
    assert "RUNWATCH_STATUS=" in (daemon.directory / "environment").read_text()


def test_what_is_in_flight_is_finished_and_never_sent_again(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    may_go_on = threading.Event()
    receiver = start_receiver(Answer(held_by=may_go_on))
    run_api.run("t/first", "t/second")
    daemon = make_daemon(config_of(run_api, watch=["t/first", "t/second"], sinks=[webhook_sink(receiver.url)])).start()
    run_api.end("t/first")
    receiver.wait_for_deliveries(1)
    daemon.running.send(signal.SIGTERM)
    looks = run_api.looks["t/second"]
    wait_for("the polling to stop", lambda: time.monotonic() - looks[-1] > 1.0)
    assert daemon.running.process.poll() is None
    may_go_on.set()
    outcome = daemon.running.finish(ceiling=SLACK)
    assert outcome.code == 0, outcome
    # Whatever it still owed would come first.
    daemon.start()
    run_api.end("t/second")
    receiver.wait_for_deliveries(2)
    daemon.stop()
    assert [ref_of(each.json()) for each in receiver.deliveries] == ["t/first", "t/second"]


def test_a_receiver_that_never_answers_ends_the_patience_but_loses_nothing(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    never = threading.Event()
    receiver = start_receiver(Answer(held_by=never))
    run_api.end("t/r")
    daemons = [
        make_daemon(config_of(run_api, watch=["t/r"], sinks=[webhook_sink(f"{receiver.url}{name}", timeout="1m")]), name)
        for name in ("patient", "hurried")
    ]
    for daemon in daemons:
        daemon.start()
    receiver.wait_for_deliveries(2)
    patient, hurried = daemons
    sent = time.monotonic()
    for daemon in daemons:
        daemon.running.send(signal.SIGTERM)
    # The first of two signals has been heeded once it is not delivered to the process any more.
    wait_for("the first signal to be taken", lambda: not is_pending(hurried, signal.SIGTERM))
    hurried.running.send(signal.SIGTERM)
    hurried.running.finish(ceiling=3)
    assert patient.running.process.poll() is None
    outcome = patient.running.finish()
    assert outcome.code == 0, outcome
    assert DRAIN - 1 < time.monotonic() - sent < DRAIN + SLACK
    never.set()
    for daemon in daemons:
        daemon.start()
    receiver.wait_for_deliveries(4)
    for daemon in daemons:
        daemon.stop()
    for path in ("/patient", "/hurried"):
        first, again = (each for each in receiver.deliveries if each.path == path)
        assert first.id == again.id and first.body == again.body


def test_an_api_that_never_answers_is_hardly_waited_for(
    make_daemon: DaemonMaker, start_sim: SimulatorStarter
) -> None:
    api = start_sim(scenario_of(run_of("t/r", faults=[{"hang": True}])))
    daemon = make_daemon(config_of(api, watch=["t/r"], sinks=[file_sink()])).start()
    wait_for("a look to be under way", lambda: api.report()["requests"])
    sent = time.monotonic()
    daemon.stop()
    assert time.monotonic() - sent < 2 + SLACK


def test_a_state_in_memory_leaves_no_file(make_daemon: DaemonMaker, run_api: RunApi, runwatch: Runwatch) -> None:
    config = config_of(run_api, watch=["t/r"], sinks=[file_sink()])
    config["state"] = {"path": ":memory:"}
    daemon = make_daemon(config).start()
    run_api.end("t/r")
    daemon.wait_for_results(1)
    outcome = runwatch.run("deliveries", "list", "--config", str(daemon.config_file))
    assert outcome.code == 1
    assert "is in the memory of its daemon" in outcome.stderr
    daemon.stop()
    assert sorted(path.name for path in daemon.directory.iterdir()) == ["results.jsonl", "runwatch.yaml"]


def is_pending(daemon: Daemon, number: signal.Signals) -> bool:
    """Tells whether a signal was sent to a process that has not yet taken it."""
    status = Path(f"/proc/{daemon.pid}/status").read_text()
    masks = re.findall(r"^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$", status, flags=re.M)
    return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)


def test_a_killed_daemon_goes_on_where_it_was(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    receiver = start_receiver(Answer(status=503))
    run_api.run("t/later")
    run_api.end("t/r")
    sinks = [file_sink(), webhook_sink(receiver.url)]
    daemon = make_daemon(config_of(run_api, watch=["t/r", "t/later"], sinks=sinks)).start()
    receiver.wait_for_deliveries(1)
    daemon.wait_for_results(1)
    daemon.kill()
    receiver.answer = Answer()
    run_api.end("t/later", verdict="error")
    # What it knows already it does not ask for again.
    looks = len(run_api.looks["t/r"])
    daemon.start()
    daemon.wait_for_results(2)
    daemon.stop()
    assert [ref_of(result) for result in daemon.results()] == ["t/r", "t/later"]
    assert len(run_api.looks["t/r"]) == looks


def test_one_state_serves_one_daemon(make_daemon: DaemonMaker, run_api: RunApi, runwatch: Runwatch) -> None:
    run_api.run("t/r")
    first = make_daemon(config_of(run_api, watch=["t/r"], sinks=[file_sink()])).start()
    outcome = runwatch.run("serve", "--config", str(first.config_file))
    assert outcome.code == 1, outcome
    assert f"pid {first.pid}" in outcome.stderr
    run_api.end("t/r")
    first.wait_for_results(1)
    first.stop()


def test_everything_that_is_wrong_with_a_config_is_told(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    daemon = make_daemon(config_of(run_api, watch=["t/r"], sinks=[file_sink(), webhook_sink("nowhere")]))
    daemon.config["polling"]["min_intervall"] = daemon.config["polling"].pop("min_interval")
    daemon.config["log"]["level"] = "loud"
    outcome = daemon.launch().finish()
    assert outcome.code == 78, outcome
    told = [line for line in outcome.stderr.splitlines() if re.search(r"runwatch\.yaml:\d+:\d+: ", line)]
    for key in ("polling.min_intervall", "sinks[1].url", "log.level"):
        assert any(key in line for line in told), outcome
    assert not (daemon.directory / "state.db").exists()


def test_what_cannot_be_opened_is_told(make_daemon: DaemonMaker, run_api: RunApi, runwatch: Runwatch) -> None:
    daemon = make_daemon(config_of(run_api, watch=["t/r"], sinks=[file_sink()], state={"path": "absent/state.db"}))
    outcome = daemon.launch().finish()
    assert outcome.code == 1, outcome
    assert "there is no directory" in outcome.stderr and "state.path" in outcome.stderr
    assert runwatch.run("serve", "--config", "absent.yaml").code == 78
    (daemon.directory / "state.db").write_text("something else\n" * 100)
    daemon.config["state"]["path"] = "state.db"
    outcome = daemon.launch().finish()
    assert outcome.code == 1, outcome
    assert (daemon.directory / "state.db").read_text() == "something else\n" * 100


def test_the_log_is_lines_of_text_or_of_json(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    run_api.end("t/r")
    for style in ("text", "json", "auto"):
        daemon = make_daemon(config_of(run_api, watch=["t/r"], sinks=[file_sink()], log={"format": style}), style)
        running = daemon.launch()
        daemon.wait_for_results(1)
        running.wait_for_stderr("ready")
        outcome = daemon.stop()
        for line in outcome.stderr.splitlines():
            if style == "text":
                assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S", line), line
            else:
                assert {"time", "level", "message"} <= json.loads(line).keys()


def test_a_log_that_nobody_reads_delays_nothing(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    refs = [f"t/{number}" for number in range(100)]
    run_api.run(*refs)
    daemon = make_daemon(config_of(run_api, watch=refs, sinks=[file_sink()], log={"level": "debug"}))
    reading, writing = os.pipe()
    with open(reading, "rb"), open(writing, "wb", buffering=0) as unread:
        fcntl.fcntl(unread, fcntl.F_SETPIPE_SZ, 4096)
        running = daemon.launch(stderr=unread)
        run_api.end(*refs)
        daemon.wait_for_results(len(refs))
        assert not select.select([], [unread], [], 0)[1], "the pipe is not full"
        running.send(signal.SIGTERM)
        assert running.finish(ceiling=SLACK).code == 0


def test_files_are_opened_anew_when_asked(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    run_api.run("t/one", "t/two", "t/three")
    daemon = make_daemon(config_of(run_api, watch=["t/one", "t/two", "t/three"], sinks=[file_sink()])).start()
    path = daemon.directory / "results.jsonl"
    results = []
    for count, (ref, ask) in enumerate(
        (("t/one", signal.SIGUSR1), ("t/two", signal.SIGHUP), ("t/three", signal.SIGUSR1)), start=1
    ):
        run_api.end(ref)
        results += daemon.wait_for_results(1)
        path.rename(path.with_name(f"moved-{count}"))
        daemon.running.send(ask)
    daemon.stop()
    assert [ref_of(result) for result in results] == ["t/one", "t/two", "t/three"]
    assert len(set(ids_of(results))) == 3
    assert not path.exists() or path.read_text() == ""


def test_no_secret_comes_out_whatever_is_said_back(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    """The fixtures look for the key, plain and in base64, in all that the daemon prints and writes."""
    signing = "whsec_" + base64.b64encode(API_KEY.encode()).decode()

    def echo(delivery: Delivery) -> Answer:
        said = " ".join(delivery.headers.values())
        return Answer(status=int(delivery.path[1:]), body=f"{said} {signing} {API_KEY}")

    receiver = start_receiver(echo)
    run_api.end("t/r")
    run_api.answers["t/echo"] = answer_of(500, json.dumps({"errors": [{"detail": f"Bearer {API_KEY}"}]}))
    options = {"secret": {"env": "SIGNING"}, "headers": {"Authorization": {"env": "BEARER"}}}
    hooks = [webhook_sink(f"{receiver.url}{code}", f"hook-{code}", **options) for code in ("400", "500")]
    command = ["/bin/sh", "-c", 'env > daemon/environment; echo "$0" >&2; exit 1', {"env": "BEARER"}]
    sinks = [*hooks, {"name": "exec", "type": "exec", "command": command}]
    daemon = make_daemon(config_of(run_api, watch=["t/r", "t/echo"], sinks=sinks, log={"level": "debug"}))
    daemon.start(env={"SIGNING": signing, "BEARER": f"Bearer {API_KEY}"})
    for name in ("hook-400", "hook-500", "exec"):
        wait_for(f"a word on {name}", lambda: [line for line in daemon.log() if line.get("sink") == name])
    wait_for("a word on the API", lambda: "HTTP 500" in daemon.running.stderr)
    daemon.reload("nonsense: true", expected=REFUSED)
    daemon.stop()
    assert "RUNWATCH_ID=" in (daemon.directory / "environment").read_text()
