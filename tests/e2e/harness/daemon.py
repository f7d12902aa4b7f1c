"""A `runwatch serve`: its config, its log, and its ends, of which there may be many on one state."""

from __future__ import annotations

import copy
import json
import os
import signal
from pathlib import Path
from typing import Any, Iterable, Sequence

from harness.process import Api, Outcome, Running, Runwatch
from harness.simulator import to_yaml
from harness.waiting import CEILING, wait_for

Config = dict[str, Any]
Line = dict[str, str]

#: What the log says once the daemon is ready, and what a reload came to.
READY = "ready"
RELOADED = "config reloaded"
REFUSED = "reload failed"

#: The file that file_sink() writes to.
RESULTS = "results.jsonl"


def config_of(api: Api, *, watch: Iterable[str | dict[str, Any]] = (), sinks: Iterable[dict[str, Any]] = (), **more: Any) -> Config:
    """A config whose runs are looked at often; sections in `more` are merged into what is there already."""
    config: Config = {
        "telnyx": {"base_url": api.base_url, "requests_per_second": 1000},
        "polling": {"target_delay": "100ms", "min_interval": "100ms", "max_interval": "200ms"},
        "watch": [{"run": each} if isinstance(each, str) else each for each in watch],
        "sinks": list(sinks),
        "state": {"path": "state.db"},
        "log": {"format": "json"},
    }
    if api.ca_file is not None:
        config["telnyx"]["ca_file"] = str(api.ca_file)
    for section, options in more.items():
        config[section] = config[section] | options
    return copy.deepcopy(config)


class Daemon:
    """A daemon with its directory, which holds the config, the state and the files of its sinks."""

    def __init__(self, runwatch: Runwatch, directory: Path, config: Config) -> None:
        self.directory = directory
        self.config = config
        self.config_file = directory / "runwatch.yaml"
        self._runwatch = runwatch
        self._running: Running | None = None
        directory.mkdir(exist_ok=True)

    @property
    def running(self) -> Running:
        """The process of the last start."""
        assert self._running is not None, "start the daemon first"
        return self._running

    @property
    def pid(self) -> int:
        """Of the last start."""
        return self.running.process.pid

    def write_config(self, text: str = "") -> None:
        """Writes the config, or another text in its place."""
        self.config_file.write_text(text or to_yaml(self.config), encoding="utf-8")

    def launch(self, *arguments: str, wrapper: Sequence[str] = (), **options: Any) -> Running:
        """Starts the process and waits for nothing."""
        self.write_config()
        command = ["serve", "--config", str(self.config_file), *arguments]
        self._running = self._runwatch.start(command, wrapper=wrapper, **options)
        return self._running

    def start(self, *arguments: str, **options: Any) -> Daemon:
        """Starts the process and waits until it is ready."""
        self.launch(*arguments, **options)
        self.wait_for_line(READY)
        return self

    def log(self) -> list[Line]:
        """The whole lines that the last start has logged so far, each of which must be JSON."""
        lines = self.running.stderr.split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def lines(self, message: str, **fields: str) -> list[Line]:
        """The lines of the log with this message, or that begin with it, and with these fields."""
        return [
            line
            for line in self.log()
            if line["message"].startswith(message) and fields.items() <= line.items()
        ]

    def wait_for_line(self, message: str, count: int = 1, **fields: str) -> Line:
        """Waits for so many lines with this message and these fields, and returns the last."""

        def found() -> list[Line]:
            lines = self.lines(message, **fields)
            ended = self.running.process.poll()
            assert ended is None or len(lines) >= count, f"ended with {ended}:\n{self.running.stderr}"
            return lines if len(lines) >= count else []

        return wait_for(f"{count} lines {message!r} {fields} in the log", found)[-1]

    def reload(self, text: str = "", *, expected: str = RELOADED) -> Line:
        """Sends SIGHUP with the config as it is now, or with another text, and waits for what comes of it."""
        self.write_config(text)
        before = {message: len(self.lines(message)) for message in (RELOADED, REFUSED)}
        self.running.send(signal.SIGHUP)

        def answer() -> str:
            assert self.running.process.poll() is None, self.running.stderr
            return next((message for message, count in before.items() if len(self.lines(message)) > count), "")

        came = wait_for("an answer to the reload", answer)
        line = self.lines(came)[-1]
        assert came == expected, line
        return line

    def stop(self, ceiling: float = CEILING) -> Outcome:
        """Ends it in good order, which must succeed."""
        self.running.send(signal.SIGTERM)
        outcome = self.running.finish(ceiling)
        assert outcome.code == 0, outcome
        return outcome

    def kill(self) -> Outcome:
        """Ends it as a crash would."""
        self.running.send(signal.SIGKILL)
        outcome = self.running.finish()
        assert outcome.code == -signal.SIGKILL, outcome
        return outcome

    def results(self, name: str = RESULTS) -> list[dict[str, Any]]:
        """The results in a file of the daemon's directory, see results_in()."""
        return results_in(self.directory, name)

    def wait_for_results(self, count: int, name: str = RESULTS) -> list[dict[str, Any]]:
        """Waits until the files hold so many results, and returns them."""
        return wait_for_results(self.directory, count, name)


def results_in(directory: Path, name: str = RESULTS) -> list[dict[str, Any]]:
    """The results in a file and in those that it was moved to, the newest file first; whole lines alone."""
    files = [directory / name, *directory.glob(f"{name}.*")]
    texts = [file.read_text(encoding="utf-8") for file in files if file.exists()]
    return [json.loads(line) for text in texts for line in text.split("\n")[:-1]]


def wait_for_results(directory: Path, count: int, name: str = RESULTS) -> list[dict[str, Any]]:
    """Waits until a file and those that it was moved to hold so many results, and returns them."""

    def found() -> list[dict[str, Any]]:
        results = results_in(directory, name)
        return results if len(results) >= count else []

    return wait_for(f"{count} results in {name}", found)


def ids_of(results: Iterable[dict[str, Any]]) -> list[str]:
    """The ids of results, in their order."""
    return [result["id"] for result in results]


def ref_of(result: dict[str, Any]) -> str:
    """The REF of the run that a result is of."""
    run = result["data"]["run"]
    return f"{run['test_id']}/{run['run_id']}"


def file_sink(name: str = "file", path: str = RESULTS, **options: Any) -> dict[str, Any]:
    """A sink that writes to a file in the daemon's directory."""
    return {"name": name, "type": "file", "path": path, **options}


def webhook_sink(url: str, name: str = "hook", **options: Any) -> dict[str, Any]:
    """A sink that posts to a URL."""
    return {"name": name, "type": "webhook", "url": url, **options}


def exec_sink(*command: str, name: str = "exec", **options: Any) -> dict[str, Any]:
    """A sink that runs a command."""
    return {"name": name, "type": "exec", "command": list(command), **options}


def resident_bytes(pid: int) -> int:
    """How much of a process is in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def cpu_seconds(pid: int) -> float:
    """How long a process has been computing so far."""
    # The name in the second column may hold anything.
    columns = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(columns[11]) + int(columns[12])
    return ticks / os.sysconf("SC_CLK_TCK")
