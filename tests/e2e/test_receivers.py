"""What comes to a webhook is taken by receivers that are not ours: the npm packages `standardwebhooks` and `cloudevents`."""

from __future__ import annotations

import base64
from typing import Callable, Iterator, Sequence
from urllib.parse import unquote

import pytest

from conftest import DaemonMaker
from harness.daemon import config_of, file_sink, ref_of, webhook_sink
from harness.judges import Judge, install_judges
from harness.run_api import RunApi

FIRST = "whsec_" + base64.b64encode(bytes(range(24))).decode()
SECOND = "whsec_" + base64.b64encode(bytes(range(100, 164))).decode()
ENVIRONMENT = {"FIRST": FIRST, "SECOND": SECOND}

#: Names that could be spoilt on their way.
TESTS = ["plain", "ünïcödé", "日本語", 'quote"and\\slash', "a%20b+c", "emoji👩‍🚀"]

VERDICTS = ("passed", "failed", "error")

JudgeStarter = Callable[[Sequence[str]], Judge]


@pytest.fixture(scope="module")
def start_judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JudgeStarter]:
    """Starts receivers with secrets. They end with the last test."""
    script = install_judges(tmp_path_factory.mktemp("npm"))
    running: list[Judge] = []

    def start(secrets: Sequence[str]) -> Judge:
        running.append(Judge(script, script.parent / f"log-{len(running)}", secrets))
        return running[-1]

    yield start
    for judge in running:
        judge.stop()


def test_every_delivery_is_verified_and_read(
    make_daemon: DaemonMaker, run_api: RunApi, start_judge: JudgeStarter
) -> None:
    one, two, events = start_judge([FIRST]), start_judge([FIRST, SECOND]), start_judge([])
    refs = [f"{test}/{run}" for test in TESTS for run in VERDICTS]
    for ref in refs:
        run_api.end(ref, verdict=ref.rpartition("/")[2])
        run_api.members[ref] = {"logs": f"{ref} \u2028 \x7f\n" * 20, "detail_status": [{"name": ref, "status": "passed"}]}
    run_api.run("t/for-ever")
    watch = [*refs, "t/for-ever", "t/absent"]
    sinks = [
        file_sink(),
        webhook_sink(f"{one.url}/standard", "one", secret={"env": "FIRST"}),
        webhook_sink(f"{two.url}/standard", "two", secret=[{"env": "SECOND"}, {"env": "FIRST"}]),
        webhook_sink(f"{events.url}/cloudevents", "events", format="cloudevents"),
    ]
    polling = {"give_up_after": "2s", "not_found_grace": "0s"}
    daemon = make_daemon(config_of(run_api, watch=watch, sinks=sinks, polling=polling)).start(env=ENVIRONMENT)
    results = {result["id"]: result for result in daemon.wait_for_results(len(watch))}
    assert {result["type"] for result in results.values()} == {
        f"run.{name}" for name in (*VERDICTS, "timed_out", "unwatchable")
    }
    for judge in (one, two, events):
        said = judge.wait_for_deliveries(len(watch))
        assert [each["error"] for each in said] == [None] * len(watch)
        assert {each["found"]["id"] for each in said} == results.keys()
        for found in (each["found"] for each in said):
            assert (found["type"], found["data"]) == (results[found["id"]]["type"], results[found["id"]]["data"])
    for each in events.deliveries():
        event, result = each["found"], results[each["found"]["id"]]
        test_id, run_id = ref_of(result).split("/")
        assert each["headers"]["content-type"] == "application/cloudevents+json"
        assert event["specversion"] == "1.0"
        assert event["datacontenttype"] == "application/json"
        assert unquote(event["source"]) == f"/ai/assistants/tests/{test_id}"
        assert unquote(event["subject"]) == run_id
        assert event["time"] == result["timestamp"]
    daemon.stop()


def test_a_delivery_that_is_tampered_with_is_not_taken(
    make_daemon: DaemonMaker, run_api: RunApi, start_judge: JudgeStarter
) -> None:
    """The judge can say no: to a secret that it does not know, and to none."""
    judge = start_judge([FIRST])
    run_api.end("t/r")
    sinks = [
        webhook_sink(f"{judge.url}/standard", "other", secret={"env": "SECOND"}),
        webhook_sink(f"{judge.url}/standard", "unsigned"),
    ]
    daemon = make_daemon(config_of(run_api, watch=["t/r"], sinks=sinks)).start(env=ENVIRONMENT)
    said = judge.wait_for_deliveries(2)
    for name in ("other", "unsigned"):
        daemon.wait_for_line("", sink=name)
    daemon.stop()
    assert all("WebhookVerificationError" in each["error"] for each in said), said
