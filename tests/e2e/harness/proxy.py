"""A small HTTP proxy on loopback that knows CONNECT and nothing else."""

from __future__ import annotations

import base64
import socket
import threading
from contextlib import suppress

from harness.raw_server import Request, read_request


class Proxy:
    """Tunnels to 127.0.0.1, whatever host it is asked for, and remembers what it was asked."""

    def __init__(self, credentials: str = "", status: int = 200) -> None:
        self.requests: list[Request] = []
        self._expected = f"Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else None
        self._status = status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def with_credentials(self, credentials: str) -> str:
        """Its URL as a user writes it who has to log in."""
        return self.url.replace("//", f"//{credentials}@")

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            with client.makefile("rb", buffering=0) as stream:
                request = read_request(stream)
            if request is None:
                return
            self.requests.append(request)
            status = self._status_for(request)
            client.sendall(f"HTTP/1.1 {status} Whatever\r\nProxy-Agent: tiny\r\n\r\n".encode())
            if status == 200:
                self._tunnel(client, int(request.target.rpartition(":")[2]))

    def _status_for(self, request: Request) -> int:
        if request.method != "CONNECT":
            return 405
        if self._expected and request.headers.get("proxy-authorization") != self._expected:
            return 407
        return self._status

    @staticmethod
    def _tunnel(client: socket.socket, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            forward = threading.Thread(target=_copy, args=(client, server), daemon=True)
            forward.start()
            _copy(server, client)
            forward.join()

    def close(self) -> None:
        """Stops listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Copies what comes until the source ends."""
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
