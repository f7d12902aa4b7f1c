"""Prism, a server that judges requests and answers by an OpenAPI description alone."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

from harness import npm
from harness.raw_server import Endpoint
from harness.waiting import wait_for

_PACKAGE = Path(__file__).resolve().parents[1] / "prism"
_DESCRIPTION = Path(__file__).resolve().parents[2] / "sim" / "telnyx-assistant-tests.openapi.json"

_START = 60.0


def install(directory: Path) -> Path:
    """Installs Prism as its lock file says, and returns its executable."""
    return npm.install(_PACKAGE, directory) / "node_modules" / ".bin" / "prism"


def description() -> dict[str, Any]:
    """The description of the API, to be served as it is or changed."""
    found: dict[str, Any] = json.loads(_DESCRIPTION.read_text(encoding="utf-8"))
    return found


class Prism(Endpoint):
    """A Prism that serves a description, or stands in front of a server that does, and refuses what does not keep to it."""

    def __init__(self, executable: Path, directory: Path, served: dict[str, Any], upstream: str = "") -> None:
        directory.mkdir()
        file = directory / "openapi.json"
        file.write_text(json.dumps(served))
        port = free_port()
        command = [str(executable), "proxy" if upstream else "mock", "--errors", "--host", "127.0.0.1", "--port", str(port)]
        command += [str(file), upstream] if upstream else [str(file)]
        self._log = directory / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        super().__init__(f"http://127.0.0.1:{port}")
        wait_for("Prism to listen", self._listens, _START)

    def _listens(self) -> bool:
        assert self._process.poll() is None, self.log()
        return "Prism is listening" in self.log()

    def log(self) -> str:
        """What it says of the requests so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def requests(self) -> int:
        """How many requests came so far."""
        return self.log().count("Request received")

    def stop(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
