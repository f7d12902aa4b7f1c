#!/usr/bin/env python3
"""Kills a daemon again and again while the runs that it watches end, and proves that nothing was lost.

    RUNWATCH=…/runwatch RUNWATCH_SIM=…/runwatch-sim kill_test.py [--runs 300] [--seconds 30] [--kills 100] [--seed N]

Prints what came of it as JSON: a result may come more than once to a webhook and a command, always with the same id, but
never to a file.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.daemon import Daemon, config_of, exec_sink, file_sink, ids_of, ref_of, webhook_sink
from harness.process import Runwatch
from harness.receiver import Answer, Receiver
from harness.secrets import LeakDetector
from harness.simulator import Scenario, Simulator, refs_in, run_of, scenario_of
from harness.waiting import wait_for

#: How long the last daemon may need for what the killed ones have left.
LAST_CEILING = 120.0

#: How long the webhook and the command take over a result: the longer, the more often a kill comes in between.
THOUGHT = 0.05


@dataclass(frozen=True)
class Plan:
    """What is to happen: so many runs end within so many seconds, in which the daemon is killed so often."""

    runs: int
    seconds: float
    kills: int
    seed: int


def scenario_for(plan: Plan, chance: random.Random) -> Scenario:
    """Runs of a few tests that end one after the other, whoever looks at them."""
    runs = [
        run_of(
            f"test-{number % 7}/run-{number}",
            running=f"{chance.randint(100, int(plan.seconds * 1000))}ms",
            starts="start",
            verdict=chance.choice(("passed", "failed", "error")),
            # Long enough for the file to be moved away again and again.
            logs_size="2500",
        )
        for number in range(plan.runs)
    ]
    return scenario_of(*runs, record_times=False)


def kill_often(daemon: Daemon, plan: Plan, chance: random.Random) -> int:
    """Starts the daemon and kills it, each time at another moment of its life. Returns how often it was ready by then."""
    ready = 0
    for _ in range(plan.kills):
        running = daemon.launch()
        moment = chance.uniform(0, 2 * plan.seconds / plan.kills)
        try:
            running.process.wait(moment)
        except subprocess.TimeoutExpired:
            pass
        ready += '"ready"' in daemon.kill().stderr
    return ready


def run(plan: Plan, directory: Path) -> dict[str, Any]:
    """Does it, and returns the report. Raises AssertionError if anything was lost, or written twice."""
    chance = random.Random(plan.seed)
    detector = LeakDetector()
    detector.watch(directory)
    runwatch = Runwatch(detector, directory)
    scenario = scenario_for(plan, chance)
    sim = Simulator(directory / "private", scenario, ("--plain", "--quiet"))
    receiver = Receiver(Answer(delay=THOUGHT))
    try:
        daemon = make_daemon(runwatch, directory, scenario, sim, receiver)
        started = time.monotonic()
        ready = kill_often(daemon, plan, chance)
        known = len(set(receiver.ids()))
        daemon.start()
        wait_for("every result to be everywhere", lambda: missing(daemon, receiver, plan.runs) == {}, LAST_CEILING)
        seconds = time.monotonic() - started
        daemon.stop()
        return {
            **vars(plan),
            "took_seconds": round(seconds, 1),
            "starts": plan.kills + 1,
            "killed_when_ready": ready,
            "results_before_the_last_start": known,
            **judge(daemon, receiver, scenario),
        }
    finally:
        runwatch.end_all()
        receiver.close()
        sim.stop()
        detector.check()


def make_daemon(runwatch: Runwatch, directory: Path, scenario: Scenario, sim: Simulator, receiver: Receiver) -> Daemon:
    """A daemon that watches all runs and delivers to a file, a webhook and a command."""
    script = f'echo "$RUNWATCH_ID" >> "$0"; sleep {THOUGHT}'
    command = exec_sink("/bin/sh", "-c", script, str(directory / "commands"), concurrency=4)
    file = file_sink(rotate={"size": "64KiB", "keep": 1000})
    config = config_of(sim, watch=refs_in(scenario), sinks=[file, webhook_sink(receiver.url), command])
    config["polling"] |= {"min_interval": "500ms", "max_interval": "500ms"}
    return Daemon(runwatch, directory / "daemon", config)


def commands_run(daemon: Daemon) -> list[str]:
    """The ids that the command was run with."""
    file = daemon.directory.parent / "commands"
    return file.read_text().split() if file.exists() else []


def missing(daemon: Daemon, receiver: Receiver, expected: int) -> dict[str, int]:
    """How many results are not yet where."""
    found = {
        "file": ids_of(daemon.results()),
        "webhook": [each.id for each in receiver.taken()],
        "command": commands_run(daemon),
    }
    return {name: expected - len(set(ids)) for name, ids in found.items() if len(set(ids)) != expected}


def judge(daemon: Daemon, receiver: Receiver, scenario: Scenario) -> dict[str, Any]:
    """Compares what came where, and counts it."""
    lines = daemon.results()
    by_ref = {ref_of(line): line for line in lines}
    expected = {f"{run['test']}/{run['run']}": f"run.{run['verdict']}" for run in scenario["runs"]}
    assert {ref: line["type"] for ref, line in by_ref.items()} == expected
    twice = [ref for ref, count in Counter(map(ref_of, lines)).items() if count != 1]
    assert not twice, f"written more than once: {twice}"
    ids = {line["id"] for line in lines}
    assert len(ids) == len(lines)
    for delivery in receiver.deliveries:
        body = delivery.json()
        assert delivery.id == body["id"] == by_ref[ref_of(body)]["id"]
        assert body["type"] == expected[ref_of(body)]
    assert set(receiver.ids()) == ids
    commands = commands_run(daemon)
    assert set(commands) == ids
    return {
        "results": len(ids),
        "file_lines": len(lines),
        "files": 1 + len(list(daemon.directory.glob("results.jsonl.*"))),
        "webhook_deliveries": len(receiver.deliveries),
        "webhook_repeats": len(receiver.deliveries) - len(ids),
        "commands": len(commands),
        "command_repeats": len(commands) - len(ids),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Kills a daemon again and again and proves that nothing was lost.")
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    plan = Plan(**vars(parser.parse_args()))
    print(f"seed {plan.seed}", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        print(json.dumps(run(plan, Path(directory)), indent=1))


if __name__ == "__main__":
    main()
