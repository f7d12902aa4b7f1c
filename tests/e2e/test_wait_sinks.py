"""`runwatch wait --config`: the results of a wait also go to sinks, from memory, until the deadline."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

from conftest import ReceiverStarter, SimulatorStarter
from harness.daemon import config_of, exec_sink, file_sink, results_in, webhook_sink
from harness.process import Runwatch
from harness.receiver import Answer, Delivery
from harness.simulator import Simulator, run_of, scenario_of, to_yaml
from harness.waiting import wait_for

REFS = ["t/passed", "t/failed"]
STDOUT = {"name": "console", "type": "stdout", "format": "json"}


def start_api(start_sim: SimulatorStarter) -> Simulator:
    """An API with a run that passes and one that fails."""
    return start_sim(scenario_of(run_of("t/passed"), run_of("t/failed", verdict="failed")))


def write_config(directory: Path, api: Simulator, *sinks: dict[str, object]) -> str:
    """Writes a config with these sinks and returns its path."""
    file = directory / "runwatch.yaml"
    file.write_text(to_yaml(config_of(api, sinks=sinks)), encoding="utf-8")
    return str(file)


def test_every_sink_gets_every_result_once(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_receiver: ReceiverStarter, tmp_path: Path
) -> None:
    receiver = start_receiver()
    note = exec_sink("/bin/sh", "-c", "cat > /dev/null; echo $RUNWATCH_RUN_ID >> ran")
    config = write_config(tmp_path, start_api(start_sim), file_sink(), webhook_sink(receiver.url), note, STDOUT)
    outcome = runwatch.run("wait", "--config", config, "--output", "json", *REFS)
    assert outcome.code == 1, outcome
    printed = {result["id"] for result in outcome.json()}
    assert {result["id"] for result in results_in(tmp_path)} == printed
    assert sorted(receiver.ids()) == sorted(printed)
    assert sorted((tmp_path / "ran").read_text().split()) == ["failed", "passed"]
    # A wait keeps no state.
    assert not (tmp_path / "state.db").exists()


def test_a_sink_of_type_stdout_speaks_when_it_is_named(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    config = write_config(tmp_path, start_api(start_sim), file_sink(), STDOUT)
    outcome = runwatch.run("wait", "--config", config, "--sink", "console", "--quiet", "t/passed")
    assert outcome.code == 0, outcome
    (line,) = [line for line in outcome.stdout.splitlines() if line.startswith("{")]
    assert json.loads(line)["type"] == "run.passed"
    assert results_in(tmp_path) == []


def test_a_required_sink_that_takes_nothing_makes_3_of_a_success(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_receiver: ReceiverStarter, tmp_path: Path
) -> None:
    receiver = start_receiver(Answer(503))
    config = write_config(tmp_path, start_api(start_sim), file_sink(), webhook_sink(receiver.url))
    command = ["wait", "--config", config, "--timeout", "2s"]
    required = runwatch.start([*command, "--sink", "hook", "--require-delivery", "hook", "t/passed"])
    both = runwatch.start([*command, "--sink", "hook", "--require-delivery", "hook", *REFS])
    other = runwatch.start([*command, "--require-delivery", "file", "t/passed"])
    outcome = required.finish()
    assert outcome.code == 3, outcome
    assert "sink hook: 1 result was not delivered: " in outcome.stderr
    assert "HTTP 503" in outcome.stderr
    assert outcome.stdout.rstrip().endswith("passed: 1 run, 1 passed")
    assert both.finish().code == 1
    assert other.finish().code == 0


def test_a_refusal_is_not_waited_for(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_receiver: ReceiverStarter, tmp_path: Path
) -> None:
    api = start_api(start_sim)
    for status in (400, 410):
        config = write_config(tmp_path, api, webhook_sink(start_receiver(Answer(status)).url))
        outcome = runwatch.run("wait", "--config", config, "--require-delivery", "hook", "t/passed")
        assert outcome.code == 3, outcome
        assert f"HTTP {status}" in outcome.stderr


def test_a_sink_that_comes_back_gets_its_results(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_receiver: ReceiverStarter, tmp_path: Path
) -> None:
    def refuse_first(delivery: Delivery) -> Answer:
        return Answer(503) if len(receiver.deliveries) == 1 else Answer()

    receiver = start_receiver(refuse_first)
    config = write_config(tmp_path, start_api(start_sim), webhook_sink(receiver.url))
    outcome = runwatch.run("wait", "--config", config, "--require-delivery", "hook", "t/passed", "--timeout", "20s")
    assert outcome.code == 0, outcome
    assert len(receiver.taken()) == 1


def test_a_signal_ends_the_wait_for_sinks(
    runwatch: Runwatch, start_sim: SimulatorStarter, start_receiver: ReceiverStarter, tmp_path: Path
) -> None:
    held = threading.Event()
    receiver = start_receiver(Answer(held_by=held))
    config = write_config(tmp_path, start_api(start_sim), webhook_sink(receiver.url))
    running = runwatch.start(["wait", "--config", config, "t/passed"])
    wait_for("the delivery to be under way", lambda: receiver.deliveries)
    running.wait_for_stdout("passed: 1 run")
    running.send(signal.SIGTERM)
    outcome = running.finish()
    held.set()
    assert outcome.code == 143, outcome
    assert "sink hook: 1 result was not delivered before the wait ended" in outcome.stderr


def test_names_that_the_config_does_not_know_are_wrong_usage(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    config = write_config(tmp_path, start_api(start_sim), file_sink())
    for option in ("--sink", "--require-delivery"):
        outcome = runwatch.run("wait", "--config", config, option, "fil", "t/passed")
        assert outcome.code == 64, outcome
        assert 'no sink of the config is named "fil"; did you mean "file"?' in outcome.stderr


def test_options_win_over_the_config(runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path) -> None:
    api = start_api(start_sim)
    config = config_of(api, sinks=[file_sink()], telnyx={"base_url": "https://127.0.0.1:9/v2"})
    file = tmp_path / "runwatch.yaml"
    file.write_text(to_yaml(config), encoding="utf-8")
    outcome = runwatch.run("wait", "--config", str(file), "--base-url", api.base_url, "t/passed")
    assert outcome.code == 0, outcome
    assert len(results_in(tmp_path)) == 1
