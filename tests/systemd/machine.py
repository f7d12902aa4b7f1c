"""A Debian that a real systemd boots, in namespaces of its own; it shares this machine's loopback."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from harness.waiting import wait_for

#: What a command finds that is run inside.
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "TERM": "dumb"}


class Machine:
    """Boots a root file system, and ends with it."""

    def __init__(self, root: Path, log: Path) -> None:
        command = ["systemd-nspawn", "--boot", f"--directory={root}", "--register=no", "--keep-unit", "--console=pipe"]
        command += ["--quiet", "--machine=runwatch-test", "--timezone=off", "--resolv-conf=off"]
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        began = time.monotonic()
        self._leader = wait_for("the machine's first process", self._find_leader)
        wait_for("the end of its boot", lambda: self.run("systemctl", "is-system-running").stdout in ("running\n", "degraded\n"))
        #: How long it took.
        self.boot_seconds = time.monotonic() - began

    def _find_leader(self) -> int:
        assert self._process.poll() is None, self._log.read_text(errors="replace")
        waiting = [self._process.pid]
        while waiting:
            process = Path(f"/proc/{waiting.pop()}")
            ids = (process / "status").read_text().partition("\nNSpid:")[2].partition("\n")[0].split()
            if len(ids) > 1 and ids[-1] == "1":
                return int(process.name)
            for task in (process / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        return 0

    def run(self, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Runs a command inside, as root, with a text as its standard input, and returns what it came to."""
        wrapped = ["nsenter", f"--target={self._leader}", "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--", *command]
        return subprocess.run(wrapped, input=text, capture_output=True, text=True, env=_ENVIRONMENT, timeout=120, check=False)

    def output(self, *command: str, text: str = "") -> str:
        """Runs a command inside, which must succeed, and returns what it printed."""
        done = self.run(*command, text=text)
        assert done.returncode == 0, done
        return done.stdout

    def write(self, path: str, text: str, mode: str = "0644") -> None:
        """Writes a file inside."""
        self.output("install", "-D", f"--mode={mode}", "/dev/stdin", path, text=text)

    def close(self) -> None:
        """Switches it off."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(40)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


class Unit:
    """A unit of a machine."""

    def __init__(self, machine: Machine, name: str) -> None:
        self._machine = machine
        self.name = name

    def systemctl(self, verb: str) -> subprocess.CompletedProcess[str]:
        """Has systemd do something with it, and returns what that came to."""
        return self._machine.run("systemctl", verb, self.name)

    def must(self, verb: str) -> None:
        """The same, which must succeed; else it tells what the journal says."""
        done = self.systemctl(verb)
        assert done.returncode == 0, (verb, done.stderr, self.journal()[-20:])

    def show(self, name: str) -> str:
        """As `systemctl show` tells it."""
        return self._machine.output("systemctl", "show", "--value", f"--property={name}", self.name).strip()

    @property
    def pid(self) -> int:
        """Of its main process, as the machine counts."""
        return int(self.show("MainPID"))

    def entries(self, **fields: str) -> list[dict[str, Any]]:
        """What the journal has of it, with these fields."""
        matches = [f"{name}={value}" for name, value in fields.items()]
        text = self._machine.output("journalctl", "--output=json", "--no-pager", f"--unit={self.name}", *matches)
        return [json.loads(line) for line in text.splitlines()]

    def journal(self) -> list[str]:
        """The messages in the journal, those of systemd about it among them."""
        return [str(entry["MESSAGE"]) for entry in self.entries()]
