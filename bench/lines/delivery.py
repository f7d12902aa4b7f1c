"""From a terminal status to its delivery: how long one takes, and a thousand at once."""

from __future__ import annotations

import json
import signal
import ssl
import statistics
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from harness.daemon import Daemon, config_of, file_sink, ref_of, webhook_sink
from harness.process import clean_environment
from harness.waiting import wait_for
from lines.api_server import ApiServer, make_certificate, sample_run
from lines.bench import Bench
from lines.table import Row

_ONE_BY_ONE = 50
_AT_ONCE = 1_000


class _Handler(BaseHTTPRequestHandler):
    """The API for a GET, a receiver of webhooks for a POST; both note when, by CLOCK_MONOTONIC."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Peer

    def do_GET(self) -> None:  # noqa: N802, the name that the library calls
        test_id, _, run_id = self.path.removeprefix("/v2/ai/assistants/tests/").partition("/runs/")
        ended = run_id in self.server.may_end
        run = sample_run("passed" if ended else "running") | {"test_id": test_id, "run_id": run_id}
        body = json.dumps(run).encode()
        if not run_id or "?" in run_id:
            return self._answer(404, b'{"errors": [{"code": "10005", "title": "Resource not found"}]}')
        if ended:
            self.server.shown_at.setdefault(run_id, time.monotonic_ns())
        self._answer(200, body)

    def do_POST(self) -> None:  # noqa: N802, the name that the library calls
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.posts.append((time.monotonic_ns(), body))
        self._answer(204, b"")

    def _answer(self, status: int, body: bytes) -> None:
        # In one piece: two would be two packets, and the second could wait for the first.
        lines = [f"HTTP/1.1 {status} Whatever", "Content-Type: application/json"]
        lines += [] if status == 204 else [f"Content-Length: {len(body)}"]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the name that the library gives it
        """Says nothing."""


class _Peer(ThreadingHTTPServer):
    """Both ends of what is measured, in one process and by one clock. HTTPS."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, room: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        room.mkdir()
        self.ca_file = make_certificate(room)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, room / "key.pem")
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.origin = f"https://127.0.0.1:{self.server_address[1]}"
        self.base_url = f"{self.origin}/v2"
        #: The runs that have ended, and when each was first shown so.
        self.may_end: set[str] = set()
        self.shown_at: dict[str, int] = {}
        self.posts: list[tuple[int, bytes]] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of ours."""

    def close(self) -> None:
        """Stops listening."""
        self.shutdown()
        self.server_close()


def _one_by_one(bench: Bench, peer: _Peer, round_: int) -> float:
    """Milliseconds from an answer with a verdict to its webhook, the median of many runs that end one after the other."""
    refs = [f"test/run-{round_}-{run:03}" for run in range(_ONE_BY_ONE)]
    sink = webhook_sink(f"{peer.origin}/hook", ca_file=str(peer.ca_file))
    polling = {"target_delay": "1s", "min_interval": "1s", "max_interval": "1s"}
    config = config_of(peer, watch=refs, sinks=[sink], polling=polling)
    daemon = Daemon(bench.runwatch(), bench.room / f"daemon-{round_}", config).start()
    peer.posts.clear()
    # All may end at once: each is known when it is looked at, and looks are spread over the second.
    time.sleep(2)
    for number, ref in enumerate(refs):
        peer.may_end.add(ref.partition("/")[2])
        wait_for("the delivery", lambda: len(peer.posts) > number)  # noqa: B023, called in this round
    daemon.stop()
    taken = []
    for came_at, body in peer.posts:
        run_id = ref_of(json.loads(body)).partition("/")[2]
        taken.append((came_at - peer.shown_at[run_id]) / 1e6)
    return statistics.median(taken)


def _alone(bench: Bench, peer: _Peer) -> float:
    """Milliseconds of one synced append and one POST, the median of many."""
    peer.posts.clear()
    bench.run("delivery_alone", f"{peer.origin}/hook", peer.ca_file, bench.room / "synced", _ONE_BY_ONE, core=None)
    return statistics.median((came_at - int(body.split(b" ")[0])) / 1e6 for came_at, body in peer.posts)


def measure_one(bench: Bench) -> list[Row]:
    """From the reply with a verdict to the webhook, state on disk, beside one fsync and one HTTPS POST"""
    peer = _Peer(bench.room / "peer")
    bench.ends.callback(peer.close)
    rounds = iter(range(bench.rounds))
    ours, alone = bench.in_turn(lambda: _one_by_one(bench, peer, next(rounds)), lambda: _alone(bench, peer))
    ratio = statistics.median(ours) / statistics.median(alone)
    return [
        Row(
            "reply with a verdict → webhook received, state on disk",
            f"{statistics.median(ours):.2f} ms",
            f"fsync and POST alone {statistics.median(alone):.2f} ms",
            f"{ratio:.2f} ×",
            "≤ 2 ×",
            ratio <= 2,
        )
    ]


def measure_burst(bench: Bench) -> list[Row]:
    """1,000 results in one second, to a file and a webhook: when all are delivered, and how long the loop is held up"""
    api = ApiServer(bench)
    directory = bench.room / "daemon"
    refs = [f"test-{run % 10}/run-{run:04}" for run in range(_AT_ONCE)]
    sink = webhook_sink(api.hook_url, ca_file=str(api.ca_file), concurrency=8)
    config = config_of(api, watch=refs, sinks=[file_sink(), sink])
    config["polling"] = {"target_delay": "1s", "min_interval": "1s", "max_interval": "1s"}
    daemon = Daemon(bench.runwatch(), directory, config)
    daemon.write_config()
    command = [bench.program("serve"), "runwatch.yaml"]
    serving = subprocess.Popen(
        command, cwd=directory, env=clean_environment({}), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    bench.ends.callback(serving.kill)
    wait_for("a look at every run", lambda: api.requests() > 2 * _AT_ONCE)
    began = time.time()
    api.end_all()
    wait_for("every webhook", lambda: len(api.deliveries()) >= _AT_ONCE)
    wait_for("every line", lambda: (directory / "results.jsonl").read_bytes().count(b"\n") >= _AT_ONCE)
    in_file = time.time()
    serving.send_signal(signal.SIGTERM)
    said = json.loads(serving.communicate(timeout=30)[0])
    results = daemon.results()
    detected = sorted(result["data"]["watch"]["detected_at"] for result in results)
    seconds = max(in_file, max(when for when, _ in api.deliveries())) - began
    stall = max(said["wall_ms"], said["cpu_ms"])
    assert len({result["id"] for result in results}) == len({id_ for _, id_ in api.deliveries()}) == _AT_ONCE
    return [
        Row(
            f"{_AT_ONCE:,} results in one second: from the end of all runs to the last delivery",
            f"{seconds:.2f} s (detected from {detected[0][17:-1]} to {detected[-1][17:-1]})",
            goal="≤ 3 s",
            met=seconds <= 3,
        ),
        Row(
            "the same: the longest handler of the event loop",
            f"{said['wall_ms']:.1f} ms wall, {said['cpu_ms']:.1f} ms CPU, of {said['handlers']:,}",
            goal="≤ 20 ms",
            met=stall <= 20,
        ),
    ]
