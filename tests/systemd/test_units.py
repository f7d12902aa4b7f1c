"""What systemd's own tools have against the units."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).resolve().parents[2] / "systemd"
SERVICES = ["runwatch.service", "runwatch-wait@.service"]

#: Tenths: 1.2 is what the design allows.
MOST_EXPOSED = 12

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


@pytest.mark.parametrize("service", SERVICES)
def test_little_is_exposed(service: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", UNITS / service]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    print(said.stdout.splitlines()[-1])


def test_every_line_is_understood(tmp_path: Path) -> None:
    # It looks for the program and the pages that are yet to be installed: these alone may be missing.
    for unit in UNITS.iterdir():
        shutil.copy(unit, tmp_path)
    (tmp_path / "runwatch-wait@.service").rename(tmp_path / "runwatch-wait@t-r.service")
    names = [str(unit) for unit in tmp_path.iterdir()]
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *names]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in said.stderr.splitlines() if "Command /usr/bin/runwatch is not executable" not in line]
    assert lines == []
