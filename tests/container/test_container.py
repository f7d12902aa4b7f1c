"""The image is what docs/container.md says, and a container of it lives as it should: as nobody in particular, with
nothing but its volume to write to, and as the first process. Needs root, buildah, podman and runc."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from harness.daemon import RESULTS, config_of, file_sink, ids_of, ref_of, results_in
from harness.run_api import RunApi
from harness.secrets import API_KEY, LeakDetector
from harness.simulator import Simulator, run_of, scenario_of, to_yaml
from harness.waiting import wait_for
from image import ROOT, TOOLS, Failed, Podman, run

#: Numbers, as the image knows them.
USER = 65532

_SOCKET = "unix:/var/lib/runwatch/http.sock"


@pytest.fixture(name="podman", scope="session")
def fixture_podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """With the image built; where this machine cannot run containers, the tests are skipped and say why."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to run containers")
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        pytest.skip(f"needs {', '.join(missing)}, which are not installed")
    podman = Podman(tmp_path_factory.mktemp("podman"))
    try:
        podman.build_image()
        try:
            run(*podman.run_command("--rm", arguments=("--version",)))
        except Failed as failed:
            # The image itself must be sound.
            run("chroot", f"--userspec={USER}:{USER}", podman.mount_image(), "/usr/bin/runwatch", "--version")
            pytest.skip(f"this machine runs no containers: {failed}")
        yield podman
    finally:
        podman.remove_all()


class Container:
    """A `runwatch serve` in a container, which may be started again; its state is in a volume of its own."""

    def __init__(self, podman: Podman, directory: Path, config: dict[str, Any], *options: str) -> None:
        self._podman = podman
        self.name = f"test-{os.getpid()}-{directory.name}"
        self.message = directory / "termination-log"
        self.message.write_text("what was there before")
        self.message.chmod(0o666)
        etc, secrets = directory / "etc", directory / "private"
        for folder in (etc, secrets):
            folder.mkdir()
        config["telnyx"]["api_key"] = {"file": "/run/secrets/runwatch/api-key"}
        config["state"] = {"path": "/var/lib/runwatch/state.db"}
        (etc / "runwatch.yaml").write_text(to_yaml(config), encoding="utf-8")
        (secrets / "api-key").write_text(API_KEY)
        self._options = [
            f"--volume={etc}:/etc/runwatch:ro",
            f"--volume={secrets}:/run/secrets/runwatch:ro",
            f"--volume={self.message}:/dev/termination-log",
            f"--volume={self.name}:/var/lib/runwatch",
            *options,
        ]

    def start(self) -> Container:
        """Starts it, the first time or again."""
        if not self._podman("ps", "--all", "--quiet", f"--filter=name={self.name}").strip():
            run(*self._podman.run_command("--detach", f"--name={self.name}", *self._options))
        else:
            self._podman("start", self.name)
        return self

    @property
    def log(self) -> str:
        """All that it has logged, in all its lives."""
        done = subprocess.run(self._podman.command("logs", self.name), capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def inspect(self, template: str) -> str:
        """A property of it."""
        return self._podman("inspect", f"--format={template}", self.name).strip()

    @property
    def pid(self) -> int:
        """Of runwatch, as this machine sees it."""
        return int(self.inspect("{{.State.Pid}}"))

    def is_healthy(self) -> bool:
        """What the image's health check says."""
        command = self._podman.command("healthcheck", "run", self.name)
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0

    def execute(self, *command: str) -> str:
        """Runs a command in it, as a probe of Kubernetes does."""
        return self._podman("exec", self.name, *command)

    def wait_until_ready(self, life: int = 1) -> Container:
        """Waits until it is ready, in its first life or a later one."""
        wait_for("readiness", lambda: self.log.count('"message":"ready"') >= life or self._fail_if_ended())
        return self

    def _fail_if_ended(self) -> bool:
        assert self.inspect("{{.State.Running}}") == "true", self.log
        return False

    def kill(self, number: signal.Signals) -> None:
        """Sends a signal to it."""
        self._podman("kill", f"--signal={number.name}", self.name)

    def ended(self) -> int:
        """Waits for its end, and returns the exit status."""
        return int(self._podman("wait", self.name))

    @property
    def volume(self) -> Path:
        """The directory of its state, as this machine sees it."""
        return Path(self._podman("volume", "inspect", "--format={{.Mountpoint}}", self.name).strip())

    def results(self) -> list[dict[str, Any]]:
        """What its file has."""
        return results_in(self.volume)


ContainerMaker = Callable[..., Container]


@pytest.fixture(name="make_container")
def fixture_make_container(podman: Podman, tmp_path: Path) -> Iterator[ContainerMaker]:
    """Makes containers. What they print is searched for the key at the end."""
    made: list[Container] = []

    def make(config: dict[str, Any], *options: str) -> Container:
        directory = tmp_path / f"{re.sub('[^a-z]', '', tmp_path.name)}{len(made)}"
        directory.mkdir()
        made.append(Container(podman, directory, config, *options))
        return made[-1]

    yield make
    detector = LeakDetector()
    for container in made:
        detector.add(container.name, container.log)
        detector.watch(container.volume)
    detector.watch(tmp_path)
    detector.check()
    for container in made:
        podman("rm", "--force", "--time=0", container.name)


@pytest.fixture(name="api")
def fixture_api() -> Iterator[RunApi]:
    """An API whose runs end when the test says so, on loopback, which the containers share."""
    api = RunApi()
    yield api
    api.close()


def served(api: Any, **more: Any) -> dict[str, Any]:
    """A config of a daemon in a container, with a file of results, and a health check."""
    sinks = [file_sink(path="/var/lib/runwatch/results.jsonl")]
    return config_of(api, **({"sinks": sinks} | more)) | {"http": {"listen": _SOCKET}}


def test_the_image_says_how_it_is_run(podman: Podman) -> None:
    said = podman.inspect_image()
    config = said["Config"]
    assert config["User"] == f"{USER}:{USER}"
    assert config["Entrypoint"] == ["/usr/bin/runwatch"]
    assert config["Cmd"] == ["serve", "--config", "/etc/runwatch/runwatch.yaml"]
    assert config["StopSignal"] == "SIGTERM"
    assert list(config["Volumes"]) == ["/var/lib/runwatch"]
    assert said["Healthcheck"]["Test"] == ["CMD", "/usr/bin/runwatch", "healthcheck"]
    labels = {name.removeprefix("org.opencontainers.image."): text for name, text in config["Labels"].items()}
    project = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    said_by_project = re.search(r'^project\(runwatch VERSION (\S+) DESCRIPTION "(.*?)"', project, flags=re.M)
    assert said_by_project and (labels["version"], labels["description"]) == said_by_project.groups()
    assert labels["title"] == "runwatch" and labels["licenses"] == "MIT" and "source" in labels


def test_the_image_holds_no_other_program(podman: Podman) -> None:
    root = podman.mount_image()
    programs, others = [], []
    for file in root.rglob("*"):
        status, name = file.lstat(), str(file.relative_to(root))
        if stat.S_ISREG(status.st_mode) and status.st_mode & 0o111 and not re.search(r"\.so(\.|$)", name):
            programs.append(name)
        if not stat.S_ISLNK(status.st_mode) and (status.st_uid or status.st_mode & 0o6022):
            others.append(name)
    assert programs == ["usr/bin/runwatch"]
    assert others == ["var/lib/runwatch"], "all else is root's, and writable by nobody besides"
    with pytest.raises(Failed):
        run(*podman.run_command("--rm", "--entrypoint=/bin/sh", arguments=("-c", "true")))


def test_the_image_begins_with_a_config_that_is_good(podman: Podman) -> None:
    command = podman.run_command("--rm", "--env=TELNYX_API_KEY=KEY0123456789", arguments=("check", "--quiet"))
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and "warning" not in done.stderr, done


def test_it_trusts_the_authorities_of_the_image(podman: Podman, tmp_path: Path) -> None:
    sim = Simulator(tmp_path / "private", scenario_of(run_of("t/one")))
    try:
        arguments = ("wait", "--base-url", sim.base_url, "t/one")
        key = f"--env=TELNYX_API_KEY={API_KEY}"
        command = podman.run_command("--rm", key, arguments=arguments)
        refused = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert refused.returncode == 4 and "certificate" in refused.stderr, refused
        authorities = f"--volume={sim.ca_file}:/etc/ssl/certs/ca-certificates.crt:ro"
        run(*podman.run_command("--rm", key, authorities, arguments=arguments))
    finally:
        sim.stop()


def test_a_sidecar_ends_by_itself(make_container: ContainerMaker, api: RunApi) -> None:
    api.end("t/one", verdict="failed")
    api.run("t/two")
    container = make_container(served(api, watch=["t/one", "t/two"]) | {"exit": "when_idle"}).start()
    wait_for("the first result", container.results)
    api.end("t/two")
    assert container.ended() == 0, container.log
    assert sorted(map(ref_of, container.results())) == ["t/one", "t/two"]
    assert container.message.read_text() == (
        "verdict: failed (1 failed, 1 passed)\nundelivered: nothing\nstill watched: 0\nended: nothing was left to do\n"
    )


def test_sigterm_ends_it_in_good_order(make_container: ContainerMaker, api: RunApi) -> None:
    api.run("t/one")
    container = make_container(served(api, watch=["t/one"])).start().wait_until_ready()
    begun = time.monotonic()
    container.kill(signal.SIGTERM)
    assert container.ended() == 0, container.log
    assert time.monotonic() - begun < 15
    assert "ended: told to stop by SIGTERM\n" in container.message.read_text()


def test_it_may_do_next_to_nothing(make_container: ContainerMaker, api: RunApi) -> None:
    container = make_container(served(api)).start().wait_until_ready()
    proc = Path(f"/proc/{container.pid}")
    status = dict(line.split(":\t", 1) for line in (proc / "status").read_text().splitlines())
    assert status["NSpid"].split()[-1] == "1"
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {str(USER)}
    assert {int(status[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
    assert status["NoNewPrivs"] == "1"
    mounts = [line.split() for line in (proc / "mountinfo").read_text().splitlines()]
    writable = {mount[4] for mount in mounts if "ro" not in mount[5].split(",")}
    assert "/" not in writable and "/var/lib/runwatch" in writable
    assert not {path for path in writable if re.match(r"/(etc/runwatch|tmp|usr|var/tmp)", path)}


def test_its_health_check_tells_whether_it_is_ready(make_container: ContainerMaker, api: RunApi) -> None:
    api.run("t/one")
    container = make_container(served(api, watch=["t/one"])).start()
    wait_for("health", container.is_healthy)
    container.wait_until_ready()
    assert container.execute("runwatch", "healthcheck") == "ready\n"
    # One that does not answer is not healthy.
    container.kill(signal.SIGSTOP)
    assert not container.is_healthy()
    container.kill(signal.SIGCONT)
    wait_for("health again", container.is_healthy)


def test_nothing_is_lost_by_sigkill(make_container: ContainerMaker, api: RunApi) -> None:
    refs = [f"t/{number}" for number in range(40)]
    api.run(*refs)
    container = make_container(served(api, watch=refs)).start()
    for life in range(1, 5):
        container.wait_until_ready(life)
        pid, file, reported = container.pid, container.volume / RESULTS, (life - 1) * 10
        api.end(*refs[reported : reported + 10])
        # In the middle of it, at once: podman would take longer than the rest.
        wait_for("a result", lambda: file.exists() and file.read_bytes().count(b"\n") > reported)
        os.kill(pid, signal.SIGKILL)
        assert container.ended() == 128 + signal.SIGKILL
        container.start()
    container.wait_until_ready(5)
    wait_for("all results", lambda: len(container.results()) >= len(refs))
    container.kill(signal.SIGTERM)
    assert container.ended() == 0, container.log
    assert sorted(map(ref_of, container.results())) == sorted(refs), "each once"
    assert len(set(ids_of(container.results()))) == len(refs)
