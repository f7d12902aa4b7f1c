#!/usr/bin/python3
"""Prints CHANGELOG.md as a changelog of Debian: changelog.py CHANGELOG.md PACKAGE VERSION MAINTAINER

What is not released yet is told as VERSION, of the time that SOURCE_DATE_EPOCH says or the file was changed."""

from __future__ import annotations

import datetime
import email.utils
import os
import re
import sys
import textwrap


def entry(package: str, version: str, lines: list[str], maintainer: str, time: datetime.datetime) -> str:
    """A version: its headings, and its items, each with what it goes on with."""
    said: list[str] = []
    for line in lines:
        if line.startswith("### "):
            said += ["", f"  [ {line[4:]} ]"]
        elif line.startswith("- "):
            said.append(f"  * {line[2:]}")
        elif line.startswith("  "):
            said[-1] += f" {line.strip()}"
    wrapped = (textwrap.fill(line, 79, subsequent_indent="    ", break_on_hyphens=False) for line in said)
    body = "\n".join(wrapped).strip("\n")
    date = email.utils.format_datetime(time)
    return f"{package} ({version}) bookworm; urgency=medium\n\n{body}\n\n -- {maintainer}  {date}\n"


def main() -> None:
    path, package, version, maintainer = sys.argv[1:]
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", os.path.getmtime(path)))
    now = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    with open(path, encoding="utf-8") as file:
        sections = re.split(r"^## ", file.read(), flags=re.M)[1:]
    entries = []
    for section in sections:
        title, *lines = section.splitlines()
        released = re.match(r"\[?(\d[\w.]*)\]? - (\d{4}-\d{2}-\d{2})", title)
        if released:
            day = datetime.datetime.fromisoformat(released.group(2)).replace(tzinfo=datetime.timezone.utc)
            entries.append(entry(package, released.group(1), lines, maintainer, day))
        elif any(line.startswith("- ") for line in lines):
            entries.append(entry(package, version, lines, maintainer, now))
    print("\n".join(entries), end="")


if __name__ == "__main__":
    main()
