"""A running daemon can be asked, and given runs to watch, by who may do so, and by nobody else."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from typing import Any, Callable

import pytest

from conftest import DaemonMaker, ReceiverStarter
from harness.control import SERVED, ControlApi
from harness.daemon import REFUSED, Config, Daemon, config_of, file_sink, ref_of, webhook_sink
from harness.receiver import Answer
from harness.run_api import RunApi
from harness.waiting import wait_for

TOKEN = "swordfish-of-the-tests"

Starter = Callable[..., Daemon]


def with_http(config: Config, **http: Any) -> Config:
    """The config with a control API on a free port of loopback, unless it says something else."""
    config["http"] = {"listen": "127.0.0.1:0", **http}
    return config


@pytest.fixture(name="start")
def fixture_start(make_daemon: DaemonMaker, run_api: RunApi) -> Starter:
    """Starts a daemon with a file sink and a control API."""

    def start(watch: tuple[str, ...] = (), **http: Any) -> Daemon:
        return make_daemon(with_http(config_of(run_api, watch=watch, sinks=[file_sink()]), **http)).start()

    return start


def watch(api: ControlApi, *refs: str, **more: Any) -> Any:
    """Has runs watched."""
    return api.post("/v1/watches", {"watches": [{"run": ref, **more} for ref in refs]})


@pytest.fixture(name="daemon", params=["tcp", "unix"])
def fixture_daemon(start: Starter, tmp_path: Path, request: pytest.FixtureRequest) -> Daemon:
    """One whose control API is reached by either way."""
    return start() if request.param == "tcp" else start(listen=f"unix:{tmp_path}/http.sock")


def test_a_run_is_added_watched_and_told(daemon: Daemon, run_api: RunApi) -> None:
    api = ControlApi.of(daemon)
    assert api.get("/healthz") == {"status": "ok"}
    assert api.get("/readyz") == {"status": "ready"}
    run_api.run("t/a")
    events = api.events()
    added = watch(api, "t/a", labels={"by": "test"}, sinks=["file"])
    assert [each["run_id"] for each in added["watches"]] == ["a"]
    wait_for("a look at it", lambda: api.get("/v1/watches/t/a")["status"] == "running")
    assert api.get("/v1/status")["watching"] == 1
    run_api.end("t/a", verdict="failed")
    told = events.next()
    assert (told.name, told.data["type"], told.data["data"]["watch"]["labels"]) == ("result", "run.failed", {"by": "test"})
    [written] = daemon.wait_for_results(1)
    assert written == told.data == api.get(f"/v1/results/{written['id']}")
    assert [each["id"] for each in api.get("/v1/results")["results"]] == [written["id"]]
    assert api.get("/v1/watches") == {"watches": [], "next": None}
    again = watch(api, "t/a")
    assert again == {
        "watches": [],
        "already_reported": [{"test_id": "t", "run_id": "a", "result_id": written["id"]}],
    }
    history = api.get("/v1/runs/t/a")
    assert [each["status"] for each in history["status_changes"]] == ["running", "failed"]
    assert history["polls"][-1]["status"] == "failed" and history["polls"][-1]["next_at"] is None
    assert len(history["polls"]) == written["data"]["watch"]["polls"]
    wait_for("the attempt to be noted", lambda: api.get("/v1/runs/t/a")["attempts"])
    assert [each["state"] for each in api.get("/v1/deliveries?state=delivered")["deliveries"]] == ["delivered"]
    events.close()
    daemon.stop()


def test_who_listens_again_misses_nothing(start: Starter, run_api: RunApi) -> None:
    daemon = start()
    api = ControlApi.of(daemon)
    events = api.events()
    refs = [f"t/{number}" for number in range(20)]
    run_api.run(*refs)
    watch(api, *refs)
    run_api.end(*refs[:5])
    first = [ref_of(events.next().data) for _ in range(5)]
    events.close()
    run_api.end(*refs[5:10])
    daemon.wait_for_results(10)
    daemon.kill()
    daemon.start()
    api = ControlApi.of(daemon)
    events = api.events(Last_Event_ID=events.last_id)
    run_api.end(*refs[10:])
    rest = [ref_of(events.next().data) for _ in range(15)]
    assert sorted(first + rest) == sorted(refs)
    daemon.stop()


def test_what_was_added_survives_a_crash_and_ends_when_it_is_taken_back(start: Starter, run_api: RunApi) -> None:
    daemon = start()
    run_api.run("t/kept", "t/removed")
    watch(ControlApi.of(daemon), "t/kept", "t/removed")
    daemon.kill()
    daemon.start()
    api = ControlApi.of(daemon)
    assert [each["run_id"] for each in api.get("/v1/watches")["watches"]] == ["kept", "removed"]
    assert api.ask("DELETE", "/v1/watches/t/removed").body == {"watch": None}
    assert api.ask("DELETE", "/v1/watches/t/removed").status == 404
    run_api.end("t/kept", "t/removed")
    daemon.wait_for_results(1)
    daemon.stop()
    assert [ref_of(each) for each in daemon.results()] == ["t/kept"]


def test_config_and_api_want_one_watch_together(start: Starter, run_api: RunApi) -> None:
    run_api.run("t/both", "t/config")
    daemon = start(watch=("t/both", "t/config"))
    daemon.config["watch"][0]["labels"] = {"a": "config", "b": "config"}
    api = ControlApi.of(daemon)
    daemon.write_config()
    # In whatever order the two write, and however often.
    for _ in range(3):
        watch(api, "T/BOTH", labels={"a": "api", "c": "api"})
        api.post("/v1/reload")
    [both, _] = api.get("/v1/watches")["watches"]
    assert both["labels"] == {"a": "api", "b": "config", "c": "api"}
    assert both["origin"] == "api"
    assert api.ask("DELETE", "/v1/watches/t/config").status == 409
    left = api.ask("DELETE", "/v1/watches/t/both").body["watch"]
    assert (left["origin"], left["labels"]) == ("config", {"a": "config", "b": "config"})
    # What the API wants stays when the config does not want it any more.
    watch(api, "t/both", labels={"a": "api"})
    daemon.config["watch"] = []
    daemon.reload()
    assert [each["run_id"] for each in api.get("/v1/watches")["watches"]] == ["both"]
    run_api.end("t/both", "t/config")
    [result] = daemon.wait_for_results(1)
    assert (ref_of(result), result["data"]["watch"]["labels"]) == ("t/both", {"a": "api"})
    daemon.stop()


def test_a_reload_is_waited_for(start: Starter, run_api: RunApi) -> None:
    daemon = start()
    api = ControlApi.of(daemon)
    run_api.run("t/new")
    daemon.config["watch"] = [{"run": "t/new"}]
    daemon.write_config()
    assert api.post("/v1/reload") == {"generation": 1}
    assert api.get("/v1/status")["watching"] == 1
    daemon.write_config("nonsense: {}\npolling: {max_interval: 1}\n")
    refused = api.ask("POST", "/v1/reload")
    assert refused.status == 422 and "the one in force goes on" in refused.error
    assert [problem.partition("runwatch.yaml:")[2].partition(" ")[0] for problem in refused.body["problems"]] == ["1:1:", "2:25:"]
    assert api.get("/v1/status")["reload"] == {"generation": 2, "problem": "\n".join(refused.body["problems"])}
    daemon.stop()


def test_an_address_that_changes_is_taken_and_connections_stay(start: Starter, tmp_path: Path) -> None:
    daemon = start()
    api = ControlApi.of(daemon)
    kept = api.connect()
    kept.request("GET", "/healthz")
    kept.getresponse().read()
    events = api.events()
    daemon.config["polling"]["max_interval"] = "300ms"
    daemon.reload()
    assert len(daemon.lines(SERVED)) == 1
    # One that cannot be had leaves everything as it is.
    with socket.create_server(("127.0.0.1", 0)) as taken:
        daemon.config["http"]["listen"] = f"127.0.0.1:{taken.getsockname()[1]}"
        daemon.reload(expected=REFUSED)
    assert api.get("/healthz") == {"status": "ok"}
    # Nor can one that the daemon itself is in the way of; but it may keep the port that the system picked.
    address = daemon.lines(SERVED)[-1]["address"]
    daemon.config["http"]["listen"] = "localhost:" + address.rpartition(":")[2]
    daemon.reload(expected=REFUSED)
    assert f"this runwatch listens on {address}, which is in the way" in api.get("/v1/status")["reload"]["problem"]
    daemon.config["http"]["listen"] = address
    daemon.reload()
    assert len(daemon.lines(SERVED)) == 1
    daemon.config["http"]["listen"] = f"unix:{tmp_path}/other.sock"
    daemon.reload()
    other = ControlApi.of(daemon)
    assert other.get("/v1/status")["reload"]["problem"] is None
    with pytest.raises(ConnectionRefusedError):
        api.ask("GET", "/healthz")
    kept.request("GET", "/healthz")
    assert kept.getresponse().status == 200
    del daemon.config["http"]
    daemon.reload()
    assert not (tmp_path / "other.sock").exists()
    kept.close()
    events.close()
    daemon.stop()


def test_without_http_there_is_no_port_and_no_socket(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    run_api.run("t/a")
    daemon = make_daemon(config_of(run_api, watch=["t/a"], sinks=[file_sink()])).start()
    inodes = {
        link.readlink().name.removeprefix("socket:[").rstrip("]")
        for link in Path(f"/proc/{daemon.pid}/fd").iterdir()
        if link.readlink().name.startswith("socket:[")
    }
    listening = {
        columns[9]
        for table in ("tcp", "tcp6")
        for columns in (line.split() for line in Path(f"/proc/{daemon.pid}/net/{table}").read_text().splitlines()[1:])
        if columns[3] == "0A"
    }
    assert not inodes & listening
    assert not daemon.lines(SERVED)
    run_api.end("t/a")
    daemon.wait_for_results(1)
    daemon.stop()


def test_nobody_is_let_in_without_the_token(start: Starter, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(TOKEN + "\n")
    daemon = start(token={"file": str(secret)})
    api = ControlApi.of(daemon)
    refused = api.ask("GET", "/v1/status")
    assert refused.status == 401 and refused.headers["www-authenticate"].startswith("Bearer")
    assert api.ask("GET", "/v1/status", Authorization="Bearer wrong").status == 401
    assert api.ask("GET", "/v1/events").status == 401
    assert api.get("/healthz") and api.get("/readyz")
    holder = ControlApi.of(daemon, TOKEN)
    assert holder.get("/v1/status")["phase"] == "ready"
    secret.write_text("another-token\n")
    assert holder.ask("GET", "/v1/status").status == 401
    assert ControlApi.of(daemon, "another-token").get("/v1/status")
    secret.unlink()
    assert ControlApi.of(daemon, "another-token").get("/v1/status"), "a file that is being replaced locks nobody out"
    outcome = daemon.stop()
    assert TOKEN not in outcome.stderr and "another-token" not in outcome.stderr


def test_web_pages_are_refused(start: Starter) -> None:
    daemon = start()
    api = ControlApi.of(daemon)
    assert "neither an IP address nor localhost" in api.ask("GET", "/v1/status", Host="evil.example:80").error
    body = {"watches": [{"run": "t/r"}]}
    assert api.ask("POST", "/v1/watches", body, Origin="https://evil.example").status == 403
    assert api.ask("POST", "/v1/watches", body, Origin="null").status == 403
    assert api.ask("POST", "/v1/watches", body, Sec_Fetch_Site="cross-site").status == 403
    assert api.ask("POST", "/v1/watches", '{"watches":[]}', Content_Type="text/plain").status == 415
    assert api.ask("POST", "/v1/reload", Origin="https://evil.example").status == 403
    assert api.get("/v1/watches")["watches"] == []
    assert api.get("/v1/status")["reload"]["generation"] == 0
    daemon.stop()


def test_head_is_a_get_without_its_body(start: Starter) -> None:
    daemon = start()
    connection = ControlApi.of(daemon).connect()
    for method, body in (("GET", b'{"status":"ok"}\n'), ("HEAD", b""), ("GET", b'{"status":"ok"}\n')):
        connection.request(method, "/healthz")
        response = connection.getresponse()
        assert (response.status, response.headers["content-length"], response.read()) == (200, "16", body)
    connection.close()
    daemon.stop()


def test_errors_say_what_to_do(start: Starter) -> None:
    daemon = start()
    api = ControlApi.of(daemon)
    assert api.ask("GET", "/v1/foo").status == 404
    wrong = api.ask("PUT", "/v1/watches")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
    assert api.ask("POST", "/v1/watches", {"watches": [{"run": "t/r", "sinks": ["fil"]}]}).error.endswith('did you mean "file"?')
    assert api.ask("POST", "/v1/watches", {"watches": [{"run": "t/r", "url": "https://evil.example"}]}).status == 400
    # What is announced is not waited for.
    assert api.ask("POST", "/v1/watches", "{", Content_Type="application/json", Content_Length=str(2 << 20)).status == 413
    assert api.ask("GET", "/v1/results?limit=many").error == 'limit: "many" is no whole number from 1 to 1000'
    assert api.ask("GET", "/v1/runs/t/r").status == 404
    daemon.stop()


def test_deliveries_are_listed_retried_and_dropped(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    receiver = start_receiver(Answer(status=400))
    run_api.run("t/a", "t/b")
    config = config_of(run_api, watch=["t/a", "t/b"], sinks=[webhook_sink(receiver.url)])
    daemon = make_daemon(with_http(config)).start()
    api = ControlApi.of(daemon)
    run_api.end("t/a", "t/b")

    def dead() -> Any:
        found = api.get("/v1/deliveries?sink=hook&state=dead")["deliveries"]
        return found if len(found) == 2 else None

    first, second = wait_for("both to be given up", dead)
    assert "400" in first["error"]
    assert api.get("/v1/deliveries?limit=1")["next"] == str(first["id"])
    assert api.post("/v1/deliveries/drop", {"ids": [second["id"]]}) == {"dropped": 1}
    before = len(receiver.deliveries)
    receiver.answer = Answer()
    assert api.post("/v1/deliveries/retry", {"sink": "hook"}) == {"retried": 1}
    wait_for("what was retried to be sent at once", lambda: len(receiver.deliveries) > before)
    wait_for("it to be taken", lambda: api.get("/v1/deliveries?state=delivered")["deliveries"])
    history = api.get(f"/v1/runs/{first['test_id']}/{first['run_id']}")
    assert [each["state"] for each in history["attempts"]] == ["dead", "delivered"]
    daemon.stop()


def test_a_sink_that_left_before_the_end_is_owed_the_result(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    receiver = start_receiver()
    run_api.run("t/a")
    daemon = make_daemon(with_http(config_of(run_api, sinks=[webhook_sink(receiver.url)]))).start()
    api = ControlApi.of(daemon)
    watch(api, "t/a", sinks=["hook"])
    sinks = daemon.config["sinks"]
    daemon.config["sinks"] = [file_sink()]
    daemon.reload()
    run_api.end("t/a")
    [owed] = wait_for("a delivery", lambda: api.get("/v1/deliveries")["deliveries"])
    assert (owed["sink"], owed["state"]) == ("hook", "orphaned")
    daemon.config["sinks"] = sinks
    daemon.reload()
    assert receiver.wait_for_deliveries(1)[0].id == owed["result"]["id"]
    daemon.stop()


def test_quit_ends_it_only_where_it_may(start: Starter) -> None:
    daemon = start()
    assert ControlApi.of(daemon).ask("POST", "/quit").status == 403
    daemon.config["http"]["quit"] = True
    daemon.reload()
    assert ControlApi.of(daemon).ask("POST", "/quit").status == 202
    outcome = daemon.running.finish()
    assert outcome.code == 0, outcome


def test_it_is_not_ready_while_it_ends(
    make_daemon: DaemonMaker, run_api: RunApi, start_receiver: ReceiverStarter
) -> None:
    receiver = start_receiver(Answer(delay=3.0))
    run_api.run("t/a")
    config = config_of(run_api, watch=["t/a"], sinks=[webhook_sink(receiver.url)])
    daemon = make_daemon(with_http(config)).start()
    api = ControlApi.of(daemon)
    events = api.events()
    run_api.end("t/a")
    assert events.next().name == "result"
    wait_for("the delivery to be under way", lambda: receiver.deliveries)
    daemon.running.send(signal.SIGTERM)
    daemon.wait_for_line("stopping")
    assert "about to end" in api.ask("GET", "/readyz").error
    assert api.get("/healthz") == {"status": "ok"}
    assert api.get("/v1/status")["phase"] == "draining"
    assert api.ask("POST", "/v1/watches", {"watches": [{"run": "t/b"}]}).status == 503
    outcome = daemon.running.finish()
    assert outcome.code == 0, outcome
    assert list(events) == [], "the stream ends with the daemon"


def test_a_start_whose_address_is_taken_says_so(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        daemon = make_daemon(with_http(config_of(run_api), listen=address))
        daemon.launch()
        outcome = daemon.running.finish()
    assert outcome.code == 78 and address in outcome.stderr, outcome


def test_a_pause_of_polling_is_told(start: Starter, run_api: RunApi) -> None:
    run_api.run("t/a")
    daemon = start(watch=("t/a",))
    api = ControlApi.of(daemon)
    wait_for("a look", lambda: run_api.looks.get("t/a"))
    assert api.get("/v1/status")["polling"]["paused"] is None
    run_api.answers["*"] = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
    paused = wait_for("a pause", lambda: api.get("/v1/status")["polling"]["reason"] and api.get("/v1/status")["polling"])
    assert paused["paused"] == "refused" and "401" in paused["reason"]
    [pause] = api.get("/v1/runs/t/a")["pauses"]
    assert (pause["why"], pause["until"]) == ("refused", None)
    run_api.answers.clear()
    daemon.reload()
    wait_for("the end of the pause", lambda: api.get("/v1/status")["polling"]["paused"] is None)
    daemon.stop()
