"""Runs a command where the only network is a loopback of its own. Needs root, by way of `unshare --net --mount`.

    isolated.py DIRECTORY silent|closed COMMAND...

The name server of /etc/resolv.conf is 127.0.0.1: `silent` takes questions and never answers, `closed` is not there.
DIRECTORY holds the files `resolv.conf` and `hosts` that replace those of /etc.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path


def main() -> None:
    directory, server, *command = sys.argv[1:]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name in ("resolv.conf", "hosts"):
        subprocess.run(["mount", "--bind", str(Path(directory) / name), f"/etc/{name}"], check=True)
    if server == "silent":
        # The command inherits it, and the kernel goes on taking questions that nobody reads.
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(("127.0.0.1", 53))
        os.set_inheritable(listener.fileno(), True)
        listener.detach()
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
