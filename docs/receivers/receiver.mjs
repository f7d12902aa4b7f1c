// Receives results of runwatch, takes only what its secret signed, and prints each once. Node's own library alone.
//
//     WEBHOOK_SECRET=whsec_… node receiver.mjs 8000

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const secret = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");

// A message that is older may have been recorded by somebody who sends it again.
const mostSeconds = 5 * 60;

// More than any result has, unless its logs go along in full.
const mostBytes = 1 << 20;

// In memory: what must survive a restart belongs into a table whose key is the id.
const seen = new Set();

// Tells whether our secret signed the bytes of a message just now, see https://www.standardwebhooks.com.
function isSigned(id, timestamp, signatures, body) {
  if (!/^\d+$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > mostSeconds) return false;
  const digest = createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(body).digest("base64");
  const expected = Buffer.from(`v1,${digest}`);
  // While a secret is changed there are several.
  return signatures.split(" ").some((each) => {
    const given = Buffer.from(each);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

// Returns 204 for what it has taken; 401 has runwatch give up, and say so.
function take(headers, body) {
  const id = headers["webhook-id"] ?? "";
  // The bytes as they came are signed, not what JSON becomes of them.
  if (!isSigned(id, headers["webhook-timestamp"] ?? "", headers["webhook-signature"] ?? "", body)) return 401;
  // The same message may come again: whenever runwatch cannot know that we had taken it.
  if (!seen.has(id)) {
    const message = JSON.parse(body);
    console.log(message.type, `${message.data.run.test_id}/${message.data.run.run_id}`);
    seen.add(id);
  }
  return 204;
}

const server = createServer((request, response) => {
  const pieces = [];
  let size = 0;
  request.on("data", (piece) => {
    size += piece.length;
    if (size <= mostBytes) pieces.push(piece);
  });
  request.on("end", () => {
    response.writeHead(size > mostBytes ? 413 : take(request.headers, Buffer.concat(pieces)));
    response.end();
  });
});

server.listen(Number(process.argv[2]), "127.0.0.1");
