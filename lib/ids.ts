/**
 * Identifiers: UUIDv7 (RFC 9562) for rows, so that ids sort by time and find their partition; random request ids.
 */
import { randomFillSync } from "node:crypto";

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

// Random bytes are drawn 4 KiB at a time: one system call for some 400 ids instead of one each (ids are made at thousands a second).
const pool = Buffer.alloc(4096);
let poolOffset = pool.length;
let lastMs = 0;
let sequence = 0;
let clockIsAheadMs = 0;

function take(count: number): number {
  if (poolOffset + count > pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  const start = poolOffset;
  poolOffset += count;
  return start;
}

/**
 * How far this machine's clock is ahead of the database's (negative: behind), as measured: ids follow the database's time from now on,
 * because lists and partitions of rows that many machines write are sorted by it.
 */
export function correctClock(isAheadMs: number): void {
  if (isAheadMs === clockIsAheadMs) return;
  clockIsAheadMs = isAheadMs;
  // Ids that a wrong clock has put into the future must not hold the next ones there.
  lastMs = 0;
}

/**
 * A new UUIDv7 in lower case. Within one process ids are strictly increasing: inside a millisecond the 12 bits after the
 * version count up (RFC 9562, section 6.2, method 1), and when they run out the time field goes one ahead of the clock.
 */
export function newId(nowMs: number = Date.now() - clockIsAheadMs): string {
  if (nowMs > lastMs) {
    lastMs = nowMs;
    const start = take(2);
    // starts in the lower half, so that there is room to count
    sequence = (((pool[start]! << 8) | pool[start + 1]!) & 0x7ff) >>> 0;
  } else if (++sequence > 0xfff) {
    lastMs += 1;
    sequence = 0;
  }
  const start = take(8);
  const high = Math.floor(lastMs / 0x1_0000);
  const low = lastMs & 0xffff;
  return (
    HEX[(high >>> 24) & 0xff]! +
    HEX[(high >>> 16) & 0xff]! +
    HEX[(high >>> 8) & 0xff]! +
    HEX[high & 0xff]! +
    "-" +
    HEX[low >>> 8]! +
    HEX[low & 0xff]! +
    "-7" +
    HEX[sequence >>> 8]![1] +
    HEX[sequence & 0xff]! +
    "-" +
    HEX[(pool[start]! & 0x3f) | 0x80]! +
    HEX[pool[start + 1]!]! +
    "-" +
    HEX[pool[start + 2]!]! +
    HEX[pool[start + 3]!]! +
    HEX[pool[start + 4]!]! +
    HEX[pool[start + 5]!]! +
    HEX[pool[start + 6]!]! +
    HEX[pool[start + 7]!]!
  );
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text has the shape of an id of ours. An id in a path that has not is answered as one that does not exist. */
export function isId(text: string): boolean {
  return UUID.test(text);
}

/** `req_` and 24 random hex digits: unique, and tells nothing. */
export function newRequestId(): string {
  const start = take(12);
  return `req_${pool.toString("hex", start, start + 12)}`;
}
