"""The package under a systemd that really boots: the life of the service, its sandbox, its secrets and its journal. Needs
root, systemd-nspawn and what makes a Debian root; says so where a machine cannot."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
import time
from pathlib import Path
from typing import Iterator

import pytest

from debian_package import built_package
from debian_root import Unavailable, debian_root
from harness.daemon import ref_of
from harness.raw_server import ok
from harness.receiver import Receiver
from harness.run_api import RunApi, answer_of
from harness.secrets import API_KEY
from harness.simulator import Simulator
from harness.waiting import wait_for
from machine import Machine, Unit

KEY = "KEY0123456789abcdefABCDEF_boot"
CONFIG = "/etc/runwatch/runwatch.yaml"
INSTALLING = Path(__file__).resolve().parents[2] / "docs/install.md"
RESULTS = "/var/log/runwatch/results.jsonl"


@pytest.fixture(name="api", scope="module")
def fixture_api() -> Iterator[RunApi]:
    """An API on the loopback that the machine shares."""
    api = RunApi()
    yield api
    api.close()


@pytest.fixture(name="machine", scope="module")
def fixture_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A Debian with the package, booted. Each test goes on from where the one before it ended."""
    if not shutil.which("systemd-nspawn"):
        pytest.skip("systemd-nspawn is not installed")
    try:
        with debian_root() as root:
            root.install("systemd", "systemd-sysv")
            shutil.copy(built_package(), root.path / "root/runwatch.deb")
            root.install("/root/runwatch.deb")
            console = tmp_path_factory.mktemp("machine") / "console"
            try:
                machine = Machine(root.path, console)
            except AssertionError as failed:
                pytest.skip(f"no systemd boots here: {failed}; {console.read_text(errors='replace')[-2000:]}")
            yield machine
            machine.close()
    except Unavailable as why:
        pytest.skip(str(why))


@pytest.fixture(name="service", scope="module")
def fixture_service(machine: Machine) -> Unit:
    """The service."""
    return Unit(machine, "runwatch.service")


def configure(machine: Machine, api: RunApi, *watched: str, more: str = "") -> None:
    """Writes the config of a service that watches these runs."""
    runs = ", ".join(f"{{run: {ref}}}" for ref in watched)
    machine.write(
        CONFIG,
        f"telnyx: {{api_key: {{credential: telnyx-api-key}}, base_url: '{api.base_url}'}}\n"
        "polling: {target_delay: 200ms, min_interval: 100ms, max_interval: 500ms}\n"
        f"watch: [{runs}]\n"
        f"sinks: [{{name: file, type: file, path: {RESULTS}}}]\n"
        f"http: {{listen: 'unix:/run/runwatch/http.sock'}}\n{more}",
    )


def reported(machine: Machine) -> list[str]:
    """The REFs in the file of results, in their order."""
    text = machine.run("cat", RESULTS).stdout
    return [ref_of(json.loads(line)) for line in text.splitlines()]


def status_of(machine: Machine, pid: int, name: str) -> str:
    """A line of a process's status."""
    text = machine.output("cat", f"/proc/{pid}/status")
    return next(line.partition(":")[2].strip() for line in text.splitlines() if line.startswith(f"{name}:"))


def test_it_does_not_start_by_itself_and_a_wrong_config_is_not_tried_for_ever(machine: Machine, service: Unit) -> None:
    assert service.show("ActiveState") == "inactive"
    machine.write("/etc/runwatch/telnyx-api-key", f"{KEY}\n", "0600")
    machine.write(CONFIG, "nonsense: 1\n")
    assert service.systemctl("start").returncode != 0
    assert (service.show("ActiveState"), service.show("ExecMainStatus")) == ("failed", "78")
    assert any(f"{CONFIG}:1:1: nonsense" in line for line in service.journal())
    assert service.show("NRestarts") == "0"


def test_it_is_started_once_it_is_ready(machine: Machine, service: Unit, api: RunApi) -> None:
    api.run("t/a", "t/b", "t/c", "t/d")
    configure(machine, api, "t/a", "t/b", "t/c")
    began = time.monotonic()
    service.must("start")
    print(f"boot to multi-user {machine.boot_seconds:.1f} s; start to ready {time.monotonic() - began:.2f} s")
    assert service.show("ActiveState") == "active"
    assert any(line.startswith("ready watching=3") for line in service.journal())
    wait_for("its status", lambda: service.show("StatusText") == "watching 3 runs, 0 deliveries pending")
    machine.output("runwatch", "healthcheck")


def test_root_can_try_the_key_of_the_service(machine: Machine, service: Unit, api: RunApi) -> None:
    assert service.show("ActiveState") == "active"
    check = ("env", "CREDENTIALS_DIRECTORY=/etc/runwatch", "runwatch", "check", "--online", "--quiet")
    # What is no run: the list of tests that the key is tried with.
    api.answers[""] = ok('{"data": [], "meta": {"total_results": 0}}')
    machine.output(*check)
    api.answers[""] = answer_of(401, "{}")
    assert machine.run(*check).returncode == 4
    del api.answers[""]


def test_a_result_is_delivered_and_the_journal_has_it_in_fields(machine: Machine, service: Unit, api: RunApi) -> None:
    api.end("t/a")
    wait_for("its result", lambda: reported(machine) == ["t/a"])
    (entry,) = wait_for("its entry", lambda: service.entries(TEST_ID="t", RUN_ID="a"))
    assert entry["MESSAGE"] == f"run ended run=t/a type=run.passed polls={entry['POLLS']}"
    assert (entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"], entry["_TRANSPORT"]) == ("6", "runwatch", "journal")


def test_a_good_config_is_put_in_force_by_a_reload(machine: Machine, service: Unit, api: RunApi) -> None:
    pid = service.pid
    configure(machine, api, "t/a", "t/b", "t/c", "t/d")
    service.must("reload")
    assert any(line.startswith("config reloaded watching=3") for line in service.journal())
    assert service.pid == pid
    assert service.show("StatusText") == "watching 3 runs, 0 deliveries pending"


def test_a_wrong_config_fails_the_reload_and_changes_nothing(machine: Machine, service: Unit, api: RunApi) -> None:
    pid = service.pid
    machine.write(CONFIG, "nonsense: 1\n")
    assert service.systemctl("reload").returncode != 0
    assert (service.show("ActiveState"), service.pid) == ("active", pid)
    # What no check foresees, the daemon itself refuses.
    configure(machine, api, "t/b", "t/c", "t/d", more="state: {path: /var/lib/runwatch/other.db}\n")
    assert service.systemctl("reload").returncode != 0
    assert "the last reload failed (state.path: cannot change" in service.show("StatusText")
    assert service.pid == pid
    configure(machine, api, "t/b", "t/c", "t/d")
    service.must("reload")
    assert service.show("StatusText") == "watching 3 runs, 0 deliveries pending"


def test_the_key_is_for_nobody_else(machine: Machine, service: Unit) -> None:
    directory = f"/run/credentials/{service.name}"
    assert machine.output("stat", "--format=%a", f"{directory}/telnyx-api-key").strip() == "400"
    owner = machine.output("stat", "--format=%u", f"{directory}/telnyx-api-key").strip()
    assert owner == status_of(machine, service.pid, "Uid").split()[0] != "0"
    other = machine.run("setpriv", "--reuid=65534", "--clear-groups", "cat", f"{directory}/telnyx-api-key")
    assert other.returncode != 0 and KEY not in other.stdout
    told = machine.output("sh", "-c", f"cat /proc/{service.pid}/cmdline /proc/{service.pid}/environ") + "\n".join(service.journal())
    assert KEY not in told


def test_the_sandbox_is_in_force(machine: Machine, service: Unit) -> None:
    pid = service.pid
    machine.write("/home/somebody/letter", "private\n")
    assert machine.run("ls", f"/proc/{pid}/root/home/somebody").returncode != 0
    assert status_of(machine, pid, "NoNewPrivs") == "1"
    assert status_of(machine, pid, "CapEff") == status_of(machine, pid, "CapBnd") == "0" * 16
    assert status_of(machine, pid, "Seccomp") == "2"
    mounts = machine.output("cat", f"/proc/{pid}/mounts").splitlines()
    root = [line.split()[3].split(",") for line in mounts if line.split()[1] == "/"]
    assert "ro" in root[-1]
    for folder in ("/var/lib/private/runwatch", "/var/log/private/runwatch"):
        assert machine.run("setpriv", "--reuid=65534", "--clear-groups", "ls", folder).returncode != 0


def test_a_hang_is_ended_by_the_watchdog_and_nothing_is_lost(machine: Machine, service: Unit, api: RunApi) -> None:
    # The same unit with less patience.
    machine.write(f"/run/systemd/system/{service.name}.d/patience.conf", "[Service]\nWatchdogSec=2s\n")
    machine.output("systemctl", "daemon-reload")
    service.must("restart")
    pid = service.pid
    machine.output("systemctl", "kill", "--signal=STOP", service.name)
    api.end("t/b", verdict="failed")
    wait_for("another process", lambda: service.pid not in (0, pid), 60)
    wait_for("the result that came meanwhile", lambda: reported(machine) == ["t/a", "t/b"], 60)
    assert any("Watchdog timeout" in line for line in service.journal())
    assert int(service.show("NRestarts")) == 1


def test_a_crash_loses_nothing_and_reports_nothing_twice(machine: Machine, service: Unit, api: RunApi) -> None:
    pid = service.pid
    machine.output("systemctl", "kill", "--signal=KILL", service.name)
    api.end("t/c")
    wait_for("another process", lambda: service.pid not in (0, pid), 60)
    wait_for("the result", lambda: reported(machine) == ["t/a", "t/b", "t/c"], 60)


def test_it_stops_in_time(machine: Machine, service: Unit) -> None:
    began = time.monotonic()
    service.must("stop")
    assert time.monotonic() - began < 15
    assert (service.show("ActiveState"), service.show("Result")) == ("inactive", "success")
    assert "stopped" in service.journal()


def test_one_run_is_waited_for(machine: Machine, api: RunApi) -> None:
    machine.write(
        "/run/systemd/system/runwatch-wait@.service.d/api.conf", f"[Service]\nEnvironment=TELNYX_BASE_URL={api.base_url}\n"
    )
    machine.output("systemctl", "daemon-reload")
    passed = Unit(machine, "runwatch-wait@" + machine.output("systemd-escape", "t/c").strip() + ".service")
    passed.must("start")
    assert any("t/c" in line for line in passed.journal())
    failed = Unit(machine, "runwatch-wait@" + machine.output("systemd-escape", "t/b").strip() + ".service")
    assert failed.systemctl("start").returncode != 0
    assert failed.show("ExecMainStatus") == "1"


def test_systemd_listens_in_its_place(machine: Machine, service: Unit, api: RunApi) -> None:
    path = "/run/runwatch-http.sock"
    configure(machine, api, "t/d")
    machine.output("sed", "-i", f"s#unix:/run/runwatch/http.sock#unix:{path}#", CONFIG)
    Unit(machine, "runwatch.socket").must("start")
    assert service.show("ActiveState") == "inactive"
    # Who connects has the service started, and is answered.
    wait_for("its answer", lambda: machine.run("runwatch", "healthcheck").returncode == 0)
    assert service.show("ActiveState") == "active"
    assert any(f"control API is served address=unix:{path}" in line for line in service.journal())
    service.must("stop")
    assert machine.run("test", "-S", path).returncode == 0, "the socket is systemd's"


def test_a_nightly_suite_reports_into_slack_as_the_docs_say(machine: Machine, service: Unit, tmp_path: Path) -> None:
    how = INSTALLING.read_text(encoding="utf-8").partition("reports into Slack\n")[2].partition("\n## ")[0]
    blocks = [textwrap.dedent(block) for block in re.findall(r"(?:^ {4}.*\n)+", how, flags=re.MULTILINE)]
    by_hand, config, commands = blocks
    # They run when following begins: a look for those that come later is a minute off.
    born = [{"count": 2, "from": "0s"}]
    test = {"test": "Greeting", "suite": "nightly", "births": born, "running": "25s", "verdicts": {"failed": 1}}
    sim = Simulator(tmp_path / "sim", {"tests": [test]}, ("--plain",))
    slack = Receiver()
    machine.output("systemctl", "stop", "runwatch.socket")
    machine.write("/etc/runwatch/telnyx-api-key", f"{API_KEY}\n", "0600")
    assert re.findall(r"/etc/runwatch/[a-z-]+", by_hand) == ["/etc/runwatch/telnyx-api-key"] + ["/etc/runwatch/environment"] * 2
    machine.write("/etc/runwatch/environment", f"SLACK_URL={slack.url}\n", "0600")
    machine.write(f"/etc/systemd/system/{service.name}.d/override.conf", "[Service]\nEnvironmentFile=/etc/runwatch/environment\n")
    machine.output("systemctl", "daemon-reload")
    # What is real elsewhere is on the loopback here.
    machine.write(CONFIG, config.replace("telnyx: {", f"telnyx: {{base_url: '{sim.base_url}', "))
    machine.output("sh", "-ec", commands)
    wait_for("the message that was asked for and two of the suite", lambda: len(slack.deliveries) >= 3, 60)
    told = [delivery.json()["text"] for delivery in slack.deliveries]
    assert "runwatch-test" in told[0] and all("Greeting" in text and "failed" in text for text in told[1:]), told
    service.must("stop")
    slack.close()
    sim.stop()
