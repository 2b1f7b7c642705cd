/**
 * How many bytes of requests' bodies this process reads and works on at once. Large ones are counted by organization and refused when there is
 * no room; small ones go on beside them, up to a limit of their own that only a flood reaches.
 */
import { type Hold, processBudget } from "../byte-budget.ts";
import { overloaded } from "../errors.ts";
import { MAX_BODY_BYTES, readBody, SMALL_BODY_BYTES } from "./json-input.ts";
import { parsedSize } from "./parsed-size.ts";

const MAX_LARGE_BYTES = 64 << 20;
/** Of one organization. */
const MAX_LARGE_BYTES_OF_ONE = 32 << 20;
const MAX_SMALL_BYTES = 64 << 20;

/** Of the objects that large bodies are made into. */
const MAX_PARSED_BYTES = 64 << 20;
/** Of one organization; a body that is larger counts as this, so that it cannot keep out everybody else's. With less, the largest of four do not fit in memory. */
const MAX_PARSED_BYTES_OF_ONE = MAX_PARSED_BYTES / 2;

const KEY = Symbol.for("nexio.small-bodies");
// Two module instances (the server's bundle and Next's) share it.
const slot = globalThis as { [KEY]?: { bytes: number } };
const small = (slot[KEY] ??= { bytes: 0 });

/**
 * As how many bytes a body counts, by the headers that announce it: as a small one where its length is not told, until more has come; and as
 * none where it is over the limit, because it is refused unread then.
 */
export function announcedBytes(
  contentLength: string | null | undefined,
  transferEncoding: string | null | undefined,
): number {
  if (typeof contentLength !== "string") return typeof transferEncoding === "string" ? SMALL_BODY_BYTES : 0;
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

/** Counts a large body of an organization's caller, as the largest there is. Throws 503 `overloaded` where there is no room. */
export function holdLargeBody(orgId: string): Hold {
  const release = processBudget("bodies", MAX_LARGE_BYTES, MAX_LARGE_BYTES_OF_ONE).tryTake(orgId, MAX_BODY_BYTES);
  if (!release) throw overloaded();
  return release;
}

const parsedBudget = () => processBudget("parsed-bodies", MAX_PARSED_BYTES, MAX_PARSED_BYTES_OF_ONE);

/**
 * Reads, parses and works on the body of a request while it is counted; reads have none. A large one, when it has been read, waits for its turn to be
 * parsed. Throws 413, and 503 `overloaded` where there is no room; otherwise as `work`.
 */
export async function withParsedBody<Result>(
  request: Request,
  orgId: string,
  work: (raw: Buffer) => Promise<Result>,
): Promise<Result> {
  if (request.method === "GET" || request.method === "HEAD") return work(Buffer.alloc(0));
  const { headers } = request;
  const bytes = announcedBytes(headers.get("content-length"), headers.get("transfer-encoding"));
  let release: Hold | undefined;
  let releaseParsed: Hold | undefined;
  const admitLarge = () => (release ??= holdLargeBody(orgId));
  const smallBytes = Math.min(bytes, SMALL_BODY_BYTES);
  holdSmallBody(smallBytes);
  try {
    if (bytes > SMALL_BODY_BYTES) admitLarge();
    const raw = await readBody(request, MAX_BODY_BYTES, admitLarge);
    if (raw.length > SMALL_BODY_BYTES) {
      releaseParsed = await parsedBudget().take(orgId, Math.min(parsedSize(raw), MAX_PARSED_BYTES_OF_ONE));
    }
    return await work(raw);
  } finally {
    releaseParsed?.();
    releaseSmallBody(smallBytes);
    release?.();
  }
}
