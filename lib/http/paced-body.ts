/** Large answers on their way out: in pieces, each when the caller has taken those before it, and counted for as long as they stand in memory. */
import type { Hold } from "../byte-budget.ts";
import { SECOND_MS } from "../time.ts";

/** A body of which it is known how long it is, in bytes. Who gets it must read it or cancel it. */
export type PacedBody = { bytes: number; stream: ReadableStream<Uint8Array> };

const PIECE_BYTES = 64 << 10;

/** Who takes fewer bytes a second than this, after some patience, is cut off: others wait for the room. */
const SLOWEST_BYTES_A_SECOND = 32 << 10;
const PATIENCE_MS = 30 * SECOND_MS;

function* piecesOf(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += PIECE_BYTES) yield part.subarray(at, at + PIECE_BYTES);
  }
}

/**
 * These bytes as a body; they are given back when the last of them has been asked for, the reader goes away, or its time is over. A host may forget
 * to cancel what it has not begun to send: `request` is what it answers, and tells too that the reader has gone.
 */
export function pacedBody(parts: readonly Uint8Array[], release: Hold, request?: Request): PacedBody {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const pieces = piecesOf(parts);
  let deadline: NodeJS.Timeout;
  const end = () => {
    clearTimeout(deadline);
    // Asked of the request each time, which keeps it: the signal of one that nobody keeps is never aborted.
    request?.signal.removeEventListener("abort", onGone);
    release();
  };
  const onGone = () => {
    pieces.return(undefined);
    end();
  };
  request?.signal.addEventListener("abort", onGone, { once: true });
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const patienceMs = PATIENCE_MS + (bytes / SLOWEST_BYTES_A_SECOND) * SECOND_MS;
        deadline = setTimeout(() => {
          controller.error(new Error("the answer was taken too slowly"));
          end();
        }, patienceMs);
        deadline.unref();
      },
      pull(controller) {
        const { value, done } = pieces.next();
        if (!done) return controller.enqueue(value);
        controller.close();
        end();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  return { bytes, stream };
}
