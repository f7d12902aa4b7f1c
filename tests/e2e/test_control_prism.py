"""The control API keeps to its description, by the judgement of a third party that stands in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml

from conftest import DaemonMaker
from harness import prism
from harness.control import Answer, ControlApi
from harness.daemon import Daemon, config_of, file_sink, webhook_sink
from harness.prism import Prism
from harness.run_api import RunApi
from harness.waiting import wait_for

DESCRIPTION = Path(__file__).resolve().parents[2] / "docs" / "control-api.openapi.yaml"
TOKEN = "swordfish-of-the-tests"

#: What Prism cannot stand in front of, as it waits for the end of an answer.
STREAMS = {"GET /v1/events"}


@pytest.fixture(scope="module")
def executable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed Prism."""
    return prism.install(tmp_path_factory.mktemp("npm"))


class Judged:
    """Asks a daemon through Prism, and remembers what was asked."""

    def __init__(self, judge: Prism, described: dict[str, Any]) -> None:
        self._api = ControlApi(judge.base_url.removeprefix("http://"), TOKEN)
        self._judge = judge
        self._left = {f"{method.upper()} {path}" for path, all in described["paths"].items() for method in all if method != "parameters"}
        #: The operations that were asked for with success.
        self.asked: set[str] = set()

    @property
    def left(self) -> set[str]:
        """The operations that are described and were not asked for."""
        return self._left - self.asked

    def ask(self, operation: str, *parts: str, query: str = "", body: Any = None, status: int = 200) -> Any:
        """Asks for an operation, and gets the status that is expected, by Prism's leave."""
        method, _, path = operation.partition(" ")
        assert operation in self._left, operation
        for part in parts:
            path = path[: path.index("{")] + part + path[path.index("}") + 1 :]
        answer: Answer = self._api.ask(method, path + query, body)
        assert answer.status == status, (operation, answer, self._judge.log()[-2000:])
        if status < 300:
            self.asked.add(operation)
        return answer.body

    def read_metrics(self) -> str:
        """The one that answers no JSON."""
        self.asked.add("GET /metrics")
        return self._api.metrics()


@pytest.fixture(name="daemon")
def fixture_daemon(make_daemon: DaemonMaker, run_api: RunApi) -> Iterator[Daemon]:
    """One that watches two runs, with a sink that is refused all."""
    run_api.run("t/ends", "t/goes-on")
    # Nobody listens there.
    broken = webhook_sink(f"http://127.0.0.1:{prism.free_port()}/")
    config = config_of(run_api, watch=["t/goes-on"], sinks=[file_sink(), broken])
    config["follow"] = [{"test": "t"}]
    config["http"] = {"listen": "127.0.0.1:0", "token": TOKEN, "quit": True}
    yield make_daemon(config).start()


@pytest.fixture(name="judged")
def fixture_judged(daemon: Daemon, executable: Path, tmp_path: Path) -> Iterator[Judged]:
    """The daemon's control API behind a Prism."""
    described = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
    direct = ControlApi.of(daemon, TOKEN)
    judge = Prism(executable, tmp_path / "prism", described, f"http://{direct.address}")
    yield Judged(judge, described)
    judge.stop()


def test_every_answer_is_as_described(judged: Judged, daemon: Daemon, run_api: RunApi) -> None:
    new = {"watches": [{"run": "t/ends", "labels": {"a": "b"}, "sinks": ["file", "hook"]}, {"run": "t/added"}]}
    judged.ask("GET /healthz")
    judged.ask("GET /readyz")
    assert "runwatch_build_info" in judged.read_metrics()
    wait_for("a list to be looked for", lambda: judged.ask("GET /v1/status")["following"][0]["error"])
    judged.ask("POST /v1/watches", body=new)
    judged.ask("POST /v1/watches", body={"watches": [{"run": "only-one-id"}]}, status=400)
    judged.ask("GET /v1/watches/{test_id}/{run_id}", "t", "ends")
    judged.ask("GET /v1/watches/{test_id}/{run_id}", "t", "none", status=404)
    page = judged.ask("GET /v1/watches", query="?limit=1")
    judged.ask("GET /v1/watches", query=f"?limit=1&test_id=t&cursor={page['next']}")
    judged.ask("DELETE /v1/watches/{test_id}/{run_id}", "t", "goes-on", status=409)
    judged.ask("DELETE /v1/watches/{test_id}/{run_id}", "t", "none", status=404)
    assert judged.ask("DELETE /v1/watches/{test_id}/{run_id}", "t", "added") == {"watch": None}
    judged.ask("GET /v1/runs/{test_id}/{run_id}", "t", "goes-on")

    run_api.end("t/ends", verdict="failed")
    daemon.wait_for_results(1)
    [again] = judged.ask("POST /v1/watches", body={"watches": [{"run": "t/ends"}]})["already_reported"]
    judged.ask("GET /v1/results/{id}", again["result_id"], query="?logs=omit")
    judged.ask("GET /v1/results/{id}", "00000000-0000-4000-8000-000000000000", status=404)
    since = "?type=run.failed,run.error&test_id=t&since=2020-01-01T00:00:00Z&until=2120-01-01T00:00:00Z&logs=full&limit=5"
    assert len(judged.ask("GET /v1/results", query=since)["results"]) == 1
    # Prism lets arrays pass only in the form that the description gives.
    assert judged.ask("GET /v1/deliveries", query="?state=delivered,dropped&sink=hook")["deliveries"] == []
    wait_for("an attempt that failed", lambda: judged.ask("GET /v1/deliveries", query="?sink=hook")["deliveries"][0]["error"])
    [owed] = judged.ask("GET /v1/deliveries")["deliveries"]
    assert judged.ask("GET /v1/deliveries", query=f"?id={owed['id']}")["deliveries"]
    history = judged.ask("GET /v1/runs/{test_id}/{run_id}", "t", "ends")
    assert history["result"] and history["attempts"] and history["polls"] and history["status_changes"]
    judged.ask("GET /v1/runs/{test_id}/{run_id}", "t", "none", status=404)
    assert judged.ask("POST /v1/deliveries/retry", body={"sink": "hook"}) == {"retried": 1}
    judged.ask("POST /v1/deliveries/retry", body={"ids": [999]}, status=404)
    judged.ask("POST /v1/deliveries/drop", body={"sink": "nobody"}, status=404)
    assert judged.ask("POST /v1/deliveries/drop", body={"ids": [owed["id"]], "states": ["pending", "dead"]}) == {"dropped": 1}
    judged.ask("POST /v1/deliveries/drop", body={}, status=400)

    assert judged.ask("POST /v1/reload") == {"generation": 1}
    daemon.write_config("nonsense: {}\n")
    assert len(judged.ask("POST /v1/reload", status=422)["problems"]) == 1
    assert judged.ask("GET /v1/status")["reload"]["problem"]
    run_api.answers["*"] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    wait_for("a pause", lambda: judged.ask("GET /v1/status")["polling"]["paused"])
    assert judged.ask("GET /v1/runs/{test_id}/{run_id}", "t", "goes-on")["pauses"]
    judged.ask("POST /quit", status=202)
    assert daemon.running.finish().code == 0
    assert judged.left == STREAMS


def test_the_judge_refuses_what_is_not_as_described(daemon: Daemon, executable: Path, tmp_path: Path) -> None:
    described = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
    described["components"]["schemas"]["Status"]["required"].append("what_nobody_answers")
    direct = ControlApi.of(daemon, TOKEN)
    judge = Prism(executable, tmp_path / "prism", described, f"http://{direct.address}")
    judged = ControlApi(judge.base_url.removeprefix("http://"), TOKEN)
    with pytest.raises(AssertionError, match="errors#VIOLATIONS"):
        judged.get("/v1/status")
    with pytest.raises(AssertionError, match="errors#UNPROCESSABLE_ENTITY"):
        judged.get("/v1/results?limit=0")
    judge.stop()
