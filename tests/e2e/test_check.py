"""`runwatch check` finds in one go what is wrong with a config and with this machine, and changes nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conftest import SimulatorStarter
from harness.process import Outcome, Runwatch
from harness.raw_server import ClosedPort
from harness.secrets import API_KEY
from harness.simulator import Simulator, scenario_of
from harness.state_file import StateFile

GOOD = """
watch: [{run: t/r}]
sinks:
  - {name: console, type: stdout}
  - {name: results, type: file, path: results.jsonl}
  - {name: pager, type: exec, command: [/bin/true]}
state: {path: state.db}
"""


def check(runwatch: Runwatch, tmp_path: Path, config: str, *arguments: str) -> Outcome:
    """Runs the check on a config in `tmp_path`."""
    (tmp_path / "runwatch.yaml").write_text(config, encoding="utf-8")
    return runwatch.run("check", "--config", "runwatch.yaml", *arguments)


def api(sim: Simulator, *, key: str = "{env: TELNYX_API_KEY}") -> str:
    """The section of a config that leads to a stand-in."""
    return f"telnyx: {{api_key: {key}, base_url: '{sim.base_url}', ca_file: {sim.ca_file}, timeout: 5s}}\n"


def test_a_good_config_is_0_and_printed_whole(runwatch: Runwatch, tmp_path: Path) -> None:
    outcome = check(runwatch, tmp_path, GOOD)
    assert outcome.code == 0, outcome
    assert outcome.stderr == "runwatch: runwatch.yaml is good: 3 sinks, 1 run to watch\n"
    assert f"path: {tmp_path}/state.db" in outcome.stdout and "target_delay: 3s" in outcome.stdout
    assert sorted(file.name for file in tmp_path.iterdir()) == ["runwatch.yaml"], "nothing is made"

    again = check(runwatch, tmp_path, outcome.stdout)
    assert (again.code, again.stdout) == (0, outcome.stdout), "what is printed is a config of the same meaning"
    quiet = check(runwatch, tmp_path, GOOD, "--quiet")
    assert (quiet.code, quiet.stdout, quiet.stderr) == (0, "", "")


def test_everything_that_is_wrong_is_told_with_its_place(runwatch: Runwatch, tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").mkdir()
    config = """
telnyx: {timeuot: 3s}
sinks:
  - {name: a, type: file, path: results.jsonl}
  - {name: b, type: file, path: nowhere/results.jsonl}
  - {name: c, type: exec, command: [/nowhere/page]}
  - {name: d, type: webhook, url: 'https://x/', ca_file: runwatch.yaml}
  - {name: e, type: webhook, url: 'https://x/', secret: {file: nowhere}}
state: {path: nowhere/state.db}
"""
    outcome = check(runwatch, tmp_path, config)
    assert outcome.code == 78, outcome
    assert outcome.stdout == ""
    *problems, last = outcome.stderr.splitlines()
    assert [problem.split(": ")[:2] for problem in problems] == [
        ["runwatch.yaml:2:10", "telnyx.timeuot"],
        ["runwatch.yaml:8:57", "sinks[4].secret"],
        ["runwatch.yaml:4:33", "sinks[0].path"],
        ["runwatch.yaml:5:33", "sinks[1].path"],
        ["runwatch.yaml:6:37", "sinks[2].command[0]"],
        ["runwatch.yaml:7:58", "sinks[3].ca_file"],
        ["runwatch.yaml:9:15", "state.path"],
    ]
    assert last == "runwatch: runwatch.yaml: 7 problems"
    assert f"there is no directory {tmp_path}/nowhere; make it" in outcome.stderr


def test_a_warning_is_no_problem(runwatch: Runwatch, tmp_path: Path) -> None:
    outcome = check(runwatch, tmp_path, GOOD + f"telnyx: {{api_key: {API_KEY}}}\n", "--quiet")
    assert outcome.code == 0, outcome
    assert outcome.stderr.startswith("runwatch: warning: runwatch.yaml:8:")
    (tmp_path / "runwatch.yaml").unlink()


def test_a_credential_for_the_daemon_alone_is_missed_only_online(runwatch: Runwatch, tmp_path: Path) -> None:
    config = "telnyx: {api_key: {credential: telnyx-api-key}}\n" + GOOD
    outcome = check(runwatch, tmp_path, config)
    assert outcome.code == 0, outcome
    assert "api_key: {credential: telnyx-api-key}" in outcome.stdout
    warning = "runwatch.yaml:1:19: telnyx.api_key: the credential telnyx-api-key cannot be read: CREDENTIALS_DIRECTORY is not set"
    assert f"warning: {warning}" in outcome.stderr and "the daemon may find it all the same" in outcome.stderr
    online = check(runwatch, tmp_path, config, "--online")
    assert online.code == 78 and warning in online.stderr, online
    # Where it should be, it must be.
    (tmp_path / "runwatch.yaml").write_text(config, encoding="utf-8")
    there = runwatch.run("check", "--config", "runwatch.yaml", env={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert there.code == 78 and "No such file" in there.stderr, there


def test_a_config_that_is_not_there_is_78(runwatch: Runwatch) -> None:
    named = runwatch.run("check", "--config", "nowhere.yaml")
    assert named.code == 78, named
    assert "the config file nowhere.yaml cannot be read: No such file or directory" in named.stderr
    default = runwatch.run("check")
    assert default.code == 78, default
    assert "/etc/runwatch/runwatch.yaml: write one, or name another with --config" in default.stderr


def test_a_state_file_is_looked_at_beside_a_daemon(runwatch: Runwatch, tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state.db", {"console": "stdout"})
    assert check(runwatch, tmp_path, GOOD).code == 0
    state.open()
    before = sorted(file.name for file in tmp_path.iterdir())
    assert check(runwatch, tmp_path, GOOD).code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == before
    state.run_script("PRAGMA user_version = 99")
    newer = check(runwatch, tmp_path, GOOD)
    assert newer.code == 78 and "a newer runwatch wrote it" in newer.stderr, newer
    state.close()
    (tmp_path / "state.db").write_text("hello, world")
    foreign = check(runwatch, tmp_path, GOOD)
    assert foreign.code == 78 and "it is not a state file of runwatch" in foreign.stderr, foreign


def test_online_tries_the_key_and_reaches_the_sinks(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    sim, hook = start_sim(scenario_of()), start_sim(scenario_of())
    ops = f"sinks: [{{name: ops, type: webhook, url: '{hook.origin}/hook?token=x', ca_file: {hook.ca_file}}}]\n"
    outcome = check(runwatch, tmp_path, api(sim) + ops + "state: {path: state.db}\n", "--online")
    assert outcome.code == 0, outcome
    assert f"runwatch: the API key works: {sim.base_url} takes it\n" in outcome.stderr
    assert f"runwatch: sink ops: {hook.origin} can be reached\n" in outcome.stderr
    assert sim.requests() == [("GET", "/v2/ai/assistants/tests?page%5Bsize%5D=1", 200)]
    assert hook.requests() == [] and hook.report()["tls_handshakes"] >= 1


@pytest.mark.parametrize(
    ("options", "faults", "code", "said"),
    [
        (["--certificate", "expired"], [], 4, "is refused: it expired on 20"),
        ([], [{"status": 401}], 4, "the API refused the key (HTTP 401"),
        ([], [{"status": 403}], 4, "the API does not let this key list tests (HTTP 403"),
        ([], [{"status": 503}], 5, "the API failed (HTTP 503"),
        ([], [{"status": 429}], 5, "the API asks to slow down (HTTP 429"),
        ([], [{"status": 200, "body": "html"}], 5, "check the base URL"),
    ],
)
def test_online_says_what_the_api_has_against_it(
    runwatch: Runwatch,
    start_sim: SimulatorStarter,
    tmp_path: Path,
    options: list[str],
    faults: list[dict[str, object]],
    code: int,
    said: str,
) -> None:
    sim = start_sim(scenario_of(faults=faults), *options)
    outcome = check(runwatch, tmp_path, api(sim) + "state: {path: state.db}\n", "--online")
    assert outcome.code == code, outcome
    assert "runwatch.yaml:1:9: telnyx: " in outcome.stderr and said in outcome.stderr


def test_online_says_who_cannot_be_reached(runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path) -> None:
    sim, nobody = start_sim(scenario_of()), ClosedPort()
    hook = start_sim(scenario_of(), "--certificate", "wrong-host")
    sinks = f"""
sinks:
  - {{name: ops, type: webhook, url: '{nobody.base_url}'}}
  - {{name: hook, type: webhook, url: '{hook.base_url}', ca_file: {hook.ca_file}}}
state: {{path: state.db}}
"""
    outcome = check(runwatch, tmp_path, api(sim) + sinks, "--online")
    assert outcome.code == 5, outcome
    assert "the API key works" in outcome.stderr
    assert f"runwatch.yaml:4:5: sinks[0]: sink ops: {nobody.base_url}: cannot connect to " in outcome.stderr
    assert "runwatch.yaml:5:5: sinks[1]: sink hook: " in outcome.stderr and "wrong host" in outcome.stderr
    nobody.close()
    wrong_too = check(runwatch, tmp_path, api(sim) + sinks.replace("state.db", "nowhere/state.db"), "--online")
    assert wrong_too.code == 78 and "sinks[1]" in wrong_too.stderr, wrong_too


def test_output_that_nobody_takes_is_3(runwatch: Runwatch, tmp_path: Path) -> None:
    (tmp_path / "runwatch.yaml").write_text(GOOD)
    with open("/dev/full", "wb") as full:
        outcome = runwatch.run("check", "--config", "runwatch.yaml", stdout=full)
    assert outcome.code == 3, outcome
    assert "standard output could not be written: No space left on device" in outcome.stderr
    with subprocess.Popen(["true"], stdin=subprocess.PIPE) as gone:
        gone.wait()
        assert runwatch.run("check", "--config", "runwatch.yaml", stdout=gone.stdin).code == 0
