"""A Debian 12 for a test to install things in: a minimal one is made once and kept in build/debian-root; each test gets
a copy of its own, which it may ruin. Needs root, debootstrap, and a mirror, which is the one of this machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

RELEASE = "bookworm"
BUILD = Path(__file__).resolve().parents[2] / "build"
KEPT = BUILD / "debian-root"


class Unavailable(Exception):
    """Why there can be none on this machine, in words for who runs the test."""


class DebianRoot:
    """A folder that holds a Debian, whose programs run as root, with processes and mounts of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *command: str, check: bool = True, environment: dict[str, str] | None = None) -> str:
        """Runs a command and returns what it printed, errors included; fails, with that, where it fails."""
        clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
        clean |= {"DEBIAN_FRONTEND": "noninteractive", **(environment or {})}
        ran = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={self.path}/proc"]
            + ["chroot", str(self.path), "env", "-i", *(f"{name}={value}" for name, value in clean.items()), *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        if check and ran.returncode != 0:
            raise AssertionError(f"{' '.join(command)} exited with {ran.returncode}:\n{ran.stdout}")
        return ran.stdout

    def install(self, *packages: str) -> str:
        """Installs packages, by name or from a file within, with nothing that they merely recommend."""
        return self.run(
            "apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0",
            "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold", *packages,
        )


def sources() -> list[str]:
    """The lines of a sources.list with the mirrors of Debian that this machine has."""
    form = "$(ORIGIN) deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    found = [line.removeprefix("Debian ") for line in listed if line.startswith("Debian ")]
    return list(dict.fromkeys(line for line in found if line.split()[2].startswith(RELEASE)))


def mirror(lines: list[str]) -> str:
    """The address of the release itself, without its updates."""
    for line in lines:
        _, address, release, _ = line.split()
        if release == RELEASE:
            return address
    raise Unavailable(f"apt of this machine knows no mirror of Debian {RELEASE}; run apt-get update, if it should")


def require_machine() -> None:
    """Looks for what is needed, of this machine and of the one that runs the test."""
    if os.geteuid() != 0:
        raise Unavailable("only root can make a Debian to install in")
    for program in ("debootstrap", "unshare", "chroot", "apt-get"):
        if not shutil.which(program):
            raise Unavailable(f"{program} is not installed")
    mounted = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True)
    if mounted.returncode != 0:
        raise Unavailable(f"this machine lets nobody have mounts of their own: {mounted.stderr.strip()}")


def kept_root() -> Path:
    """The one that is kept, made if it is not there. Where several ask at once, one makes it."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "debian-root.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # debootstrap removes its own folder at the end.
        if (KEPT / "etc/os-release").exists() and not (KEPT / "debootstrap").exists():
            return KEPT
        shutil.rmtree(KEPT, ignore_errors=True)
        address = mirror(sources())
        made = subprocess.run(
            ["debootstrap", "--variant=minbase", RELEASE, str(KEPT), address], capture_output=True, text=True
        )
        if made.returncode != 0:
            raise Unavailable(f"debootstrap failed, from {address}:\n{made.stdout[-2000:]}{made.stderr}")
        return KEPT


def connect(root: Path) -> None:
    """Lets apt in it reach what apt out here reaches."""
    (root / "etc/apt/sources.list").write_text("".join(f"{line}\n" for line in sources()), encoding="utf-8")
    command = ["apt-config", "dump", "Acquire::http::Proxy", "Acquire::https::Proxy"]
    proxies = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (root / "etc/apt/apt.conf.d/90proxy").write_text(proxies, encoding="utf-8")
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")


@contextlib.contextmanager
def debian_root() -> Iterator[DebianRoot]:
    """A fresh one, whose apt knows what there is; gone afterwards."""
    require_machine()
    kept = kept_root()
    folder = tempfile.mkdtemp(prefix="debian-root-", dir=BUILD)
    try:
        root = Path(folder) / "root"
        subprocess.run(["cp", "-a", "--reflink=auto", str(kept), str(root)], check=True)
        connect(root)
        fresh = DebianRoot(root)
        fresh.run("apt-get", "update", "-q")
        yield fresh
    finally:
        shutil.rmtree(folder, ignore_errors=True)
