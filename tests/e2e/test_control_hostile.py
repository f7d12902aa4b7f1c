"""What a client sends to a running daemon that it should not is refused in a clear way, and nobody else notices."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from typing import Any

from conftest import DaemonMaker
from harness.control import ControlApi, read_to_the_end
from harness.daemon import Daemon, config_of, file_sink, ref_of
from harness.run_api import RunApi
from harness.waiting import CEILING, wait_for

HEAD = b"POST /v1/watches HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
_BODY = b'{"watches":[{"run":"t/smuggled"}]}'
#: What a reader that sees the end of the first request elsewhere takes for a second one.
SECOND = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

#: What is sent, the status, and a part of what is wrong.
REFUSED = [
    # Smuggling: where does the first request end?
    (HEAD + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + SECOND, 400, "more than one Content-Length"),
    (HEAD + b"Content-Length: 0, 44\r\n\r\n" + SECOND, 400, "not a number"),
    (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECOND, 400, "both a Content-Length and"),
    (HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SECOND, 400, "both a Content-Length and"),
    (HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SECOND, 400, "takes is chunked"),
    (HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SECOND, 400, "a space between its name and the colon"),
    (HEAD.replace(b"\r\n", b"\n") + b"\n" + SECOND, 400, "LF without CR"),
    (HEAD + b"X: a\r\n Content-Length: 0\r\n\r\n" + SECOND, 400, "begins with a space"),
    (CHUNKED + b"-1\r\n" + SECOND, 400, "bad chunk"),
    (CHUNKED + b"3;a=b\r\nabc\r\n0\r\n\r\n" + SECOND, 400, "more than its size in its first line"),
    # Who is asked?
    (b"GET /v1/status HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + SECOND, 400, "more than one Host"),
    (b"GET http://h/v1/status HTTP/1.1\r\nHost: h\r\n\r\n" + SECOND, 400, "does not begin with a slash"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), 400, "speaks TLS"),
    # Too much of it.
    (HEAD + b"Content-Length: 1048577\r\n\r\n" + bytes(70_000), 413, "larger than 1048576 bytes"),
    (CHUNKED + b"100001\r\n" + bytes(70_000), 413, "larger than 1048576 bytes"),
    (b"GET /v1/status HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431, "16384 bytes"),
    (b"GET /v1/status HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431, "more than 100 headers"),
]

#: Requests that never come to their end.
HALF_SENT = [
    b"G",
    b"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    HEAD + b"Content-Length: 100\r\n\r\n" + b'{"watches":',
    CHUNKED + b"40\r\n" + b'{"watches":',
]


def start(make_daemon: DaemonMaker, run_api: RunApi, **more: Any) -> Daemon:
    """A daemon that watches t/a, with a control API on a free port of loopback."""
    run_api.run("t/a")
    config = config_of(run_api, watch=["t/a"], sinks=[file_sink()]) | {"http": {"listen": "127.0.0.1:0"}} | more
    return make_daemon(config).start()


def connect(api: ControlApi) -> socket.socket:
    """A connection to the daemon."""
    host, _, port = api.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=CEILING)


def assert_refused(answer: str, status: int, why: str) -> None:
    """One answer, with this status, that says what is wrong in JSON, and that the connection ends."""
    assert re.findall(r"HTTP/1\.1 (\d+) ", answer) == [str(status)], answer
    head, _, body = answer.partition("\r\n\r\n")
    assert "\r\nconnection: close" in head.lower(), answer
    assert why in json.loads(body)["error"], answer


def test_what_could_be_understood_in_two_ways_or_is_too_much_is_refused(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    daemon = start(make_daemon, run_api)
    api = ControlApi.of(daemon)
    for sent, status, why in REFUSED:
        connection = connect(api)
        connection.sendall(sent)
        assert_refused(read_to_the_end(connection).decode(), status, why)
    assert [each["run_id"] for each in api.get("/v1/watches")["watches"]] == ["a"], "nothing was smuggled in"
    daemon.stop()


def test_who_does_not_finish_a_request_is_told_so_and_holds_up_nobody(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    daemon = start(make_daemon, run_api)
    api = ControlApi.of(daemon)
    began = time.monotonic()
    waiting = []
    for sent in HALF_SENT * 25:
        connection = connect(api)
        connection.sendall(sent)
        waiting.append(connection)
    # Who leaves in the middle gets no answer, and keeps nothing.
    for sent in HALF_SENT:
        connection = connect(api)
        connection.sendall(sent)
        connection.close()
    looks = len(run_api.looks.get("t/a", []))
    assert api.get("/v1/status")["watching"] == 1
    wait_for("looks to go on", lambda: len(run_api.looks.get("t/a", [])) > looks + 5)
    for connection in waiting:
        assert_refused(read_to_the_end(connection).decode(), 408, "did not come to its end in time")
    assert 9 < time.monotonic() - began < 30
    daemon.stop()


def test_config_and_api_write_at_the_same_time(make_daemon: DaemonMaker, run_api: RunApi) -> None:
    run_api.run("t/both")
    daemon = start(make_daemon, run_api, watch=[])
    api = ControlApi.of(daemon)
    wanted = {"watches": [{"run": "t/both", "labels": {"a": "api", "c": "api"}}]}
    troubles: list[BaseException] = []

    def add_and_remove() -> None:
        try:
            for _ in range(100):
                api.post("/v1/watches", wanted)
                # Where the config wants it too, its watch is what is left.
                left = api.ask("DELETE", "/v1/watches/t/both").body["watch"]
                assert left is None or (left["origin"], left["labels"]) == ("config", {"a": "config", "b": "config"})
            api.post("/v1/watches", wanted)
        except BaseException as trouble:
            troubles.append(trouble)

    def reload(wants_it: bool) -> None:
        labels = {"a": "config", "b": "config"}
        daemon.config["watch"] = [{"run": "t/both", "labels": labels}] if wants_it else []
        daemon.write_config()
        api.post("/v1/reload")

    def watches() -> Any:
        return api.get("/v1/watches")["watches"]

    writer = threading.Thread(target=add_and_remove)
    writer.start()
    for count in range(20):
        reload(count % 2 == 0)
        assert len(watches()) <= 1
    writer.join()
    assert not troubles, troubles
    reload(True)
    [both] = watches()
    assert (both["origin"], both["labels"]) == ("api", {"a": "api", "b": "config", "c": "api"})
    # What one takes back, the other one goes on to want.
    reload(False)
    [of_api] = watches()
    assert (of_api["origin"], of_api["labels"]) == ("api", {"a": "api", "c": "api"})
    reload(True)
    of_config = api.ask("DELETE", "/v1/watches/t/both").body["watch"]
    assert (of_config["origin"], of_config["labels"]) == ("config", {"a": "config", "b": "config"})
    api.post("/v1/watches", wanted)
    run_api.end("t/both")
    [result] = daemon.wait_for_results(1)
    assert (ref_of(result), result["data"]["watch"]["labels"]) == ("t/both", {"a": "api", "b": "config", "c": "api"})
    outcome = daemon.stop()
    assert len(daemon.results()) == 1, outcome
