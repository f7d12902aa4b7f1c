#!/usr/bin/env python3
"""Receives results of runwatch, takes only what its secret signed, and prints each once. Python's own library alone.

    WEBHOOK_SECRET=whsec_… python3 receiver.py 8000
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import sys
import time

SECRET = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))

#: A message that is older may have been recorded by somebody who sends it again.
MOST_SECONDS = 5 * 60

#: More than any result has, unless its logs go along in full.
MOST_BYTES = 1 << 20

#: In memory: what must survive a restart belongs into a table whose key is the id.
seen: set[str] = set()


def is_signed(message_id: str, timestamp: str, signatures: str, body: bytes) -> bool:
    """Tells whether our secret signed the bytes of a message just now, see https://www.standardwebhooks.com."""
    if not timestamp.isascii() or not timestamp.isdigit() or abs(time.time() - int(timestamp)) > MOST_SECONDS:
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(SECRET, signed, hashlib.sha256)).decode()
    # While a secret is changed there are several.
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in signatures.split(" "))


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers 204 to what it has taken; 401 has runwatch give up, and say so."""

    def do_POST(self) -> None:
        """Takes a message."""
        length = int(self.headers.get("Content-Length", "0"))
        if length > MOST_BYTES:
            self.answer(413)
            return
        body = self.rfile.read(length)
        message_id = self.headers.get("webhook-id", "")
        timestamp = self.headers.get("webhook-timestamp", "")
        # The bytes as they came are signed, not what JSON becomes of them.
        if not is_signed(message_id, timestamp, self.headers.get("webhook-signature", ""), body):
            self.answer(401)
            return
        # The same message may come again: whenever runwatch cannot know that we had taken it.
        if message_id not in seen:
            message = json.loads(body)
            run = message["data"]["run"]
            print(message["type"], f"{run['test_id']}/{run['run_id']}", flush=True)
            seen.add(message_id)
        self.answer(204)

    def answer(self, status: int) -> None:
        """Sends a status and no body."""
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
