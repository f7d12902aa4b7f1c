"""Waiting for conditions: tests never sleep for luck."""

from __future__ import annotations

import time
from typing import Callable, TypeVar

T = TypeVar("T")

#: How long anything may take that takes milliseconds on an idle machine. Only a failing test waits so long.
CEILING = 40.0


def wait_for(what: str, probe: Callable[[], T], ceiling: float = CEILING) -> T:
    """Calls the probe until it returns something true, and returns that.

    Fails with the text and the probe's last answer when the ceiling is reached.
    """
    deadline = time.monotonic() + ceiling
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {ceiling:g} s in vain for {what}; at last: {found!r}")
        time.sleep(0.01)
