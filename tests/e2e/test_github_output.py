"""In a GitHub workflow the results are annotations, and a table in the step's summary."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import SimulatorStarter
from harness.hostile import assert_harmless, hostile_scenario
from harness.process import Outcome, Runwatch
from harness.simulator import refs_in, run_of, scenario_of

WORKFLOW = {"GITHUB_ACTIONS": "true"}
ALL_KINDS = scenario_of(
    run_of("t/passed"),
    run_of("t/failed", verdict="failed"),
    run_of("t/error", verdict="error", logs="100% of agents: gone"),
    run_of("t/hidden", faults=[{"status": 403}]),
    run_of("t/going", running="1h"),
    lists=False,
)
ALL_REFS = ["t/passed", "t/failed", "t/error", "t/hidden", "t/going"]


def commands(outcome: Outcome) -> list[str]:
    """The workflow commands, each with its title, without what follows."""
    return re.findall(r"^(::\w+ title=[^:]*)::", outcome.stdout, flags=re.MULTILINE)


@pytest.mark.parametrize(("env", "options"), [(WORKFLOW, ["--output", "auto"]), (WORKFLOW, []), ({}, ["-o", "github"])])
def test_each_run_is_an_annotation(
    runwatch: Runwatch, start_sim: SimulatorStarter, env: dict[str, str], options: list[str]
) -> None:
    sim = start_sim(ALL_KINDS)
    outcome = runwatch.wait(sim, *ALL_REFS, *options, "--timeout", "600ms", env=env)
    assert sorted(commands(outcome)) == [
        "::error title=run error",
        "::error title=run failed",
        "::error title=run unwatchable",
        "::notice title=run passed",
        "::warning title=run unfinished",
    ]
    assert "; cause: 100%25 of agents: gone\n" in outcome.stdout
    assert "; failed criteria: Resolution\n" in outcome.stdout


@pytest.mark.parametrize("value", ["false", "1", ""])
def test_without_a_workflow_auto_is_text(runwatch: Runwatch, start_sim: SimulatorStarter, value: str) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    outcome = runwatch.wait(sim, "t/r", env={"GITHUB_ACTIONS": value})
    assert outcome.stdout.startswith("passed       t/r")


def test_another_output_is_kept_in_a_workflow(runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    summary = tmp_path / "summary.md"
    outcome = runwatch.wait(sim, "t/r", "-o", "json", env={**WORKFLOW, "GITHUB_STEP_SUMMARY": str(summary)})
    assert [each["type"] for each in outcome.json()] == ["run.passed"]
    assert not summary.exists()


def test_the_summary_is_a_table_appended_to_what_is_there(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# Before\n\n")
    sim = start_sim(ALL_KINDS)
    runwatch.wait(sim, *ALL_REFS, "--timeout", "600ms", env={**WORKFLOW, "GITHUB_STEP_SUMMARY": str(summary)})
    lines = summary.read_text().splitlines()
    assert lines[:2] == ["# Before", ""]
    counts = "5 runs, 1 passed, 1 failed, 1 error, 1 unwatchable, 1 unfinished"
    assert lines[2:4] == [f"### runwatch: unwatchable\\: {counts}", ""]
    assert lines[4:6] == ["| Run | Verdict | Duration | Criteria |", "| --- | --- | --- | --- |"]
    rows = [re.split(r" ?(?<!\\)\| ?", line)[1:3] for line in lines[6:11]]
    verdicts = ["passed", "failed", "error", "unwatchable", "unfinished"]
    assert rows == [[ref, verdict] for ref, verdict in zip(ALL_REFS, verdicts)]
    assert "| Empathy: passed<br>Resolution: failed |" in lines[7]


def test_a_summary_that_cannot_be_written_is_3(runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    outcome = runwatch.wait(sim, "t/r", env={**WORKFLOW, "GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert outcome.code == 3, outcome
    assert "could not be written: Is a directory" in outcome.stderr


def test_a_full_disk_behind_the_summary_is_3(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    outcome = runwatch.wait(sim, "t/r", env={**WORKFLOW, "GITHUB_STEP_SUMMARY": "/dev/full"})
    assert outcome.code == 3, outcome
    assert "could not be written: No space left on device" in outcome.stderr


def test_remote_text_is_neutralised(runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    refs = refs_in(hostile_scenario())
    sim = start_sim(hostile_scenario())
    outcome = runwatch.wait(sim, *refs, env={**WORKFLOW, "GITHUB_STEP_SUMMARY": str(summary)})
    assert_harmless(outcome.stdout, commands=len(refs))
    assert_harmless(outcome.stderr)
    assert_harmless_markdown(summary.read_text(encoding="utf-8"), rows=len(refs))


def assert_harmless_markdown(text: str, rows: int) -> None:
    """Proves that a summary is a heading and a table of so many runs, and nothing of a cell is markup."""
    assert_harmless(text)
    lines = text.splitlines()
    assert len(lines) == rows + 5 and lines[1] == lines[-1] == ""
    for row in lines[2:-1]:
        assert len(re.findall(r"(?<!\\)\|", row)) == 5, row
    cells = "\n".join(lines[4:-1]).replace("<br>", "")
    assert not re.search(r"[<>@]", cells), cells
    assert not re.search(r"(?<!\\)[`*\[\]]", cells.replace("\\\\", "")), cells
