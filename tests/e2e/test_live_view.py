"""On a terminal a wait is a view that is redrawn in place and leaves nothing behind but the results."""

from __future__ import annotations

import re
from typing import Callable, Iterator

import pytest

from conftest import SimulatorStarter
from harness.process import Runwatch, run_arguments, wait_arguments
from harness.secrets import LeakDetector
from harness.simulator import Simulator, plan_of, run_of, scenario_of
from harness.terminal import Terminal
from harness.waiting import wait_for

TerminalStarter = Callable[..., Terminal]

#: The last line of the view.
TALLY = re.compile(r"^\d+ of \d+ ended.*; \d+ (s|ms|m \d+ s)$", re.MULTILINE)
#: The line before it, if there are more runs than lines.
MORE = re.compile(r"^\.\.\. and \d+ more$", re.MULTILINE)


@pytest.fixture
def start_terminal(detector: LeakDetector) -> Iterator[TerminalStarter]:
    """Opens terminals: `start_terminal(columns, rows)`. They close with the test."""
    opened: list[Terminal] = []

    def start(columns: int = 100, rows: int = 30) -> Terminal:
        opened.append(Terminal(detector, columns, rows))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def command(runwatch: Runwatch, sim: Simulator, *arguments: str) -> list[str]:
    """A `runwatch wait` to be typed."""
    return [str(runwatch.executable), *wait_arguments(sim, *arguments)]


def rows_of(terminal: Terminal, status: str) -> list[str]:
    """The REFs that are shown with a status."""
    return [line.split()[3] for line in terminal.lines() if line.startswith(f"{status} ")]


def wait_for_tick(terminal: Terminal) -> None:
    """Waits until the view was redrawn: for the next second it stays as it is, if no run changes."""

    def tally() -> str:
        found = TALLY.search(terminal.screen())
        return found[0] if found else ""

    before = wait_for("the view", tally)
    wait_for("the view to be redrawn", lambda: tally() not in ("", before))


def test_rows_change_in_place_and_results_follow(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_terminal: TerminalStarter
) -> None:
    sim = start_sim(
        scenario_of(run_of("t/quick", running="1500ms"), run_of("t/slow", running="3s", verdict="failed"))
    )
    terminal = start_terminal()
    terminal.type(command(runwatch, sim, "t/quick", "t/slow"))
    terminal.wait_for("0 of 2 ended; 2 running; ")
    assert rows_of(terminal, "running") == ["t/quick", "t/slow"]
    terminal.wait_for("1 of 2 ended: 1 passed; 1 running; ")
    assert (rows_of(terminal, "passed"), rows_of(terminal, "running")) == (["t/quick"], ["t/slow"])
    terminal.wait_for("exit=1")
    shown = re.sub(r"  \d s$", "", terminal.screen(), flags=re.MULTILINE).splitlines()
    assert [line.rstrip() for line in shown[:8]] == [
        "passed       t/quick",
        "    passed     Empathy",
        "    passed     Resolution",
        "failed       t/slow",
        "    passed     Empathy",
        "    failed     Resolution",
        "failed: 2 runs, 1 passed, 1 failed",
        "exit=1",
    ]
    assert terminal.cursor_is_visible()


def test_the_results_can_be_redirected_beside_the_view(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_terminal: TerminalStarter
) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="1s")))
    terminal = start_terminal()
    terminal.type(command(runwatch, sim, "t/r"), suffix="| tr a-z A-Z")
    terminal.wait_for("0 of 1 ended; 1 running; ")
    terminal.wait_for("exit=0")
    assert terminal.lines()[0].startswith("PASSED       T/R")
    assert not TALLY.search(terminal.screen())


def test_another_width_leaves_no_debris(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_terminal: TerminalStarter
) -> None:
    refs = [f"{number:02}-{'test' * 8}/{'run' * 10}-{number:02}" for number in range(8)]
    sim = start_sim(scenario_of(*(run_of(ref, running="1h") for ref in refs)))
    terminal = start_terminal(100, 40)
    terminal.type(command(runwatch, sim, *refs))
    terminal.wait_for("0 of 8 ended; 8 running; ")
    for columns in (70, 30, 130):
        wait_for_tick(terminal)
        terminal.resize(columns, 40)
        wait_for_tick(terminal)
        lines = terminal.lines()
        assert len(lines) == 9, lines
        assert all(line.startswith("running ") and len(line) < columns for line in lines[:8])
        assert TALLY.fullmatch(lines[8])
    terminal.press("C-c")
    terminal.wait_for("exit=130")
    assert not TALLY.search(terminal.screen())
    assert not re.search("^running ", terminal.screen(), flags=re.MULTILINE)


def test_more_runs_than_lines_are_bounded(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_terminal: TerminalStarter
) -> None:
    refs = [f"t/{number:02}" for number in range(60)]
    ended = {"t/00": "passed", "t/50": "failed"}
    runs = [run_of(ref, verdict=ended[ref]) if ref in ended else run_of(ref, running="1h") for ref in refs]
    sim = start_sim(scenario_of(*runs))
    terminal = start_terminal(80, 24)
    terminal.type(command(runwatch, sim, *refs))
    terminal.wait_for("2 of 60 ended: 1 passed, 1 failed; 58 running; ")
    terminal.wait_for("... and 39 more")
    lines = terminal.lines()
    assert len(lines) == 23
    assert "t/50" in lines[0], "what went wrong comes first"
    assert "t/00" not in terminal.screen(), "what passed is left out first"
    wait_for_tick(terminal)
    wait_for_tick(terminal)
    assert terminal.scrolled_away() == 0
    terminal.press("C-c")
    terminal.wait_for("exit=130")
    assert not MORE.search(terminal.screen())


def test_a_full_terminal_of_another_size_is_filled_anew(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_terminal: TerminalStarter
) -> None:
    refs = [f"{number:02}-{'test' * 8}/{'run' * 10}" for number in range(60)]
    sim = start_sim(scenario_of(*(run_of(ref, running="1h") for ref in refs)))
    terminal = start_terminal(100, 24)
    terminal.type(command(runwatch, sim, *refs))
    terminal.wait_for("0 of 60 ended; 60 running; ")
    for columns, rows in ((50, 24), (40, 8), (130, 40)):
        wait_for_tick(terminal)
        terminal.resize(columns, rows)
        wait_for_tick(terminal)
        lines = terminal.lines()
        assert len(lines) == rows - 1, lines
        assert all(line.startswith("running ") and len(line) < columns for line in lines[:-2])
        assert MORE.fullmatch(lines[-2]) and TALLY.fullmatch(lines[-1])


def test_ctrl_c_leaves_a_clean_terminal(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_terminal: TerminalStarter
) -> None:
    sim = start_sim(scenario_of(run_of("t/going", running="1h"), run_of("t/done")))
    terminal = start_terminal()
    terminal.type(command(runwatch, sim, "t/going", "t/done"))
    terminal.wait_for("1 of 2 ended: 1 passed; 1 running; ")
    terminal.press("C-c")
    terminal.wait_for("exit=130")
    shown = [re.sub(r"  \d+ m?s$", "", line) for line in terminal.lines()]
    assert shown[:4] == [
        "unfinished   t/going",
        "    not ended when interrupted by SIGINT",
        "    pending    Empathy",
        "    pending    Resolution",
    ]
    assert shown[4] == "passed       t/done"
    assert "runwatch: interrupted, with 1 of 2 runs unfinished" in shown
    assert not TALLY.search(terminal.screen())
    assert terminal.cursor_is_visible()
    terminal.enter("stty -a | tr ' ' '\\n' | grep -c '^-echo$'; echo still here")
    terminal.wait_for("\n0\nstill here")


def test_a_note_is_printed_once_above_the_view(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_terminal: TerminalStarter
) -> None:
    phases = [{"status": "running", "for": "1s"}, {"status": "judging", "for": "1h"}]
    sim = start_sim(scenario_of(run_of("t/r", phases=phases), run_of("t/s", running="1h")))
    terminal = start_terminal()
    terminal.type(command(runwatch, sim, "t/r", "t/s"))
    terminal.wait_for("0 of 2 ended; 2 running; ")
    terminal.wait_for("0 of 2 ended; 1 judging, 1 running; ")
    wait_for_tick(terminal)
    note = 'runwatch: the API reports a status that is not in its description, "judging": waiting on'
    lines = terminal.lines()
    assert [line.split()[0] for line in lines] == ["runwatch:", "judging", "running", "0"]
    assert lines[0] == note


def test_trouble_is_shown_beside_its_run(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_terminal: TerminalStarter
) -> None:
    fault = {"on": "2-", "status": 503, "raw_body": "\x1b[2Jmirrored \u202e::error::x\n\u0007"}
    sim = start_sim(scenario_of(run_of("t/r", running="1h", faults=[fault])))
    terminal = start_terminal(120)
    terminal.type(command(runwatch, sim, "t/r"))
    terminal.wait_for("0 of 1 ended; 1 retrying; ")
    assert "t/r  the API failed (HTTP 503, ?[2Jmirrored ?::error::x" in terminal.screen()
    assert len(terminal.lines()) == 2


def test_how_long_it_will_be_is_shown_beside_a_run(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_terminal: TerminalStarter
) -> None:
    past = [run_of(f"t/past-{number}", starts=f"-{90 - number}m", running=f"{80 + number * 7 % 30}s") for number in range(30)]
    sim = start_sim(scenario_of(run_of("t/r", running="1h"), *past))
    terminal = start_terminal()
    reach = ["--base-url", sim.base_url, "--ca-file", str(sim.ca_file)]
    terminal.type([str(runwatch.executable), "wait", *reach, "t/r"])
    terminal.wait_for("usually ")
    assert re.match(r"running .* t/r  usually [78]\d to 1[012]\d s$", terminal.lines()[0])


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_colours_can_be_turned_off(
    runwatch: Runwatch,
    start_sim: SimulatorStarter,
    start_terminal: TerminalStarter,
    env: dict[str, str],
    coloured: bool,
) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="1h")))
    terminal = start_terminal()
    terminal.type(command(runwatch, sim, "t/r"), env=env)
    terminal.wait_for("0 of 1 ended; 1 running; ")
    assert ("\x1b[36mrunning" in terminal.screen(colours=True)) == coloured


@pytest.mark.parametrize(
    ("env", "options"), [({"TERM": "dumb"}, []), ({"TERM": ""}, []), ({}, ["--output", "text"])]
)
def test_elsewhere_there_are_lines(
    runwatch: Runwatch,
    start_sim: SimulatorStarter,
    start_terminal: TerminalStarter,
    env: dict[str, str],
    options: list[str],
) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="500ms")))
    terminal = start_terminal()
    terminal.type(command(runwatch, sim, "t/r", *options), env=env)
    screen = terminal.wait_for("exit=0")
    assert re.search(r"^\d\d:\d\d:\d\d t/r: running$", screen, flags=re.MULTILINE)
    assert "ended" not in screen


def test_quiet_has_no_view(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_terminal: TerminalStarter
) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="500ms")))
    terminal = start_terminal()
    terminal.type(command(runwatch, sim, "t/r", "--quiet"))
    terminal.wait_for("exit=0")
    assert terminal.lines()[:2] == ["passed: 1 run, 1 passed", "exit=0"]


def test_what_is_started_stays_above_the_view(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_terminal: TerminalStarter
) -> None:
    sim = start_sim(scenario_of(tests=[plan_of("t", running="2500ms")]))
    terminal = start_terminal()
    terminal.type([str(runwatch.executable), *run_arguments(sim, "--test", "t")])
    terminal.wait_for("0 of 1 ended; 1 running; ")
    assert terminal.lines()[0].startswith("runwatch: started t/")
    terminal.wait_for("exit=0")
    assert not TALLY.search(terminal.screen())
