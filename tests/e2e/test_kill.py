"""The kill test in a short form; `kill_test.py` by hand is the long one."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

import kill_test


def test_nothing_is_lost_by_kills_at_random_moments(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED") or secrets.randbelow(2**32))
    print(f"KILL_SEED={seed}")
    report = kill_test.run(kill_test.Plan(runs=60, seconds=6, kills=20, seed=seed), tmp_path)
    print(json.dumps(report))
