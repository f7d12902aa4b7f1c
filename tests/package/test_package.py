"""The Debian package: lintian has nothing to say against it, and it installs, upgrades and goes as it should in a
Debian 12 that has nothing else. RUNWATCH_PACKAGE names a package to test instead of the one of the build."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from debian_package import built_package
from debian_root import DebianRoot, Unavailable, debian_root

ROOT = Path(__file__).resolve().parents[2]

CONFIG = "etc/runwatch/runwatch.yaml"
KEY = "etc/runwatch/telnyx-api-key"
#: What a service with a user of its own leaves, in the folders that systemd makes for it.
STATE = "var/lib/private/runwatch/state.db"
RESULTS = "var/log/private/runwatch/results.jsonl"


@pytest.fixture(scope="module")
def package() -> Path:
    return built_package()


@pytest.fixture(scope="module")
def debian(package: Path) -> Iterator[DebianRoot]:
    """A Debian with the package in it. Each test goes on from where the one before it ended."""
    try:
        with debian_root() as root:
            shutil.copy(package, root.path / "root/first.deb")
            newer_package(package, root.path / "root/second.deb")
            yield root
    except Unavailable as why:
        pytest.skip(str(why))


def newer_package(package: Path, to: Path) -> None:
    """The package as a later version, with another config."""
    folder = to.with_suffix("")
    subprocess.run(["dpkg-deb", "-R", package, folder], check=True)
    control = folder / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", "Version: 999", control.read_text(), flags=re.M), encoding="utf-8")
    with open(folder / CONFIG, "a", encoding="utf-8") as config:
        config.write("# new in 999\n")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", folder, to], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(folder)


def ours(root: DebianRoot) -> list[str]:
    """Whatever has our name."""
    found = root.run("find", "/", "-xdev", "-name", "*runwatch*", "-not", "-path", "/proc/*")
    return sorted(found.splitlines())


def test_lintian_has_nothing_to_say(package: Path) -> None:
    if not shutil.which("lintian"):
        pytest.skip("lintian is not installed")
    command = ["lintian", "--fail-on", "none", package]
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    assert said.stdout == ""


def test_it_holds_what_it_should(package: Path) -> None:
    assert re.fullmatch(r"runwatch_[\d.]+_amd64\.deb", package.name)
    listed = subprocess.run(["dpkg-deb", "-c", package], check=True, capture_output=True, text=True).stdout.splitlines()
    files = {line.split()[5].removeprefix(".") for line in listed if not line.startswith("d")}
    units = {f"/lib/systemd/system/{unit.name}" for unit in (ROOT / "systemd").iterdir()}
    doc = "/usr/share/doc/runwatch"
    pages = {f"{doc}/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    folders = [ROOT / "config/examples", ROOT / "docs/prometheus", ROOT / "docs/receivers"]
    lists = {f"{doc}/{folder.name}/{file.name}" for folder in folders for file in folder.iterdir()}
    assert files == units | pages | lists | {
        "/usr/bin/runwatch",
        "/etc/runwatch/runwatch.yaml",
        "/usr/share/runwatch/runwatch.schema.json",
        "/usr/share/man/man1/runwatch.1.gz",
        "/usr/share/man/man5/runwatch.yaml.5.gz",
        "/usr/share/bash-completion/completions/runwatch",
        "/usr/share/zsh/vendor-completions/_runwatch",
        "/usr/share/fish/vendor_completions.d/runwatch.fish",
        f"{doc}/control-api.openapi.yaml",
        f"{doc}/copyright",
        f"{doc}/changelog.gz",
    }


def test_it_installs_with_all_that_it_needs_and_without_alarm(debian: DebianRoot) -> None:
    said = debian.install("/root/first.deb")
    assert not re.search(r"^.*(runwatch|systemd).*(warn|fail|error|cannot).*$", said, flags=re.M | re.I), said
    assert debian.run("runwatch", "--version").startswith("runwatch ")
    assert "ii  runwatch" in debian.run("dpkg", "-l", "runwatch")
    # It is left to a person to start it.
    assert not list((debian.path / "etc/systemd/system").rglob("runwatch*"))


def test_its_config_is_right_once_the_key_is_there(debian: DebianRoot) -> None:
    credentials = debian.path / "run/credentials"
    (debian.path / "var/lib/runwatch").mkdir()
    credentials.mkdir()
    (credentials / "telnyx-api-key").write_text("KEY\n", encoding="utf-8")
    debian.run("runwatch", "check", "--quiet", environment={"CREDENTIALS_DIRECTORY": "/run/credentials"})
    (debian.path / "var/lib/runwatch").rmdir()
    for page in re.findall(r"/usr/share/doc/runwatch/[\w.-]+\.md", (debian.path / CONFIG).read_text(encoding="utf-8")):
        assert (debian.path / page.lstrip("/")).exists()
    schema = re.match(r"# yaml-language-server: \$schema=(\S+)\n", (debian.path / CONFIG).read_text(encoding="utf-8"))
    assert schema and (debian.path / schema.group(1).lstrip("/")).exists()


def test_an_upgrade_keeps_a_config_that_was_changed(debian: DebianRoot) -> None:
    config = debian.path / CONFIG
    changed = config.read_text(encoding="utf-8") + "# changed here\n"
    config.write_text(changed, encoding="utf-8")
    debian.install("/root/second.deb")
    assert debian.run("dpkg-query", "-W", "-f=${Version}", "runwatch") == "999"
    assert config.read_text(encoding="utf-8") == changed
    assert "# new in 999" in (debian.path / f"{CONFIG}.dpkg-dist").read_text(encoding="utf-8")


def test_removal_keeps_config_state_and_logs(debian: DebianRoot) -> None:
    for file in (KEY, STATE, RESULTS):
        (debian.path / file).parent.mkdir(parents=True, exist_ok=True)
        (debian.path / file).write_text("", encoding="utf-8")
    (debian.path / "var/lib/runwatch").symlink_to("private/runwatch")
    (debian.path / "var/log/runwatch").symlink_to("private/runwatch")
    debian.run("apt-get", "remove", "-y", "-q", "runwatch")
    assert not (debian.path / "usr/bin/runwatch").exists()
    for file in (CONFIG, KEY, STATE, RESULTS):
        assert (debian.path / file).exists(), file


def test_purge_leaves_nothing(debian: DebianRoot) -> None:
    debian.run("apt-get", "purge", "-y", "-q", "runwatch")
    assert ours(debian) == []


def test_purge_leaves_what_it_does_not_know(debian: DebianRoot) -> None:
    debian.install("/root/first.deb")
    token = debian.path / "etc/runwatch/http-token"
    token.write_text("TOKEN\n", encoding="utf-8")
    debian.run("apt-get", "purge", "-y", "-q", "runwatch")
    assert ours(debian) == ["/etc/runwatch"]
    assert [file.name for file in token.parent.iterdir()] == ["http-token"]


def asked_of_systemd(root: DebianRoot) -> list[str]:
    """What systemctl was called with since the last time; questions aside."""
    log = root.path / "root/systemctl.log"
    asked = [line for line in log.read_text(encoding="utf-8").splitlines() if not re.search(r"\b(is-|show)", line)]
    log.write_text("", encoding="utf-8")
    return [re.sub(r"--\S+ ", "", line) for line in asked]


def test_a_running_systemd_is_told(debian: DebianRoot) -> None:
    (debian.path / "run/systemd/system").mkdir(parents=True)
    systemctl = debian.path / "usr/bin/systemctl"
    systemctl.write_text('#!/bin/sh\necho "$@" >>/root/systemctl.log\n', encoding="utf-8")
    systemctl.chmod(0o755)
    debian.install("/root/first.deb")
    assert asked_of_systemd(debian) == ["daemon-reload"]
    debian.install("/root/second.deb")
    assert asked_of_systemd(debian) == ["daemon-reload", "try-restart runwatch.service"]
    debian.run("apt-get", "remove", "-y", "-q", "runwatch")
    stop, reload = asked_of_systemd(debian)
    assert stop.split()[0] == "stop"
    assert {"runwatch.service", "runwatch-wait@*.service"} <= set(stop.split())
    assert reload == "daemon-reload"
