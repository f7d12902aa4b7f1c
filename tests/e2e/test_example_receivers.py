"""The receivers that docs/webhooks.md shows take what is signed, once, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest

from conftest import DaemonMaker
from harness.daemon import config_of, webhook_sink
from harness.run_api import RunApi
from harness.waiting import wait_for

RECEIVERS = Path(__file__).resolve().parents[2] / "docs/receivers"
KEY = bytes(range(24))
SECRET = "whsec_" + base64.b64encode(KEY).decode()

#: How each is started.
COMMANDS = {"receiver.py": [sys.executable], "receiver.mjs": ["node"]}


class Receiver:
    """One of them, on a free port."""

    def __init__(self, name: str, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*COMMANDS[name], str(RECEIVERS / name), str(self.port)], stdout=output, env=os.environ | {"WEBHOOK_SECRET": SECRET}
            )
        wait_for("its port", self._listens)

    def _listens(self) -> bool:
        assert self._process.poll() is None, "it ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def printed(self) -> list[str]:
        """What it has taken."""
        return self._log.read_text(encoding="utf-8").splitlines()

    def post(self, body: bytes, message_id: str, timestamp: str, signatures: str) -> int:
        """Sends a message, and returns the status of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signatures}
        connection.request("POST", "/", body, headers)
        status = connection.getresponse().status
        connection.close()
        return status

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait()


def signature(body: bytes, message_id: str, timestamp: str, key: bytes = KEY) -> str:
    """That of a sender."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


@pytest.fixture(name="receiver", params=COMMANDS)
def fixture_receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Receiver]:
    """Each of them."""
    receiver = Receiver(request.param, tmp_path / "receiver.log")
    yield receiver
    receiver.stop()


def test_they_take_what_runwatch_sends(make_daemon: DaemonMaker, run_api: RunApi, receiver: Receiver) -> None:
    run_api.run("t/a", "t/b")
    sink = webhook_sink(f"http://127.0.0.1:{receiver.port}/", secret={"env": "OPS_SECRET"})
    daemon = make_daemon(config_of(run_api, watch=["t/a", "t/b"], sinks=[sink])).start(env={"OPS_SECRET": SECRET})
    run_api.end("t/a", verdict="failed")
    wait_for("the first result", lambda: receiver.printed() == ["run.failed t/a"])
    run_api.end("t/b")
    wait_for("the second", lambda: receiver.printed() == ["run.failed t/a", "run.passed t/b"])
    daemon.stop()


def test_they_take_nothing_that_is_not_signed_just_now(receiver: Receiver) -> None:
    body = json.dumps({"type": "run.passed", "data": {"run": {"test_id": "t", "run_id": "r"}}}).encode()
    now = str(int(time.time()))
    old = str(int(time.time()) - 600)
    good = signature(body, "1", now)
    assert receiver.post(body + b" ", "1", now, good) == 401
    assert receiver.post(body, "2", now, good) == 401
    assert receiver.post(body, "1", old, signature(body, "1", old)) == 401
    assert receiver.post(body, "1", now, signature(body, "1", now, b"another key")) == 401
    assert receiver.post(body, "1", "soon", signature(body, "1", "soon")) == 401
    assert receiver.post(body, "1", now, "") == 401
    assert receiver.printed() == []
    # One of several signatures is enough; and the same message again is nothing new.
    assert receiver.post(body, "1", now, signature(body, "1", now, b"another key") + " " + good) == 204
    assert receiver.post(body, "1", now, good) == 204
    assert receiver.printed() == ["run.passed t/r"]
