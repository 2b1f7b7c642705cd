/** Bodies as node:http hands them over: read up to a limit, the rest let go without being kept. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_BODY_BYTES, SMALL_BODY_BYTES } from "../http/json-input.ts";

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

const asking = new WeakMap<IncomingMessage, ServerResponse>();

/** For a request that asks before it sends its body: it is told to go on when somebody reads that, and not before. */
export function goOnWhenRead(request: IncomingMessage, response: ServerResponse): void {
  asking.set(request, response);
}

/**
 * The whole body; null as soon as it is known to be over the limit. Waits for `admitLarge` before it reads on beyond what is small, and rejects as that,
 * or when the client goes away in the middle.
 */
export function readRequestBody(
  request: IncomingMessage,
  admitLarge: () => Promise<void> = () => Promise.resolve(),
): Promise<Buffer | null> {
  if (announcesTooMuch(request)) {
    discardBody(request);
    return Promise.resolve(null);
  }
  // It may have gone while its key was looked up.
  if (request.destroyed) return Promise.reject(new ClientGone());
  if (request.headers.expect !== undefined) asking.get(request)?.writeContinue();
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let chunks: Buffer[] | undefined;
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        request.off("data", onData);
        discardBody(request);
        return resolve(null);
      }
      if (size > SMALL_BODY_BYTES && size - chunk.length <= SMALL_BODY_BYTES) {
        request.pause();
        admitLarge().then(
          () => request.resume(),
          (error: unknown) => {
            request.off("data", onData);
            reject(error as Error);
          },
        );
      }
      // Most bodies come in one piece.
      if (!first) first = chunk;
      else (chunks ??= [first]).push(chunk);
    };
    request.on("data", onData);
    request.on("end", () => resolve(chunks ? Buffer.concat(chunks, size) : (first ?? Buffer.alloc(0))));
    request.on("error", () => reject(new ClientGone()));
    request.on("close", () => {
      if (!request.complete) reject(new ClientGone());
    });
  });
}

/** The client has closed the connection before its request was whole: nobody waits for an answer. */
export class ClientGone extends Error {}
