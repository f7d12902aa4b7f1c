"""What a daemon makes of an API and of receivers that say no: its own trouble never becomes a result."""

from __future__ import annotations

import time
from pathlib import Path

from conftest import DaemonMaker, ReceiverStarter
from harness.daemon import config_of, file_sink, ref_of, webhook_sink
from harness.receiver import Answer, Delivery
from harness.run_api import RunApi, answer_of
from harness.secrets import API_KEY
from harness.waiting import wait_for

HTML_404 = answer_of(404, "<html><h1>Not Found</h1></html>", "text/html")


def test_a_run_that_never_ends_is_given_up(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    run_api.run("t/r")
    config = config_of(run_api, watch=["t/r"], sinks=[file_sink()], polling={"give_up_after": "1s"})
    daemon = make_daemon(config).start()
    (result,) = daemon.wait_for_results(1)
    looks = len(run_api.looks["t/r"])
    daemon.stop()
    assert result["type"] == "run.timed_out"
    assert result["data"]["reason"]
    assert result["data"]["run"]["status"] == "running"
    assert len(run_api.looks["t/r"]) == looks


def test_a_refused_key_pauses_everything_and_ends_nothing(
    make_daemon: DaemonMaker, run_api: RunApi, tmp_path: Path
) -> None:
    key_file = tmp_path / "private" / "key"
    key_file.parent.mkdir()
    key_file.write_text("revoked")
    refs = [f"t/{number}" for number in range(40)]
    run_api.end(*refs)
    run_api.run("t/later")
    run_api.answers["*"] = answer_of(401, '{"errors": [{"code": "10009", "title": "Authentication failed"}]}')
    telnyx = {"api_key": {"file": str(key_file)}}
    daemon = make_daemon(config_of(run_api, watch=[*refs, "t/later"], sinks=[file_sink()], telnyx=telnyx)).start()
    wait_for("the API to be left alone", lambda: time.monotonic() - last_look(run_api) > 1.0)
    # What was under way together with the first was refused as well.
    assert sum(map(len, run_api.looks.values())) <= 20
    assert len([line for line in daemon.log() if "HTTP 401" in line.get("error", "")]) == 1, daemon.running.stderr
    assert daemon.results() == []
    del run_api.answers["*"]
    key_file.write_text(API_KEY)
    daemon.reload()
    daemon.wait_for_results(len(refs))
    assert run_api.key == API_KEY
    # Without a word, too, and before the old one is refused.
    key_file.write_text(f"{API_KEY}-next")
    wait_for("the next key to be used", lambda: run_api.key == f"{API_KEY}-next")
    run_api.end("t/later")
    results = daemon.wait_for_results(len(refs) + 1)
    daemon.stop()
    assert sorted(map(ref_of, results)) == sorted([*refs, "t/later"])
    assert {result["type"] for result in results} == {"run.passed"}


def last_look(api: RunApi) -> float:
    """When the last request came."""
    return max((looks[-1] for looks in api.looks.values() if looks), default=time.monotonic())


def test_only_the_api_itself_can_say_that_a_run_does_not_exist(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    run_api.answers["t/behind-a-gateway"] = HTML_404
    watch = ["t/absent", "t/behind-a-gateway"]
    config = config_of(run_api, watch=watch, sinks=[file_sink()], polling={"not_found_grace": "500ms"})
    daemon = make_daemon(config).start()
    (result,) = daemon.wait_for_results(1)
    assert (result["type"], ref_of(result)) == ("run.unwatchable", "t/absent")
    assert "HTTP 404" in result["data"]["reason"]
    assert run_api.looks["t/absent"][-1] - run_api.looks["t/absent"][0] > 0.4
    wait_for("a look beyond the grace", lambda: len(run_api.looks["t/behind-a-gateway"]) >= 2)
    run_api.end("t/behind-a-gateway")
    del run_api.answers["t/behind-a-gateway"]
    results = daemon.wait_for_results(2)
    daemon.stop()
    assert results[1]["type"] == "run.passed"


def test_a_status_that_nobody_knows_is_warned_of_once(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    run_api.run("t/r", status="judging")
    daemon = make_daemon(config_of(run_api, watch=["t/r"], sinks=[file_sink()])).start()
    wait_for("five looks", lambda: len(run_api.looks.get("t/r", [])) >= 5)
    run_api.end("t/r")
    (result,) = daemon.wait_for_results(1)
    daemon.stop()
    assert result["type"] == "run.passed"
    warnings = [line for line in daemon.log() if "judging" in line.values() or "judging" in line["message"]]
    assert [line["level"] for line in warnings] == ["warning"], warnings


def test_a_failure_that_many_runs_share_is_told_when_it_begins_and_when_it_ends(
    make_daemon: DaemonMaker, run_api: RunApi
) -> None:
    refs = [f"t/{number}" for number in range(5)]
    run_api.run(*refs)
    run_api.answers["*"] = answer_of(503)
    daemon = make_daemon(config_of(run_api, watch=refs, sinks=[file_sink()])).start()
    wait_for("two looks at each", lambda: all(len(run_api.looks.get(ref, [])) >= 2 for ref in refs))
    assert len([line for line in daemon.log() if "HTTP 503" in line.get("error", "")]) == 1, daemon.running.stderr
    before = len(daemon.log())
    del run_api.answers["*"]
    wait_for("a word on its end", lambda: daemon.log()[before:])
    run_api.end(*refs)
    daemon.wait_for_results(len(refs))
    daemon.stop()
    assert len([line for line in daemon.log()[before:] if "again" in line["message"]]) == 1, daemon.running.stderr


def test_gone_stops_a_sink_for_good_and_no_other(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    receiver = start_receiver(Answer(status=410))
    refs = ["t/one", "t/two", "t/three"]
    run_api.run(*refs)
    daemon = make_daemon(config_of(run_api, watch=refs, sinks=[file_sink(), webhook_sink(receiver.url)])).start()
    run_api.end("t/one")
    line = wait_for("a word on it", lambda: [line for line in daemon.log() if "HTTP 410" in line.get("error", "")])[0]
    assert (line["level"], line["sink"]) == ("error", "hook")
    receiver.answer = Answer()
    run_api.end("t/two")
    daemon.wait_for_results(2)
    daemon.stop()
    daemon.start()
    run_api.end("t/three")
    daemon.wait_for_results(3)
    daemon.reload()
    daemon.stop()
    assert len(receiver.deliveries) == 1


def test_a_receiver_can_ask_for_a_pause(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    # Longer than what the webhook's schedule waits after a first failure.
    pause = 7

    def ask_once(delivery: Delivery) -> Answer:
        first = sum(each.path == delivery.path for each in receiver.deliveries) == 1
        return Answer(status=int(delivery.path[1:]), headers={"Retry-After": str(pause)}) if first else Answer()

    receiver = start_receiver(ask_once)
    run_api.run("t/one", "t/two")
    hooks = [webhook_sink(f"{receiver.url}{status}", f"hook-{status}") for status in (429, 503)]
    daemon = make_daemon(config_of(run_api, watch=["t/one", "t/two"], sinks=[file_sink(), *hooks])).start()
    run_api.end("t/one")
    receiver.wait_for_deliveries(2)
    run_api.end("t/two")
    daemon.wait_for_results(2)
    wait_for("all to be taken", lambda: len(receiver.taken()) == 4)
    daemon.stop()
    for path in ("/429", "/503"):
        first, *others = (each for each in receiver.deliveries if each.path == path)
        # Neither the one that was refused nor the other, which never was, before the time.
        assert first.answered_at is not None
        assert all(each.came_at - first.answered_at >= pause for each in others)
        assert len({each.id for each in others}) == len(others) == 2


def test_one_dead_sink_delays_no_other(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    dead, alive = start_receiver(Answer(status=500)), start_receiver()
    refs = [f"t/{number}" for number in range(20)]
    run_api.end(*refs)
    sinks = [webhook_sink(dead.url, "dead"), webhook_sink(alive.url, "alive"), file_sink()]
    daemon = make_daemon(config_of(run_api, watch=refs, sinks=sinks)).start()
    alive.wait_for_deliveries(len(refs))
    daemon.wait_for_results(len(refs))
    daemon.stop()
    # One at a time probes it, and the next is due in seconds.
    assert len(dead.deliveries) <= 8
    assert len([line for line in daemon.log() if "HTTP 500" in line.get("error", "")]) == 1, daemon.running.stderr
