"""A real terminal: a tmux server of our own, with a shell in it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Sequence

from harness.process import clean_environment
from harness.secrets import LeakDetector
from harness.waiting import wait_for

_PROMPT = "ready>"


class Terminal:
    """A terminal of a given size. Whatever is seen on it is searched for the key."""

    def __init__(self, detector: LeakDetector, columns: int = 100, rows: int = 30) -> None:
        self._detector = detector
        self._directory = Path(tempfile.mkdtemp(prefix="rw-tmux-"))
        size = ["-x", str(columns), "-y", str(rows)]
        environment = clean_environment({"PS1": _PROMPT, "SHELL": "/bin/sh", "HISTFILE": ""})
        command = [*self._tmux(), "-f", "/dev/null", "new-session", "-d", *size, "/bin/sh"]
        subprocess.run([*command, ";", "set-option", "-g", "status", "off"], env=environment, check=True)
        self.wait_for(_PROMPT)

    def _tmux(self) -> list[str]:
        return ["tmux", "-S", str(self._directory / "socket")]

    def _ask(self, *arguments: str) -> str:
        done = subprocess.run([*self._tmux(), *arguments], capture_output=True, text=True, check=True)
        return done.stdout

    def type(self, command: Sequence[str], *, env: dict[str, str] | None = None, suffix: str = "") -> None:
        """Runs a command from a script, so that what is typed is short; its exit status follows it."""
        script = self._directory / "run"
        changes = [f"{name}={value}" for name, value in (env or {}).items()]
        # The script's shell makes way for the command: interrupted itself, it would end without a status.
        script.write_text(f"{'' if suffix else 'exec '}{shlex.join(['env', *changes, *command])} {suffix}\n")
        self._ask("send-keys", f"clear; sh {script}; echo exit=$?", "Enter")

    def press(self, key: str) -> None:
        """Presses a key, such as `C-c`."""
        self._ask("send-keys", key)

    def enter(self, text: str) -> None:
        """Types a line."""
        self._ask("send-keys", text, "Enter")

    def resize(self, columns: int, rows: int) -> None:
        """Gives the terminal another size."""
        self._ask("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self, *, colours: bool = False) -> str:
        """What is to be seen."""
        text = self._ask("capture-pane", "-p", *(["-e"] if colours else []))
        self._detector.add("the terminal", text)
        return text.rstrip("\n")

    def lines(self) -> list[str]:
        """The lines that are to be seen, without blanks at their ends."""
        return [line.rstrip() for line in self.screen().splitlines() if line.strip()]

    def wait_for(self, text: str) -> str:
        """Waits until a text is to be seen, and returns the screen."""
        return wait_for(f"{text!r} on the terminal", lambda: self._screen_with(text))

    def _screen_with(self, text: str) -> str:
        screen = self.screen()
        return screen if text in screen else ""

    def scrolled_away(self) -> int:
        """How many lines have left the screen at its top."""
        return int(self._ask("display-message", "-p", "#{history_size}"))

    def cursor_is_visible(self) -> bool:
        """Tells whether the cursor is shown."""
        return self._ask("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def close(self) -> None:
        """Ends the terminal and all that runs in it."""
        subprocess.run([*self._tmux(), "kill-server"], capture_output=True, check=False)
        shutil.rmtree(self._directory, ignore_errors=True)
