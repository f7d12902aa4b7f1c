"""The Debian package that tests install."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def built_package() -> Path:
    """The package that the variable RUNWATCH_PACKAGE names, or else one of the build in the folder RUNWATCH_BUILD; without
    either one of the release preset, which may take long."""
    if named := os.environ.get("RUNWATCH_PACKAGE"):
        return Path(named)
    folder = os.environ.get("RUNWATCH_BUILD", "build/release")
    if "RUNWATCH_BUILD" not in os.environ:
        run("cmake", "--preset", "release")
    made = run("cmake", "--build", folder, "--target", "package")
    return Path(re.findall(r"package: (\S+\.deb) generated", made)[-1])


def run(*command: str) -> str:
    """Runs a command in the project, which must succeed, and returns what it printed."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout
