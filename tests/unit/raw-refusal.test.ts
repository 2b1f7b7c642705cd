/** What is written to a socket that never became a request: one public shape, whatever was wrong. */
import { createServer, type RequestListener } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { refuseBroken } from "../../lib/server/raw-refusal.ts";

const fault = (code: string) => Object.assign(new Error(code), { code });

test.each([
  ["HPE_HEADER_OVERFLOW", "431 Request Header Fields Too Large", "headers_too_large"],
  ["ERR_HTTP_REQUEST_TIMEOUT", "408 Request Timeout", "request_timeout"],
  ["HPE_INVALID_METHOD", "400 Bad Request", "invalid_request"],
])("%s is answered with %s", async (code, statusLine, publicCode) => {
  const [ours, theirs] = duplexPair();
  refuseBroken(fault(code), ours);
  const answer = await text(theirs);
  const [head, body] = answer.split("\r\n\r\n") as [string, string];
  expect(head.split("\r\n")[0]).toBe(`HTTP/1.1 ${statusLine}`);
  expect(head).toContain("connection: close");
  expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
  const { request_id, code: told } = JSON.parse(body) as Record<string, string>;
  expect(told).toBe(publicCode);
  expect(request_id).toMatch(/^req_/);
  expect(head).toContain(`x-request-id: ${request_id}`);
});

test("who is gone is not answered", () => {
  const [ours, theirs] = duplexPair();
  refuseBroken(fault("ECONNRESET"), ours);
  expect(ours.destroyed).toBe(true);
  expect(theirs.read()).toBeNull();
});

/** A connection to a server with this listener; `heard` resolves with everything that came back, once it is closed. */
async function connection(listener: RequestListener) {
  const server = createServer(listener).on("clientError", refuseBroken);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  return { socket, heard: text(socket) };
}

describe("behind a request that is being answered, what is broken", () => {
  const REQUEST = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
  const BROKEN = "GARBAGE\r\n\r\n";

  test("does not write into an answer that has begun: it is cut off", async () => {
    const { socket, heard } = await connection((_request, response) => void response.write("begun"));
    socket.write(REQUEST);
    await new Promise((resolve) => socket.once("readable", resolve));
    socket.write(BROKEN);
    const answer = await heard;
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*begun\r\n$/);
    expect(answer).not.toContain("400");
  });

  test("is answered after it where it has not begun, each with its own answer", async () => {
    const open: (() => void)[] = [];
    const { socket, heard } = await connection((request, response) => {
      open.push(() => response.end(request.url));
      // What is broken has been read by then: it came with the requests.
      if (open.length === 2) setImmediate(() => open.forEach((end) => end()));
    });
    socket.write(`${REQUEST.replace("/", "/one")}${REQUEST.replace("/", "/two")}${BROKEN}`);
    const statuses = (await heard).match(/HTTP\/1\.1 \d+|\/one|\/two|invalid_request/g);
    expect(statuses).toEqual(["HTTP/1.1 200", "/one", "HTTP/1.1 200", "/two", "HTTP/1.1 400", "invalid_request"]);
  });

  test("is its answer where it is part of that request itself", async () => {
    const { socket, heard } = await connection((request) => void request.resume());
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nno length\r\n`);
    expect(await heard).toMatch(/^HTTP\/1\.1 400 [^]*invalid_request/);
  });
});
