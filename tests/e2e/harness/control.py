"""A client of a daemon's control API, over TCP or a unix socket."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from harness.daemon import Daemon
from harness.waiting import CEILING

#: What the log says where the control API is served.
SERVED = "control API is served"


@dataclass(frozen=True)
class Answer:
    """What a request was answered."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def error(self) -> str:
        """What was wrong."""
        assert self.status >= 400 and isinstance(self.body["error"], str), self
        return str(self.body["error"])


@dataclass(frozen=True)
class Event:
    """One event of a stream."""

    name: str
    id: str
    data: Any


class Unix(http.client.HTTPConnection):
    """A connection through a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=CEILING)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CEILING)
        self.sock.connect(self._path)


class Stream:
    """Events as they come."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._response = response
        #: The id that a client comes back with.
        self.last_id = ""

    def __iter__(self) -> Iterator[Event]:
        fields: dict[str, str] = {}
        while line := self._response.readline():
            text = line.decode().rstrip("\n")
            if text:
                name, _, value = text.partition(":")
                fields[name] = value.removeprefix(" ")
                continue
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                yield Event(fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"]))
            fields = {}

    def next(self) -> Event:
        """The next event, which must come."""
        return next(iter(self))

    def close(self) -> None:
        """Goes away."""
        self._response.close()
        self._connection.close()


class ControlApi:
    """Asks a daemon at an address such as a config has."""

    def __init__(self, address: str, token: str = "") -> None:
        self.address = address
        self.token = token

    @classmethod
    def of(cls, daemon: Daemon, token: str = "") -> ControlApi:
        """That of a daemon that is ready, as its log tells it."""
        return cls(daemon.lines(SERVED)[-1]["address"], token)

    def connect(self) -> http.client.HTTPConnection:
        """A new connection."""
        if self.address.startswith("unix:"):
            return Unix(self.address.removeprefix("unix:"))
        return http.client.HTTPConnection(self.address, timeout=CEILING)

    def ask(self, method: str, target: str, body: Any = None, **headers: str) -> Answer:
        """Sends one request; underscores in a header's name stand for dashes. A body that is no text is sent as JSON."""
        sent = self._headers(headers)
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.request(method, target, body, sent)
            response = connection.getresponse()
            text = response.read()
            assert response.getheader("Content-Type") == "application/json", (response.status, text)
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, json.loads(text))
        finally:
            connection.close()

    def get(self, target: str) -> Any:
        """What a GET brings, which must succeed."""
        answer = self.ask("GET", target)
        assert answer.status == 200, answer
        return answer.body

    def metrics(self) -> str:
        """All metrics, as Prometheus reads them."""
        connection = self.connect()
        try:
            connection.request("GET", "/metrics", headers=self._headers({}))
            response = connection.getresponse()
            text = response.read().decode()
            assert response.status == 200, (response.status, text)
            assert response.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
            return text
        finally:
            connection.close()

    def post(self, target: str, body: Any = None) -> Any:
        """The same for a POST."""
        answer = self.ask("POST", target, body)
        assert answer.status in (200, 202), answer
        return answer.body

    def events(self, target: str = "/v1/events", **headers: str) -> Stream:
        """Opens a stream of events."""
        connection = self.connect()
        connection.request("GET", target, headers=self._headers(headers))
        response = connection.getresponse()
        assert response.status == 200, (response.status, response.read())
        assert response.getheader("Content-Type") == "text/event-stream"
        return Stream(connection, response)

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return headers


def read_to_the_end(connection: socket.socket) -> bytes:
    """All that comes until the daemon closes."""
    text = b""
    try:
        while piece := connection.recv(65_536):
            text += piece
    except ConnectionResetError:
        pass
    connection.close()
    return text
