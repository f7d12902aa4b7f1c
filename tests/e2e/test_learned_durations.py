"""How long the runs of a test take is learned from its past, asked for once, and kept."""

from __future__ import annotations

import re

from conftest import DaemonMaker, SimulatorStarter
from harness.daemon import config_of
from harness.process import Runwatch
from harness.simulator import Scenario, Simulator, run_of, scenario_of
from harness.waiting import wait_for

USUAL = re.compile(r"usually (\d+) to (\d+) s")


def one_of_many() -> Scenario:
    """A run that goes on, of a test whose past runs took 80 to 109 seconds."""
    past = [run_of(f"t/past-{number}", starts=f"-{90 - number}m", running=f"{80 + number * 7 % 30}s") for number in range(30)]
    return scenario_of(run_of("t/r", running="1h"), *past)


def arguments(sim: Simulator, *more: str) -> list[str]:
    """Those of a wait with no fixed interval."""
    return ["wait", "--base-url", sim.base_url, "--ca-file", str(sim.ca_file), *more]


def assert_usual(text: str) -> None:
    """Proves that it is told about as it was."""
    found = USUAL.search(text)
    assert found, text
    low, high = int(found[1]), int(found[2])
    assert 70 <= low <= 90 and 100 <= high <= 125, text


def test_a_wait_tells_how_long_it_will_be(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(one_of_many())
    running = runwatch.start(arguments(sim, "--output", "text", "t/r"))
    running.wait_for_stderr(" in all")
    assert_usual(running.stderr)
    assert sim.report()["endpoints"]["list_runs"] == 1


def test_a_fixed_interval_asks_for_no_past(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(one_of_many())
    runwatch.start(arguments(sim, "--interval", "100ms", "t/r"))
    sim.wait_for_polls("t/r", 3)
    assert sim.report()["endpoints"]["list_runs"] == 0


def test_what_was_learned_survives_a_restart(make_daemon: DaemonMaker, start_sim: SimulatorStarter) -> None:
    sim = start_sim(one_of_many())
    daemon = make_daemon(config_of(sim, watch=["t/r"])).start()
    wait_for("the past to be asked for", lambda: sim.report()["endpoints"]["list_runs"] == 1)
    daemon.stop()
    before = sim.polls("t/r")
    daemon.start()
    sim.wait_for_polls("t/r", before + 3)
    daemon.stop()
    assert sim.report()["endpoints"]["list_runs"] == 1
