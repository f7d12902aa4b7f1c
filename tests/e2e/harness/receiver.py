"""A webhook receiver on loopback that answers as a test says and remembers every delivery."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Mapping

from harness.waiting import wait_for


@dataclass(frozen=True)
class Answer:
    """What a delivery is answered with, and when: after a delay, or once an event is set."""

    status: int = 204
    delay: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    held_by: threading.Event | None = None


@dataclass
class Delivery:
    """A message that came whole, whatever it was answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    #: When it had come, by the monotonic clock, and when it was answered.
    came_at: float
    answered_at: float | None = None
    status: int | None = None

    @property
    def id(self) -> str:
        """Its `webhook-id`."""
        return self.headers.get("webhook-id", "")

    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)


Script = Callable[[Delivery], Answer]


class Receiver:
    """Answers each delivery as `answer` says, which may be changed at any time: an Answer, or a function that gives one."""

    def __init__(self, answer: Answer | Script = Answer()) -> None:
        self.answer = answer
        self.deliveries: list[Delivery] = []
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def take(self, delivery: Delivery) -> Answer:
        """Remembers a delivery and says what it is answered with, once it is time to."""
        self.deliveries.append(delivery)
        answer = self.answer if isinstance(self.answer, Answer) else self.answer(delivery)
        if answer.held_by is not None:
            while not answer.held_by.wait(0.02) and not self._closing.is_set():
                pass
        if answer.delay:
            self._closing.wait(answer.delay)
        return answer

    def taken(self) -> list[Delivery]:
        """The deliveries that were answered with a success."""
        return [each for each in self.deliveries if each.status is not None and each.status // 100 == 2]

    def ids(self) -> list[str]:
        """The ids of all deliveries, in the order in which they came."""
        return [each.id for each in self.deliveries]

    def wait_for_deliveries(self, count: int) -> list[Delivery]:
        """Waits until so many have come."""
        wait_for(f"{count} deliveries", lambda: len(self.deliveries) >= count)
        return self.deliveries

    def close(self) -> None:
        """Stops listening, and answers what waits for its answer at once."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    receiver: Receiver
    daemon_threads = True
    # Who closes has answered what it wants to.
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, be it killed, is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:  # noqa: N802, the name that the library calls
        length = int(self.headers.get("content-length", "0"))
        body = self.rfile.read(length)
        if len(body) != length:
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        delivery = Delivery(self.path, headers, body, time.monotonic())
        answer = self.server.receiver.take(delivery)
        content = answer.body.encode()
        # Whoever is told of an answer may look at once for what it was.
        delivery.status, delivery.answered_at = answer.status, time.monotonic()
        with suppress(OSError):
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if content or answer.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the name that the library gives it
        """Says nothing."""
