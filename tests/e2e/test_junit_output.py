"""The JUnit report is one that GitLab and Jenkins read, whatever the API says."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conftest import SimulatorStarter
from harness.hostile import HOSTILE_NAMES
from harness.process import Outcome, Runwatch
from harness.simulator import Simulator, plan_of, run_of, scenario_of

SCHEMA = Path(__file__).with_name("junit.xsd")

KINDS = ("failure", "error", "skipped")


class Junit:
    """A run of runwatch that wrote a report, and the report, proved valid."""

    def __init__(
        self, runwatch: Runwatch, sim: Simulator, directory: Path, *arguments: str, starts: bool = False
    ) -> None:
        file = directory / "junit.xml"
        command = runwatch.run_tests if starts else runwatch.wait
        self.outcome: Outcome = command(sim, "--junit", str(file), *arguments)
        judge = ["xmllint", "--noout", "--schema", str(SCHEMA), str(file)]
        judged = subprocess.run(judge, capture_output=True, text=True, check=False)
        assert judged.returncode == 0, f"{judged.stderr}\n{file.read_text()}"
        self.root = ElementTree.parse(file).getroot()
        assert_counts(self.root)
        for suite in self.suites:
            assert_counts(suite)
            assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))

    @property
    def suites(self) -> list[ElementTree.Element]:
        """One a test."""
        return self.root.findall("testsuite")

    def cases(self) -> list[tuple[str, str, str]]:
        """Class, name and kind of each case."""
        found = []
        for case in self.root.iter("testcase"):
            kinds = [child.tag for child in case]
            found.append((case.get("classname", ""), case.get("name", ""), kinds[0] if kinds else "passed"))
        return found

    def messages(self) -> list[str]:
        """What the cases that did not pass say."""
        return [child.get("message", "") for case in self.root.iter("testcase") for child in case]


def assert_counts(element: ElementTree.Element) -> None:
    """Proves that the counts of a suite or of the report are those of its cases."""
    cases = list(element.iter("testcase"))
    assert element.get("tests") == str(len(cases))
    for attribute, kind in (("failures", "failure"), ("errors", "error")):
        assert element.get(attribute) == str(sum(case.find(kind) is not None for case in cases))


def test_each_test_is_a_suite_and_each_criterion_a_case(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    criteria: list[Any] = [{"name": "Empathy", "status": "passed"}, {"name": "Speed", "status": "skipped"}, "Tone"]
    sim = start_sim(
        scenario_of(
            run_of("b/1", verdict="failed", criteria=criteria), run_of("a/1", criteria=criteria), run_of("A/2")
        )
    )
    junit = Junit(runwatch, sim, tmp_path, "b/1", "a/1", "A/2")
    assert junit.outcome.code == 1
    assert [suite.get("name") for suite in junit.suites] == ["b", "a"]
    assert junit.cases() == [
        ("b", "Empathy", "passed"),
        ("b", "Speed", "skipped"),
        ("b", "Tone", "failure"),
        ("a", "Empathy (run 1)", "passed"),
        ("a", "Speed (run 1)", "skipped"),
        ("a", "Tone (run 1)", "passed"),
        ("A", "Empathy (run 2)", "passed"),
        ("A", "Resolution (run 2)", "passed"),
    ]


@pytest.mark.parametrize(
    ("plan", "kind", "message"),
    [
        ({"running": "1h"}, "skipped", "not ended when the deadline came"),
        ({"faults": [{"status": 503}]}, "skipped", "the last look failed: the API failed (HTTP 503"),
        ({"faults": [{"status": 403}]}, "error", "the API does not let this key read the run"),
        ({"verdict": "error", "logs": "no agent answered"}, "error", "cause: no agent answered"),
        ({"verdict": "error", "omit": ["logs"]}, "error", "the API gives no cause"),
        ({"verdict": "failed", "omit": ["detail_status"]}, "failure", "no criterion is marked as failed"),
    ],
)
def test_a_run_whose_criteria_do_not_tell_is_a_case_itself(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path, plan: dict[str, Any], kind: str, message: str
) -> None:
    sim = start_sim(scenario_of(run_of("t/r", **{"omit": ["detail_status"], **plan})))
    junit = Junit(runwatch, sim, tmp_path, "t/r", "--timeout", "500ms")
    assert junit.cases() == [("t", "run", kind)]
    assert message in junit.messages()[0]


def test_a_run_without_criteria_that_passed_is_a_case(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    sim = start_sim(scenario_of(run_of("t/r", bare=True)))
    assert Junit(runwatch, sim, tmp_path, "t/r").cases() == [("t", "run", "passed")]


def test_criteria_of_one_name_can_be_told_apart(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    names = ["Empathy", "Empathy", "Empathy (2)", "Empathy (4)", "Empathy", "Empathy", "run", "\x01", "\x02", "", ""]
    criteria = [{"name": name, "status": "passed"} for name in names]
    sim = start_sim(scenario_of(run_of("t/r", verdict="error", criteria=criteria)))
    cases = Junit(runwatch, sim, tmp_path, "t/r").cases()
    assert len(cases) == len(set(cases)) == len(names) + 1


@pytest.mark.parametrize("output", ["text", "json", "jsonl", "github"])
def test_the_report_comes_beside_any_output(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path, output: str
) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    junit = Junit(runwatch, sim, tmp_path, "t/r", "--output", output, "--quiet")
    assert junit.root.get("tests") == "2"
    assert junit.outcome.stdout


def test_hostile_text_breaks_out_of_nothing(runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path) -> None:
    names = [*HOSTILE_NAMES, ""]
    criteria = [{"name": name, "status": "failed"} for name in names]
    odd = [{"name": f"odd {place}", "status": name} for place, name in enumerate(names)]
    logs = "\n".join(HOSTILE_NAMES)
    test_id = "<t>&'\"|`"
    sim = start_sim(
        scenario_of(
            run_of(f"{test_id}/1", verdict="failed", criteria=[*criteria, *odd], logs=logs),
            run_of(f"{test_id}/2", verdict="error", logs=logs),
        )
    )
    junit = Junit(runwatch, sim, tmp_path, f"{test_id}/1", f"{test_id}/2")
    cases = junit.cases()
    assert len(cases) == 2 * len(names) + 1
    assert {each[0] for each in cases} == {test_id}
    assert (test_id, '::error::x%0A<b>&" (run 1)', "failure") in cases
    (output,) = (element.text or "" for element in junit.root.iter("system-out"))
    assert "]]> <!-- x --> <?php ?>" in output


def test_an_older_report_is_not_taken_for_this_one(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    report = tmp_path / "junit.xml"
    report.write_text("<testsuites/>")
    sim = start_sim(scenario_of(run_of("t/r", running="1h")))
    running = runwatch.start_wait(sim, "t/r", "--junit", str(report))
    sim.wait_for_polls("t/r")
    assert report.read_text() == ""
    running.process.kill()
    running.finish()


def test_what_was_not_started_is_a_case_of_its_own(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    lost = {"path": "trigger_suite", "status": 503}
    tests = [plan_of("t", running="300ms", rubric=["Empathy"]), plan_of("u", suite="s")]
    sim = start_sim(scenario_of(tests=tests, faults=[lost]))
    options = ["--test", "t", "--test", "x", "--test", "x", "--suite", "s", "--timeout", "1500ms"]
    junit = Junit(runwatch, sim, tmp_path, *options, starts=True)
    assert junit.outcome.code == 4, junit.outcome
    assert junit.cases() == [
        ("t", "Empathy", "passed"),
        ("not started", "the test x was not started", "error"),
        ("not started", "the test x was not started (2)", "error"),
        ("not started", 'the suite "s" may have been started, but no answer says so', "skipped"),
    ]
    assert "the API knows no such test" in junit.messages()[0]
