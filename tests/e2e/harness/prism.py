"""Prism, a mock server that answers and judges requests by an OpenAPI description alone."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

from harness.raw_server import Endpoint
from harness.waiting import wait_for

_PACKAGE = Path(__file__).resolve().parents[1] / "prism"
_DESCRIPTION = Path(__file__).resolve().parents[2] / "sim" / "telnyx-assistant-tests.openapi.json"

#: npm fetches some hundred packages.
_INSTALLATION = 300.0
_START = 60.0


def install(directory: Path) -> Path:
    """Installs Prism as its lock file says, and returns its executable."""
    npm = shutil.which("npm")
    assert npm and shutil.which("node"), "Node.js 18 or newer and npm must be installed to run Prism"
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_PACKAGE / name, directory)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=_INSTALLATION, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return directory / "node_modules" / ".bin" / "prism"


def description() -> dict[str, Any]:
    """The description of the API, to be served as it is or changed."""
    found: dict[str, Any] = json.loads(_DESCRIPTION.read_text(encoding="utf-8"))
    return found


class Prism(Endpoint):
    """A Prism that serves a description and refuses what does not keep to it."""

    def __init__(self, executable: Path, directory: Path, served: dict[str, Any]) -> None:
        directory.mkdir()
        file = directory / "openapi.json"
        file.write_text(json.dumps(served))
        port = free_port()
        command = [str(executable), "mock", "--errors", "--host", "127.0.0.1", "--port", str(port), str(file)]
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
