"""Packages of npm, installed as their lock file says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

#: npm fetches some hundred packages.
_INSTALLATION = 300.0


def install(package: Path, directory: Path, *more: str) -> Path:
    """Installs what a directory's lock file names into another directory, and copies more of its files there."""
    npm = shutil.which("npm")
    assert npm and shutil.which("node"), "Node.js 18 or newer and npm must be installed"
    for name in ("package.json", "package-lock.json", *more):
        shutil.copy(package / name, directory)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=_INSTALLATION, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return directory
