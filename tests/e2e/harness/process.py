"""Running the built `runwatch` in a clean environment and catching all that it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Mapping, Protocol, Sequence

from harness.secrets import API_KEY, LeakDetector
from harness.waiting import CEILING, wait_for

#: What runwatch gets of our own environment: nothing that could change what it does.
_INHERITED = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")


#: What a sanitizer begins its report with.
_SANITIZERS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error: ")


def built(variable: str) -> Path:
    """The built executable that an environment variable names."""
    path = Path(os.environ.get(variable, ""))
    if not path.is_file() or not os.access(path, os.X_OK):
        raise RuntimeError(f"set {variable} to the built executable, not to {str(path)!r}")
    return path.resolve()


class Api(Protocol):
    """Something that answers in the API's place."""

    base_url: str
    ca_file: Path | None


@dataclass(frozen=True)
class Outcome:
    """How a run of runwatch ended."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    def json(self) -> Any:
        """Standard output, which must be one JSON document."""
        return json.loads(self.stdout)

    def json_lines(self) -> list[Any]:
        """Standard output, which must be one JSON document a line."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    def __str__(self) -> str:
        return f"exit {self.code} after {self.seconds:.2f} s\n-- stdout\n{self.stdout}\n-- stderr\n{self.stderr}"


class Running:
    """A runwatch that is under way."""

    def __init__(self, process: subprocess.Popen[bytes], detector: LeakDetector) -> None:
        self.process = process
        self._detector = detector
        self._started = time.monotonic()
        self._texts = {"stdout": bytearray(), "stderr": bytearray()}
        self._readers = [
            threading.Thread(target=self._read, args=(name, stream), daemon=True)
            for name, stream in (("stdout", process.stdout), ("stderr", process.stderr))
            if stream is not None
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str, stream: IO[bytes]) -> None:
        while piece := os.read(stream.fileno(), 65536):
            self._texts[name] += piece
        stream.close()

    @property
    def stdout(self) -> str:
        """What came on standard output so far."""
        return bytes(self._texts["stdout"]).decode()

    @property
    def stderr(self) -> str:
        """What came on standard error so far."""
        return bytes(self._texts["stderr"]).decode()

    def wait_for_stdout(self, text: str) -> None:
        """Waits until standard output holds the text."""
        wait_for(f"{text!r} on standard output", lambda: text in self.stdout)

    def wait_for_stderr(self, text: str) -> None:
        """Waits until standard error holds the text."""
        wait_for(f"{text!r} on standard error", lambda: text in self.stderr)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self.process.send_signal(number)

    def finish(self, ceiling: float = CEILING) -> Outcome:
        """Waits for the end; a process that goes on is killed and fails the test."""
        try:
            code = self.process.wait(ceiling)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"runwatch went on for more than {ceiling:g} s\n{self._outcome(-9)}") from None
        return self._outcome(code)

    def _outcome(self, code: int) -> Outcome:
        seconds = time.monotonic() - self._started
        for reader in self._readers:
            reader.join(CEILING)
        outcome = Outcome(code, self.stdout, self.stderr, seconds)
        assert not any(mark in outcome.stderr for mark in _SANITIZERS), outcome.stderr
        self._detector.add("standard output", outcome.stdout)
        self._detector.add("standard error", outcome.stderr)
        return outcome

    def end(self) -> None:
        """Ends it if a failed test left it running."""
        if self.process.poll() is None:
            self.process.kill()
            self.finish()


class Runwatch:
    """Starts the built runwatch; by default with the key of this session, and nothing else, in its environment."""

    def __init__(self, detector: LeakDetector, directory: Path) -> None:
        self.executable = built("RUNWATCH")
        self._detector = detector
        self._directory = directory
        #: In the order in which they were started.
        self.started: list[Running] = []

    def start(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        stdout: int | IO[bytes] = subprocess.PIPE,
        stderr: int | IO[bytes] = subprocess.PIPE,
        wrapper: Sequence[str] = (),
    ) -> Running:
        """Starts runwatch with these arguments, behind a wrapping command if one is given."""
        process = subprocess.Popen(
            [*wrapper, str(self.executable), *arguments],
            env=clean_environment(env or {}),
            cwd=self._directory,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )
        running = Running(process, self._detector)
        self.started.append(running)
        return running

    def start_wait(self, api: Api, *arguments: str, **options: Any) -> Running:
        """Starts `runwatch wait` against an API."""
        return self.start(wait_arguments(api, *arguments), **options)

    def run(self, *arguments: str, ceiling: float = CEILING, **options: Any) -> Outcome:
        """Runs runwatch to its end."""
        return self.start(arguments, **options).finish(ceiling)

    def hurried(self, per_second: int = 1000) -> list[str]:
        """Options that allow a wait so many requests a second, more than it allows itself."""
        config = self._directory / f"{per_second}-a-second.yaml"
        config.write_text(f"telnyx: {{requests_per_second: {per_second}}}\n", encoding="utf-8")
        return ["--config", str(config)]

    def wait(self, api: Api, *arguments: str, ceiling: float = CEILING, **options: Any) -> Outcome:
        """Runs `runwatch wait` against an API to its end."""
        return self.start_wait(api, *arguments, **options).finish(ceiling)

    def start_run(self, api: Api, *arguments: str, **options: Any) -> Running:
        """Starts `runwatch run` against an API."""
        return self.start(run_arguments(api, *arguments), **options)

    def run_tests(self, api: Api, *arguments: str, ceiling: float = CEILING, **options: Any) -> Outcome:
        """Runs `runwatch run` against an API to its end."""
        return self.start_run(api, *arguments, **options).finish(ceiling)

    def end_all(self) -> None:
        """Ends whatever still runs."""
        for running in self.started:
            running.end()


def wait_arguments(api: Api, *arguments: str) -> list[str]:
    """The arguments of a `runwatch wait` against an API. Looks are frequent unless an interval is given."""
    return ["wait", *_reach(api, *arguments), *arguments]


def run_arguments(api: Api, *arguments: str) -> list[str]:
    """The same for a `runwatch run`."""
    return ["run", *_reach(api, *arguments), *arguments]


def _reach(api: Api, *arguments: str) -> list[str]:
    reach = ["--base-url", api.base_url]
    if api.ca_file is not None:
        reach += ["--ca-file", str(api.ca_file)]
    if "--interval" not in arguments:
        reach += ["--interval", "100ms"]
    return reach


def clean_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """An environment with the key and next to nothing else; an empty value in `changes` takes a variable away."""
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= {"LANG": "C.UTF-8", "TELNYX_API_KEY": API_KEY} | dict(changes)
    return {name: value for name, value in environment.items() if value}
