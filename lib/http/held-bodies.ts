/**
 * How many bytes of requests' bodies this process reads and works on at once. Large ones are counted by organization and refused when there is
 * no room; small ones go on beside them, up to a limit of their own that only a flood reaches.
 */
import { type Hold, processBudget } from "../byte-budget.ts";
import { overloaded } from "../errors.ts";
import { MAX_BODY_BYTES } from "./json-input.ts";

/** What is larger is large: it is read only for who has a key or session that works. */
export const SMALL_BODY_BYTES = 64 << 10;

const MAX_LARGE_BYTES = 64 << 20;
/** Of one organization. */
const MAX_LARGE_BYTES_OF_ONE = 32 << 20;
const MAX_SMALL_BYTES = 64 << 20;

/** A body that is made into objects takes so many times its bytes. */
const PARSED_SIZE = 4;

const KEY = Symbol.for("nexio.small-bodies");
// Two module instances (the server's bundle and Next's) share it.
const slot = globalThis as { [KEY]?: { bytes: number } };
const small = (slot[KEY] ??= { bytes: 0 });

/**
 * How many bytes a body may have, by the headers that announce it: the most there can be where its length is not told, and none where it is
 * over the limit, because it is refused unread then.
 */
export function announcedBytes(
  contentLength: string | null | undefined,
  transferEncoding: string | null | undefined,
): number {
  if (typeof contentLength !== "string") return typeof transferEncoding === "string" ? MAX_BODY_BYTES : 0;
  const bytes = Number(contentLength);
  return bytes <= MAX_BODY_BYTES ? bytes : 0;
}

/** Counts a small body. Throws 503 `overloaded` where there is no room. To be followed by releaseSmallBody. */
export function holdSmallBody(bytes: number): void {
  if (small.bytes + bytes > MAX_SMALL_BYTES) throw overloaded();
  small.bytes += bytes;
}

export function releaseSmallBody(bytes: number): void {
  small.bytes -= bytes;
}

/** Counts a large body of an organization's caller. Throws 503 `overloaded` where there is no room. */
export function holdLargeBody(orgId: string, bytes: number): Hold {
  const release = processBudget("bodies", MAX_LARGE_BYTES, MAX_LARGE_BYTES_OF_ONE).tryTake(orgId, bytes);
  if (!release) throw overloaded();
  return release;
}

function holdParsedBody({ headers }: Request, orgId: string): Hold {
  const bytes = announcedBytes(headers.get("content-length"), headers.get("transfer-encoding"));
  if (bytes > SMALL_BODY_BYTES) return holdLargeBody(orgId, bytes * PARSED_SIZE);
  holdSmallBody(bytes);
  return () => releaseSmallBody(bytes);
}

/** Reads, parses and works on the body of a request while it is counted. Throws 503 `overloaded` where there is no room. */
export async function withParsedBody<Result>(
  request: Request,
  orgId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const release = holdParsedBody(request, orgId);
  try {
    return await work();
  } finally {
    release();
  }
}
