"""What every line needs: the built programs, a room for files, processes whose CPU time is known."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Sequence

from harness.process import Runwatch, clean_environment
from harness.secrets import LeakDetector

#: Servers have the first core to themselves and what is measured the last, where there are two.
SERVER_CORE, OUR_CORE = 0, (os.cpu_count() or 1) - 1


@dataclass(frozen=True)
class Bench:
    """One run of scripts/bench."""

    build: Path
    #: A folder of this line alone.
    room: Path
    rounds: int
    #: What is to be ended with the line, be it measured or not.
    ends: ExitStack

    def program(self, name: str) -> str:
        """The path of one of the programs beside this."""
        return str(self.build / "bench" / f"bench_{name}")

    def runwatch(self) -> Runwatch:
        """What starts the built executable."""
        os.environ["RUNWATCH"] = str(self.build / "src" / "runwatch")
        os.environ["RUNWATCH_SIM"] = str(self.build / "tests" / "runwatch-sim")
        runwatch = Runwatch(LeakDetector(), self.room)
        self.ends.callback(runwatch.end_all)
        return runwatch

    def run(self, name: str, *arguments: object, core: int | None = OUR_CORE, first: bool = False) -> dict[str, Any]:
        """Runs one of the programs and returns the object that it prints, as run_all() does."""
        found = self.run_all(name, *arguments, core=core, first=first)
        return found[0] if found else {}

    def run_all(
        self, name: str, *arguments: object, core: int | None = OUR_CORE, first: bool = False
    ) -> list[dict[str, Any]]:
        """Runs one of the programs and returns the object on each line that it prints; if wanted and root, before whoever
        else wants the core."""
        command = [*(hurried() if first else []), *pinned(core), self.program(name), *map(str, arguments)]
        done = subprocess.run(command, env=clean_environment({}), stdout=subprocess.PIPE, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def in_turn(self, *measures: Callable[[], float]) -> list[list[float]]:
        """Measures each in turn, as often as there are rounds, so that what disturbs one disturbs the others."""
        figures: list[list[float]] = [[] for _ in measures]
        for _ in range(self.rounds):
            for of_one, measure in zip(figures, measures):
                of_one.append(measure())
        return figures


def pinned(core: int | None) -> list[str]:
    """What a command is put behind to run on one core."""
    return [] if core is None else ["taskset", "--cpu-list", str(core)]


def hurried() -> list[str]:
    """What a command is put behind to come before whoever else wants its core; only root may."""
    return ["nice", "-n", "-20"] if os.geteuid() == 0 else []


def cpu_of_children() -> float:
    """Seconds of CPU time that all ended children have taken so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(our / their for our, their in zip(ours, theirs))
