/** Bodies as node:http hands them over: read up to a limit, the rest let go without being kept. */
import type { IncomingMessage } from "node:http";
import { MAX_BODY_BYTES } from "../http/json-input.ts";

/** What a client may go on sending after it was refused, so that it can read the refusal before the connection is cut. */
const MAX_DISCARDED_BYTES = 32 << 20;

/** Reads on and keeps nothing. */
export function discardBody(request: IncomingMessage): void {
  let discarded = 0;
  request.on("data", (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > MAX_DISCARDED_BYTES) request.destroy();
  });
  request.resume();
}

/** Whether the body is announced to be larger than may be. */
export function announcesTooMuch(request: IncomingMessage): boolean {
  return Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES;
}

/** The whole body; null as soon as it is known to be over the limit. Rejects when the client goes away in the middle. */
export function readRequestBody(request: IncomingMessage): Promise<Buffer | null> {
  if (announcesTooMuch(request)) {
    discardBody(request);
    return Promise.resolve(null);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= MAX_BODY_BYTES) return;
      request.off("data", onData);
      discardBody(request);
      resolve(null);
    };
    request.on("data", onData);
    request.once("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
    request.once("error", reject);
    request.once("close", () => {
      if (!request.complete) reject(new ClientGone());
    });
  });
}

/** The client has closed the connection before its request was whole: nobody waits for an answer. */
export class ClientGone extends Error {}
