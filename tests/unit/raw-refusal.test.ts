/** What is written to a socket that never became a request: one public shape, whatever was wrong. */
import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
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
