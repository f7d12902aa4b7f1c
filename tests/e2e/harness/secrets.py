"""The API key of a test session, and the proof that it reaches no output."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import Iterable

#: Found in no other text, so that even a part of the key is recognised.
API_KEY = "KEY" + secrets.token_hex(24).upper()

#: Nobody needs so many characters of the key to recognise it.
_PIECE = 12


class LeakDetector:
    """Collects what a test made runwatch print and write, and looks for the key in it."""

    def __init__(self) -> None:
        self._outputs: list[tuple[str, bytes]] = []
        self._watched: list[Path] = []

    def add(self, name: str, output: bytes | str) -> None:
        """Adds something that was printed."""
        self._outputs.append((name, output.encode() if isinstance(output, str) else output))

    def watch(self, directory: Path) -> None:
        """Adds all files that will be in a directory, except those under a directory named `private`."""
        self._watched.append(directory)

    def check(self) -> None:
        """Fails the test if the key, or a good part of it, was found anywhere."""
        leaks = [name for name, text in self._all_outputs() if contains_key(text)]
        assert not leaks, f"the API key was written to {', '.join(leaks)}"

    def _all_outputs(self) -> Iterable[tuple[str, bytes]]:
        yield from self._outputs
        for directory in self._watched:
            for file in directory.rglob("*"):
                if file.is_file() and "private" not in file.relative_to(directory).parts:
                    yield str(file), file.read_bytes()


def contains_key(text: bytes) -> bool:
    """Tells whether a text holds a part of the key, plain or in base64."""
    pieces = {API_KEY[at : at + _PIECE].encode() for at in range(len(API_KEY) - _PIECE + 1)}
    pieces.add(base64.b64encode(API_KEY.encode())[:16])
    return any(piece in text for piece in pieces)
