"""A reload puts the new config in the place of the old one, or changes nothing; neither loses anything."""

from __future__ import annotations

import itertools

from conftest import DaemonMaker, ReceiverStarter
from harness.daemon import REFUSED, config_of, file_sink, ids_of, ref_of, webhook_sink
from harness.receiver import Answer
from harness.run_api import RunApi
from harness.waiting import wait_for

RELOADS = 50

#: How long the webhook thinks over each answer.
ANSWER = 1.0

#: How long a run may go without a look that is due every tenth of a second, on a busy machine.
LONGEST_GAP = 1.5


def test_fifty_reloads_under_load_lose_and_repeat_nothing(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    receiver = start_receiver(Answer(delay=ANSWER))
    run_api.run("t/steady")
    hook = webhook_sink(receiver.url, concurrency=16)
    daemon = make_daemon(config_of(run_api, watch=["t/steady"], sinks=[file_sink(), hook]))
    daemon.config["polling"] |= {"max_interval": "100ms"}
    daemon.start()
    good = daemon.config
    bad = ["sinks: [", "nonsense: {}\n", "polling: {max_interval: 1}\n", '{"state": {"path": "another.db"}}\n', "\x00"]
    ended = []
    overlaps = 0
    for number in range(RELOADS // 2):
        # It comes and ends; another comes and goes without having ended.
        ended.append(f"t/ended-{number}")
        run_api.run(ended[-1], f"t/passing-{number}")
        good["watch"] = [{"run": ref} for ref in ("t/steady", *ended, f"t/passing-{number}")]
        good["sinks"][1] |= {"timeout": f"{20 + number}s", "headers": {"X-Number": str(number)}}
        good["sinks"][0] |= {"rotate": {"age": "1d", "keep": 10 + number}} if number % 2 else {"logs": "omit"}
        daemon.reload()
        wait_for("a look at it", lambda: run_api.looks.get(ended[-1]))
        run_api.end(ended[-1], verdict=("passed", "failed", "error")[number % 3])
        daemon.reload(bad[number % len(bad)], expected=REFUSED)
        overlaps += any(each.answered_at is None for each in receiver.deliveries)
    daemon.wait_for_results(len(ended))
    wait_for("the last answer", lambda: len(receiver.taken()) >= len(ended))
    outcome = daemon.stop()
    assert sorted(map(ref_of, daemon.results())) == sorted(ended), outcome
    assert sorted(receiver.ids()) == sorted(ids_of(daemon.results())), outcome
    assert overlaps > RELOADS / 4, "few reloads came while a delivery was under way"
    looks = run_api.looks["t/steady"]
    gaps = [after - before for before, after in itertools.pairwise(looks)]
    assert max(gaps) < LONGEST_GAP, sorted(gaps)[-5:]
    # What was watched for a while and left the config is not looked at any more.
    assert all(len(run_api.looks[f"t/passing-{number}"]) < len(looks) for number in range(RELOADS // 2 - 1))


def test_a_bad_config_is_told_whole_and_changes_nothing(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    run_api.run("t/r")
    daemon = make_daemon(config_of(run_api, watch=["t/r"], sinks=[file_sink()])).start()
    daemon.reload("polling: {min_intervall: 1s}\nsinks: [{name: a, type: fax}]\n", expected=REFUSED)
    said = daemon.running.stderr
    assert "runwatch.yaml:1:11: polling.min_intervall: unknown key" in said
    assert "runwatch.yaml:2:" in said and "sinks[0].type" in said
    daemon.config["state"] = {"path": "another.db"}
    daemon.reload(expected=REFUSED)
    assert "state.path" in daemon.running.stderr and "restart" in daemon.running.stderr
    run_api.end("t/r")
    daemon.wait_for_results(1)
    daemon.stop()


def test_a_run_that_leaves_the_config_is_dropped_and_may_come_back(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    run_api.run("t/stays", "t/leaves")
    daemon = make_daemon(config_of(run_api, watch=["t/stays", "t/leaves"], sinks=[file_sink()])).start()
    wait_for("a look at it", lambda: run_api.looks.get("t/leaves"))
    before = len(daemon.log())
    daemon.config["watch"] = [{"run": "t/stays"}]
    daemon.reload()
    assert any("t/leaves" in line.values() for line in daemon.log()[before:]), daemon.running.stderr
    run_api.end("t/leaves")
    looks = len(run_api.looks["t/leaves"])
    seen = len(run_api.looks["t/stays"])
    wait_for("looks at the other", lambda: len(run_api.looks["t/stays"]) > seen + 3)
    assert len(run_api.looks["t/leaves"]) <= looks + 1
    daemon.config["watch"].append({"run": "t/leaves", "labels": {"back": "again"}})
    daemon.reload()
    (result,) = daemon.wait_for_results(1)
    daemon.stop()
    assert result["data"]["watch"]["labels"] == {"back": "again"}


def test_a_sink_that_leaves_the_config_keeps_what_it_is_owed(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    receiver = start_receiver(Answer(status=503))
    run_api.run("t/owed", "t/missed", "t/new")
    hook = webhook_sink(receiver.url)
    daemon = make_daemon(config_of(run_api, watch=["t/owed", "t/missed", "t/new"], sinks=[file_sink(), hook])).start()
    run_api.end("t/owed")
    receiver.wait_for_deliveries(1)
    daemon.wait_for_results(1)
    daemon.config["sinks"] = [file_sink()]
    daemon.reload()
    run_api.end("t/missed")
    daemon.wait_for_results(2)
    receiver.answer = Answer()
    daemon.config["sinks"] = [file_sink(), hook]
    daemon.reload()
    receiver.wait_for_deliveries(2)
    run_api.end("t/new")
    receiver.wait_for_deliveries(3)
    daemon.stop()
    # What came while it was gone is not its history.
    assert [ref_of(each.json()) for each in receiver.taken()] == ["t/owed", "t/new"]
