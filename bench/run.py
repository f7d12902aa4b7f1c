#!/usr/bin/env python3
"""Measures what bench/README.md tabulates, all lines or those that are named, and writes them there."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path += [str(BENCH), str(BENCH.parent / "tests" / "e2e")]

from lines import LINES  # noqa: E402, found by the path above
from lines.bench import Bench  # noqa: E402
from lines.table import write_rows  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"a line: {', '.join(LINES)} (default: all)")
    parser.add_argument("--build", type=Path, required=True, help="the folder of a build with RUNWATCH_BENCH")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured in turn (default: 5)")
    parser.add_argument("--dry", action="store_true", help="write no table")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(LINES):
        parser.error(f"no such line: {', '.join(sorted(unknown))}; there are {', '.join(LINES)}")
    missed = 0
    for name, measure in LINES.items():
        if chosen.names and name not in chosen.names:
            continue
        print(f"\n==> {name}: {(measure.__doc__ or '').splitlines()[0]}", flush=True)
        with tempfile.TemporaryDirectory(prefix="runwatch-bench-") as room, ExitStack() as ends:
            rows = measure(Bench(chosen.build.resolve(), Path(room), chosen.rounds, ends))
        for row in rows:
            print(row.for_people(), flush=True)
            missed += row.met is False
        if not chosen.dry:
            write_rows(BENCH / "README.md", name, rows)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
