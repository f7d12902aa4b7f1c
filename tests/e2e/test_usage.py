"""Wrong usage is 64, a configuration that cannot be used 78; both before anything is sent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conftest import SimulatorStarter
from harness.process import Runwatch
from harness.raw_server import Endpoint, RawServer, Request, ok
from harness.secrets import API_KEY
from harness.simulator import run_of, scenario_of

NOWHERE = Endpoint("https://127.0.0.1:1/v2")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "REF is required"),
        (["t/r", "--no-such-option"], "--no-such-option"),
        (["t/r", "--timeout", "30"], '"30" is no duration'),
        (["t/r", "--timeout", "1m1h"], '"1m1h" is no duration'),
        (["t/r", "--timeout", "-5s"], "--timeout"),
        (["t/r", "--heartbeat", "often"], '"often" is no duration'),
        (["t/r", "--not-found-grace", ""], "--not-found-grace"),
        (["t/r", "--interval", "99ms"], "at least 100ms"),
        (["t/r", "--interval", "0s"], "at least 100ms"),
        (["t/r", "--output", "xml"], '"xml" is none of auto, text, json, jsonl, github'),
        (["t/r", "--any", "--fail-fast"], "--fail-fast"),
        (["t/r", "--junit"], "--junit"),
        (["t/r", "--proxy", "http://user:hunter2@proxy.example:3128"], "HTTPS_PROXY"),
        (["t/r", "--base-url", "api.telnyx.com"], 'the base URL "api.telnyx.com" cannot be used'),
        (["t/r", "--base-url", "https://user:hunter2@127.0.0.1/v2"], "must have no user name"),
        (["t/r", "--base-url", "https://127.0.0.1/v2?x=1"], "must have no user name, password, query"),
        (["t/r", "--base-url", "ftp://127.0.0.1/v2"], "cannot be used"),
        (["t/r", "--base-url", "http://198.51.100.7/v2"], "would send the API key unprotected"),
        (["t/r", "--base-url", "http://localhost.example/v2"], "would send the API key unprotected"),
        (["t/r", "--base-url", "http://localhost.example/v2"], "would send the API key unprotected"),
    ],
)
def test_wrong_usage_is_64(runwatch: Runwatch, arguments: list[str], said: str) -> None:
    outcome = runwatch.run("wait", *arguments)
    assert outcome.code == 64, outcome
    assert said in outcome.stderr
    assert "hunter2" not in outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.parametrize("arguments", [[], ["--no-such-option"], ["no-such-command"], ["wait-for-it", "t/r"]])
def test_a_wrong_command_is_64(runwatch: Runwatch, arguments: list[str]) -> None:
    outcome = runwatch.run(*arguments)
    assert outcome.code == 64, outcome
    assert "Try 'runwatch --help'" in outcome.stderr


def test_what_is_refused_is_printed_harmlessly(runwatch: Runwatch) -> None:
    outcome = runwatch.run("wait", "\x1b[2J::error::x", "--output", "\x1b[31m")
    assert outcome.code == 64, outcome
    assert "\x1b" not in outcome.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["wait", "--help"]])
def test_help_goes_to_standard_output(runwatch: Runwatch, arguments: list[str]) -> None:
    outcome = runwatch.run(*arguments, env={"TELNYX_API_KEY": ""})
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "runwatch" in outcome.stdout


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "caf\u00e9", "  ", "x" * 5000])
def test_no_key_that_can_be_sent_is_78(runwatch: Runwatch, key: str) -> None:
    outcome = runwatch.wait(NOWHERE, "t/r", env={"TELNYX_API_KEY": key})
    assert outcome.code == 78, outcome
    assert "TELNYX_API_KEY" in outcome.stderr
    assert not key.strip() or key not in outcome.stderr


def test_white_space_around_the_key_does_no_harm(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    assert runwatch.wait(sim, "t/r", env={"TELNYX_API_KEY": f" {API_KEY}\r\n"}).code == 0


def test_a_key_in_a_file_wins_over_the_variable(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    file = tmp_path / "private" / "key"
    file.write_text(f"  {API_KEY}\r\n")
    env = {"TELNYX_API_KEY": "another"}
    assert runwatch.wait(sim, "t/r", "--api-key-file", str(file), env=env).code == 0
    assert runwatch.wait(sim, "t/r", env=env).code == 4


def test_a_key_file_that_changes_is_read_again(runwatch: Runwatch, tmp_path: Path) -> None:
    file = tmp_path / "private" / "key"
    file.parent.mkdir()
    file.write_text("old-key-1234")
    refusal = b'{"errors":[{"code":"10009","title":"Bad key old-key-1234"}]}'

    def answer(request: Request) -> bytes:
        if request.headers["authorization"] == f"Bearer {API_KEY}":
            return ok('{"run_id":"r","status":"passed"}')
        # Turned down in the very moment in which the key is replaced.
        file.write_text(API_KEY)
        return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n%s" % (len(refusal), refusal)

    server = RawServer(answer)
    outcome = runwatch.wait(server, "t/r", "--api-key-file", str(file))
    server.close()
    assert outcome.code == 0, outcome
    assert "poll failed" not in outcome.stderr
    assert len(server.requests) == 2


def test_a_refused_key_whose_file_is_broken_is_told_so(runwatch: Runwatch, tmp_path: Path) -> None:
    file = tmp_path / "private" / "key"
    file.parent.mkdir()
    file.write_text("old-key-1234")

    def answer(_request: Request) -> bytes:
        file.unlink(missing_ok=True)
        return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\nold-key-1234"

    server = RawServer(answer)
    outcome = runwatch.wait(server, "t/r", "--api-key-file", str(file))
    server.close()
    assert outcome.code == 4, outcome
    assert f"the old key is still in use, as the file {file} cannot be read: No such file" in outcome.stderr
    assert "old-key" not in outcome.stderr
    assert len(server.requests) == 1


def test_a_key_may_come_through_a_pipe(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r", running="300ms")))
    reader, writer = os.pipe()
    os.write(writer, API_KEY.encode())
    os.close(writer)
    with os.fdopen(reader) as stdin:
        assert runwatch.wait(sim, "t/r", "--api-key-file", "/dev/stdin", stdin=stdin).code == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        (b"", "it is empty"),
        (b"\n \n", "it is empty"),
        (b"a b", "one word of"),
        (b"\0\xff", "one word of"),
    ],
)
def test_a_key_file_that_holds_no_key_is_78(
    runwatch: Runwatch, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    outcome = runwatch.wait(NOWHERE, "t/r", "--api-key-file", str(file))
    assert outcome.code == 78, outcome
    assert said in outcome.stderr and str(file) in outcome.stderr


def test_a_directory_as_key_file_is_78(runwatch: Runwatch, tmp_path: Path) -> None:
    outcome = runwatch.wait(NOWHERE, "t/r", "--api-key-file", str(tmp_path))
    assert outcome.code == 78, outcome
    assert "Is a directory" in outcome.stderr


def test_the_base_url_may_come_from_the_environment(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    ca_file = ["--ca-file", str(sim.ca_file)]
    env = {"TELNYX_BASE_URL": sim.base_url + "/"}
    assert runwatch.run("wait", "t/r", *ca_file, env=env).code == 0
    assert runwatch.run("wait", "t/r", *ca_file, "--base-url", sim.base_url, env={"TELNYX_BASE_URL": "x"}).code == 0


@pytest.mark.parametrize("url", ["api.telnyx.com", "https://user:hunter2@127.0.0.1/v2", "https://"])
def test_a_wrong_base_url_in_the_environment_is_78(runwatch: Runwatch, url: str) -> None:
    outcome = runwatch.run("wait", "t/r", env={"TELNYX_BASE_URL": url})
    assert outcome.code == 78, outcome
    assert "TELNYX_BASE_URL: the base URL" in outcome.stderr
    assert "hunter2" not in outcome.stderr


def test_a_junit_report_that_cannot_be_written_is_78_before_anything_is_sent(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    sim = start_sim(scenario_of(run_of("t/r")))
    outcome = runwatch.wait(sim, "t/r", "--junit", str(tmp_path / "nowhere" / "junit.xml"))
    assert outcome.code == 78, outcome
    assert "junit.xml cannot be written: No such file or directory" in outcome.stderr
    assert sim.report()["requests"] == 0


def test_an_api_that_quotes_the_key_does_not_make_us_print_it(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    said = f'{{"errors":[{{"code":"10009","title":"Bad key {API_KEY}","detail":"Bearer {API_KEY}"}}]}}'
    faults = [{"on": 1, "status": 500, "raw_body": said}, {"status": 401, "raw_body": said}]
    sim = start_sim(scenario_of(run_of("t/r", faults=faults)))
    outcome = runwatch.wait(sim, "t/r", "--junit", str(tmp_path / "junit.xml"))
    assert outcome.code == 4, outcome
    assert "Bad key " in outcome.stderr
