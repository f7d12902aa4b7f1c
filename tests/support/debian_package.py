"""The Debian package that tests install."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def built_package() -> Path:
    """The package that the variable RUNWATCH_PACKAGE names, or else that the release preset makes, which may take long."""
    if named := os.environ.get("RUNWATCH_PACKAGE"):
        return Path(named)
    for command in (["cmake", "--preset", "release"], ["cmake", "--build", "--preset", "release", "--target", "package"]):
        made = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert made.returncode == 0, made.stdout[-5000:]
    return Path(re.findall(r"package: (\S+\.deb) generated", made.stdout)[-1])
