"""An API in the test's own process, whose runs stand as the test says: they end when it wants, and not after a time."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import unquote

from harness.raw_server import RawServer, Request, ok

_RUN = re.compile(r"^/v2/ai/assistants/tests/([^/]+)/runs/([^/?]+)$")


class RunApi(RawServer):
    """Knows the runs that have a status. Plain HTTP; which key is used does not matter."""

    def __init__(self, **statuses: str) -> None:
        #: By REF. What was not set is unknown: the API's own 404.
        self.statuses: dict[str, str] = dict(statuses)
        #: By REF, or for every request by `*`: an answer as it stands, instead of the run.
        self.answers: dict[str, bytes] = {}
        #: By REF: more members of the run.
        self.members: dict[str, dict[str, Any]] = {}
        #: By REF, the monotonic times of its requests.
        self.looks: dict[str, list[float]] = {}
        #: The key of the last request.
        self.key = ""
        super().__init__(self._answer_for)

    def run(self, *refs: str, status: str = "running") -> None:
        """Says how runs stand."""
        for ref in refs:
            self.statuses[ref] = status

    def end(self, *refs: str, verdict: str = "passed") -> None:
        """Ends runs."""
        self.run(*refs, status=verdict)

    def _answer_for(self, request: Request) -> bytes:
        found = _RUN.match(request.target)
        ref = "/".join(map(unquote, found.groups())) if found else ""
        self.looks.setdefault(ref, []).append(time.monotonic())
        self.key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if answer := self.answers.get(ref) or self.answers.get("*"):
            return answer
        status = self.statuses.get(ref)
        if status is None:
            return answer_of(404, json.dumps({"errors": [{"code": "10005", "title": "Resource not found"}]}))
        test_id, run_id = ref.split("/")
        run = {
            "run_id": run_id,
            "test_id": test_id,
            "status": status,
            "triggered_by": "api",
            "created_at": "2026-11-23T10:00:00Z",
            **self.members.get(ref, {}),
        }
        return ok(json.dumps(run))


def answer_of(status: int, body: str = "", content_type: str = "application/json", **headers: str) -> bytes:
    """An answer with any status; underscores in a header's name stand for dashes."""
    content = body.encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {content_type}", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content
