"""The receiver of `receivers/`, made with the libraries that receivers in the field use: it judges what it gets."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Sequence

from harness.npm import install
from harness.waiting import wait_for

_PACKAGE = Path(__file__).resolve().parents[1] / "receivers"


def install_judges(directory: Path) -> Path:
    """Installs the receiver as its lock file says, and returns its script."""
    return install(_PACKAGE, directory, "receiver.mjs") / "receiver.mjs"


class Judge:
    """One receiver, with the secrets that it verifies by. What it says of each delivery comes as a line of JSON."""

    def __init__(self, script: Path, log: Path, secrets: Sequence[str] = ()) -> None:
        command = ["node", str(script), *(argument for secret in secrets for argument in ("--secret", secret))]
        self._log = log
        with log.open("wb") as file:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file)
        port = wait_for("the receiver to listen", self._lines)[0]["port"]
        self.url = f"http://127.0.0.1:{port}"

    def _lines(self) -> list[dict[str, Any]]:
        assert self._process.poll() is None, "the receiver ended"
        return [json.loads(line) for line in self._log.read_text(encoding="utf-8").split("\n")[:-1]]

    def deliveries(self) -> list[dict[str, Any]]:
        """What it says of each delivery so far."""
        return self._lines()[1:]

    def wait_for_deliveries(self, count: int) -> list[dict[str, Any]]:
        """Waits until it has judged so many, and returns what it says of them."""
        wait_for(f"{count} deliveries", lambda: len(self.deliveries()) >= count)
        return self.deliveries()

    def stop(self) -> None:
        """Ends it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
