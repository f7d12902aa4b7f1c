// A webhook receiver made with the libraries that receivers in the field use. It judges every delivery and prints what
// it found, one line of JSON each.
//
//   node receiver.mjs [--secret SECRET]… [--certificate FILE --key FILE]
//
// The first line is {"port": N}: it listens on 127.0.0.1, with TLS where a certificate is given. What comes to
// /standard is judged by `standardwebhooks` with each of the secrets, what comes to /cloudevents by `cloudevents`;
// anything else is taken as it is. The query may name the status to answer with, ?status=503; otherwise it is 204 for
// what the judge accepts and 400 for what it does not. It ends with its standard input.

import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { parseArgs } from "node:util";

import { HTTP } from "cloudevents";
import { Webhook } from "standardwebhooks";

const { values: options } = parseArgs({
  options: {
    secret: { type: "string", multiple: true, default: [] },
    certificate: { type: "string" },
    key: { type: "string" },
  },
});

function print(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

/** Verifies a delivery with each secret. A signature that one of several secrets did not make is an error, too. */
function judgeStandard(headers, body) {
  if (options.secret.length === 0) {
    throw new Error("the receiver has no secret to verify with");
  }
  const verified = options.secret.map((secret) => new Webhook(secret).verify(body, headers));
  const message = verified[0];
  if (message.id !== headers["webhook-id"]) {
    throw new Error("the message has another id than its header");
  }
  return { id: message.id, type: message.type, data: message.data };
}

/** Reads a CloudEvent in structured mode, as strictly as the library can. */
function judgeCloudEvent(headers, body) {
  const event = HTTP.toEvent({ headers, body });
  if (Array.isArray(event)) {
    throw new Error("found a batch of events");
  }
  event.validate();
  const { id, type, source, subject, time, specversion, datacontenttype, data } = event;
  return { id, type, source, subject, time, specversion, datacontenttype, data };
}

const judges = { "/standard": judgeStandard, "/cloudevents": judgeCloudEvent };

function receive(request, response) {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const url = new URL(request.url, "http://receiver");
    const body = Buffer.concat(pieces).toString("utf8");
    const line = { method: request.method, path: url.pathname, headers: request.headers, body };
    try {
      line.found = judges[url.pathname]?.(request.headers, body) ?? null;
      line.error = null;
    } catch (error) {
      line.found = null;
      line.error = `${error.name}: ${error.message}`;
    }
    line.status = Number(url.searchParams.get("status") ?? (line.error === null ? 204 : 400));
    response.writeHead(line.status);
    response.end(line.error ?? undefined);
    print(line);
  });
}

const server = options.certificate
  ? createHttpsServer({ cert: readFileSync(options.certificate), key: readFileSync(options.key) }, receive)
  : createHttpServer(receive);

server.listen(0, "127.0.0.1", () => print({ port: server.address().port }));

// Whoever started us is gone once nobody holds the other end.
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
