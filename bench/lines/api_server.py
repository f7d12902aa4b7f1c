"""nginx from our own config as a stand-in for the API and for receivers of webhooks: what costs next to nothing itself."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from harness.waiting import wait_for
from lines.bench import SERVER_CORE, Bench, hurried, pinned

_CONFIG = """
{user}
daemon off;
pid nginx.pid;
error_log error.log warn;
worker_processes 1;
worker_rlimit_nofile 4096;
events {{ worker_connections 2048; }}
http {{
    log_format deliveries '$msec $http_webhook_id';
    access_log off;
    client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    client_body_buffer_size 64k;
    default_type application/json;
    server {{
        listen 127.0.0.1:{port} ssl backlog=1024;
        ssl_certificate certificate.pem;
        ssl_certificate_key key.pem;
        ssl_protocols TLSv1.3;
        add_header x-ratelimit-limit 1000000;
        add_header x-ratelimit-remaining 999999;
        add_header x-ratelimit-reset 1;
        add_header x-request-id 0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f;
        add_header strict-transport-security "max-age=31536000";
        add_header cache-control no-store;
        location = /count {{ stub_status; }}
        location = /hook {{ access_log deliveries.log deliveries; return 204; }}
        location ~ ^/v2/ai/assistants/tests/(?<test_id>[^/]+)/runs/(?<run_id>[^/]+)$ {{
            if (-f {room}/ended) {{ return 200 '{ended}'; }}
            return 200 '{running}';
        }}
        location / {{ return 404 '{{"errors":[{{"code":"10005","title":"Resource not found"}}]}}'; }}
    }}
}}
"""


def sample_run(status: str) -> dict[str, Any]:
    """A run as the API shows it, about 1.5 KB; nginx fills in its ids."""
    verdict = "pending" if status == "running" else status
    names = ("Greets the caller", "Confirms the appointment", "Offers an alternative", "Says goodbye")
    return {
        "run_id": "$run_id",
        "test_id": "$test_id",
        "status": status,
        "triggered_by": "cron",
        "created_at": "2026-11-23T10:15:04.120394+00:00",
        "updated_at": "2026-11-23T10:15:31.402113+00:00",
        "completed_at": None if status == "running" else "2026-11-23T10:15:31.402113+00:00",
        "conversation_id": "3f5e3c8c-64ff-4d43-9f07-bbd64c1cf7a1",
        "conversation_insights_id": None,
        "test_suite_run_id": "c9a7d0f4-64a2-4f0a-b6d1-60a4f1a0bb0c",
        "logs": "[10:15:05] call connected\n" * 32,
        "detail_status": [{"name": name, "status": verdict} for name in names],
    }


def make_certificate(room: Path) -> Path:
    """Makes a certificate for this machine that vouches for itself, and its key; returns its file."""
    names = "subjectAltName=IP:127.0.0.1,DNS:localhost"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", "key.pem", "-out", "certificate.pem", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-addext", names], cwd=room, check=True, capture_output=True)
    return room / "certificate.pem"


class ApiServer:
    """One nginx with one worker, until the line ends. Every run of every test exists: all go on until `end_all()`.

    If it is to be first, it comes before whoever else wants its core, as in `hurried()`."""

    def __init__(self, bench: Bench, first: bool = False) -> None:
        room = bench.room / "api"
        room.mkdir()
        self.room = room
        self.ca_file = make_certificate(room)
        nginx = shutil.which("nginx")
        assert nginx, "nginx must be in the PATH"
        self.port = _free_port()
        bodies = {status: json.dumps(sample_run(status)).replace("\\n", "\\\\n") for status in ("running", "passed")}
        # A worker of its own user could not see into the folder; who is not root has no other user to give it.
        user = "user root;" if os.geteuid() == 0 else ""
        config = _CONFIG.format(user=user, port=self.port, room=room, running=bodies["running"], ended=bodies["passed"])
        (room / "nginx.conf").write_text(config, encoding="utf-8")
        command = [*(hurried() if first else []), *pinned(SERVER_CORE), nginx, "-p", str(room), "-c", "nginx.conf", "-e", "error.log"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        bench.ends.callback(self._stop)
        self.base_url = f"https://127.0.0.1:{self.port}/v2"
        self.hook_url = f"https://127.0.0.1:{self.port}/hook"
        self._context = ssl.create_default_context(cafile=str(self.ca_file))
        wait_for("nginx to listen", self._listens)

    def _get(self, path: str) -> str:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._context)
        )
        with opener.open(f"https://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    def _listens(self) -> bool:
        assert self._process.poll() is None, f"nginx ended: {(self.room / 'error.log').read_text()}"
        try:
            return bool(self._get("/count"))
        except OSError:
            return False

    def requests(self) -> int:
        """How many it has answered so far."""
        return int(self._get("/count").splitlines()[2].split()[2])

    def end_all(self) -> None:
        """Ends every run."""
        (self.room / "ended").touch()

    def deliveries(self) -> list[tuple[float, str]]:
        """When each webhook came, in seconds of the time of day, and its id."""
        log = self.room / "deliveries.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [(float(line.split(" ")[0]), line.split(" ")[1]) for line in lines]

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
