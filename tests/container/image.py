"""The container image, in a storage of its own, and what is done with it.

The image is built by the Containerfile, but with the executable that RUNWATCH names in place of one that is compiled on
the way, which takes many minutes. CONTAINER_BUILD=whole builds all of it, on a Debian that debootstrap makes.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from pathlib import Path
from typing import Any

from debian_root import debian_root
from harness.process import built

ROOT = Path(__file__).parents[2]

_IMAGE = "localhost/runwatch:test"
_BASE = "docker.io/library/debian:12"

#: What a test needs, and its Debian package.
TOOLS = ("buildah", "podman", "runc")

#: How a container is run that may do as little as possible.
_CONFINED = (
    "--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges", "--network=host"
)


class Failed(Exception):
    """A command failed."""


def run(*command: str | Path, ceiling: float = 120, **options: Any) -> str:
    """Runs a command that must succeed, and returns what it printed."""
    words = [*map(str, command)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=ceiling, check=False, **options)
    if done.returncode != 0:
        raise Failed(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def limits() -> list[str]:
    """Limits that this machine can give."""
    options = []
    for name, number, soft, most in (
        ("nofile", resource.RLIMIT_NOFILE, 1024, 65536),
        ("nproc", resource.RLIMIT_NPROC, 4096, 4096),
    ):
        hard = resource.getrlimit(number)[1]
        hard = most if hard == resource.RLIM_INFINITY else min(hard, most)
        options.append(f"--ulimit={name}={min(soft, hard)}:{hard}")
    return options


class Podman:
    """Images and containers in a directory, apart from the machine's own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._storage = ["--root", f"{directory}/storage", "--runroot", f"{directory}/run"]
        self._ways = [
            "--tmpdir", f"{directory}/tmp", "--events-backend", "none",
            "--cgroup-manager", "cgroupfs", "--runtime", "runc",
        ]

    def command(self, *arguments: str) -> list[str]:
        """A command line of podman."""
        return ["podman", *self._storage, *self._ways, *arguments]

    def __call__(self, *arguments: str, ceiling: float = 120) -> str:
        return run(*self.command(*arguments), ceiling=ceiling)

    def build_image(self) -> Path:
        """Builds the image; returns where its files were laid out."""
        containerfile = (ROOT / "Containerfile").read_text(encoding="utf-8")
        context = self._directory / "context"
        build = ["buildah", *self._storage, "build", "--isolation=chroot", "--format=docker", "--tag", _IMAGE]
        if os.environ.get("CONTAINER_BUILD") == "whole":
            self._import_base()
            run(*build, "--pull-never", ROOT, ceiling=7200)
        else:
            run(ROOT / "scripts/lib/image_tree.sh", built("RUNWATCH"), context / "image")
            stages = containerfile.split("\nFROM ")
            assert len(stages) == 3, "one stage that compiles, one that is the image"
            (context / "Containerfile").write_text(
                f"FROM scratch AS compiled\nCOPY image /image\n\nFROM {stages[-1]}", encoding="utf-8"
            )
            run(*build, context)
        return context / "image" / "root"

    def _import_base(self) -> None:
        # In the place of the one that a registry has.
        with debian_root() as debian:
            archive = subprocess.Popen(["tar", "-C", debian.path, "-c", "."], stdout=subprocess.PIPE)
            run(*self.command("import", "-", _BASE), stdin=archive.stdout, ceiling=600)
            assert archive.wait() == 0

    def inspect_image(self) -> dict[str, Any]:
        """What the image says of itself."""
        (said,) = json.loads(self("image", "inspect", _IMAGE))
        found: dict[str, Any] = said
        return found

    def mount_image(self) -> Path:
        """A directory with the image's files, until remove_all()."""
        return Path(self("image", "mount", _IMAGE).strip())

    def run_command(self, *options: str, arguments: tuple[str, ...] = ()) -> list[str]:
        """A command line that runs a container which may do as little as possible."""
        logs = ("--log-driver=k8s-file", "--cgroups=enabled")
        return self.command("run", *_CONFINED, *limits(), *logs, *options, _IMAGE, *arguments)

    def remove_all(self) -> None:
        """Ends and removes all of it."""
        for what in (("rm", "--all", "--force", "--time=0"), ("volume", "rm", "--all"), ("image", "umount", "--all")):
            subprocess.run(self.command(*what), capture_output=True, timeout=120, check=False)
        shutil.rmtree(self._directory / "storage", ignore_errors=True)
