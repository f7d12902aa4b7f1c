"""A file system of a few kilobytes, or so many as a test wants, which nobody else sees. Needs root."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class TinyDisk:
    """A tmpfs in a mount namespace of its own: what is started behind `wrapper` sees it in `mount_point`."""

    def __init__(self, mount_point: Path, size: str) -> None:
        assert os.geteuid() == 0, "needs root, to mount a file system"
        mount_point.mkdir()
        # Whoever holds the namespace lives as long as its standard input.
        script = 'mount -t tmpfs -o size="$1" none "$2" && echo mounted && read -r _'
        command = ["unshare", "--mount", "/bin/sh", "-c", script, "sh", size, str(mount_point)]
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._holder.stdout is not None and self._holder.stdout.readline() == b"mounted\n"
        self.wrapper = ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", "--"]
        #: The same directory as the others see it.
        self.root = Path(f"/proc/{self._holder.pid}/root{mount_point}")
        self._ballast = self.root / "ballast"

    def fill(self) -> None:
        """Leaves not a byte free."""
        with self._ballast.open("ab", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass

    def free(self) -> None:
        """Makes room again."""
        self._ballast.unlink()

    def close(self) -> None:
        """Lets go of it; it is gone with the last process that sees it."""
        assert self._holder.stdin is not None and self._holder.stdout is not None
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait()
