"""Servers that do what the stand-in does not: a closed port, and answers byte by byte as a test writes them."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Callable

_LOOPBACK = "127.0.0.1"


@dataclass
class Endpoint:
    """An address that stands for the API."""

    base_url: str
    ca_file: Path | None = None


class ClosedPort(Endpoint):
    """An address where connections are refused: its port is taken, but nobody listens."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind((_LOOPBACK, 0))
        super().__init__(f"http://{_LOOPBACK}:{self._socket.getsockname()[1]}/v2")

    def close(self) -> None:
        """Gives the port back."""
        self._socket.close()


@dataclass
class Request:
    """A request as it was sent."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


#: The bytes to send; none to close the connection, `None` to stay silent until the client closes it.
Answer = Callable[[Request], "bytes | None"]


class RawServer(Endpoint):
    """Answers each request as a function says, and keeps the requests in the order of arrival."""

    def __init__(
        self,
        answer: Answer,
        *,
        answers_per_connection: int | None = None,
        tls: ssl.SSLContext | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._answer = answer
        self._answers_per_connection = answers_per_connection
        self._tls = tls
        self._listener = socket.create_server((_LOOPBACK, 0))
        scheme = "http" if tls is None else "https"
        self.port = int(self._listener.getsockname()[1])
        super().__init__(f"{scheme}://{_LOOPBACK}:{self.port}/v2", ca_file)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection.makefile("rb") as stream:
                answers = 0
                while answers != self._answers_per_connection and (request := read_request(stream)):
                    self.requests.append(request)
                    answer = self._answer(request)
                    if answer is None:
                        stream.read()
                    if not answer:
                        return
                    connection.sendall(answer)
                    answers += 1

    def close(self) -> None:
        """Stops listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def read_request(stream: IO[bytes]) -> Request | None:
    """Reads a request; nothing at the end of the stream."""
    first = stream.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    request = Request(first[0], first[1])
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        request.headers[name.strip().lower()] = value.strip()
    request.body = stream.read(int(request.headers.get("content-length", "0")))
    return request


def ok(body: str) -> bytes:
    """A plain 200 with JSON."""
    content = body.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content
