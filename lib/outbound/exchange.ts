/** One request and its answer over one connection. */
import type { Client, Dispatcher } from "undici";

export type Exchanged = {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
  /** The body is longer than what was read of it; the rest still comes. */
  truncated: boolean;
};

/** The connection failed, as `cause` says, before the answer had come whole. */
export class BrokenOff extends Error {
  /** Whether some of the answer had come. */
  readonly answerBegun: boolean;

  constructor(cause: Error, answerBegun: boolean) {
    super("the connection failed", { cause });
    this.answerBegun = answerBegun;
  }
}

/** A body that is being read has so much room at first: most answers are short, and room that each asks for anew is what keeps a collector busy. */
const FIRST_ROOM = 256;

type Sent = { path: string; headers: Readonly<Record<string, string>>; body: string | Buffer };

/**
 * Sends by POST and reads at most `maxBodyBytes` of the answer's body. Resolves when that is read; whoever gets a truncated answer ends the
 * connection. Rejects with BrokenOff.
 */
export function exchange(client: Client, { path, headers, body }: Sent, maxBodyBytes: number): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    let answer: Exchanged | undefined;
    // Chunks are copied together: each kept by itself costs a hundred bytes beside what is in it, and the other end may send single bytes.
    let read = Buffer.alloc(0);
    let size = 0;
    const add = (chunk: Buffer) => {
      // one byte more than is asked for tells that there is more
      const sum = Math.min(size + chunk.length, maxBodyBytes + 1);
      if (sum > read.length) {
        const larger = Buffer.allocUnsafe(Math.min(Math.max(sum, 2 * read.length, FIRST_ROOM), maxBodyBytes + 1));
        read.copy(larger, 0, 0, size);
        read = larger;
      }
      chunk.copy(read, size, 0, sum - size);
      size = sum;
    };
    const end = (truncated: boolean) => {
      // a copy: a short answer is not to hold all that room
      resolve({ ...answer!, body: Buffer.from(read.subarray(0, Math.min(size, maxBodyBytes))), truncated });
    };
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart(_controller, status, received) {
        // what comes before the answer, such as 103, is none
        if (status >= 200) answer = { status, headers: received, body: Buffer.alloc(0), truncated: false };
      },
      onResponseData(controller, chunk) {
        if (size > maxBodyBytes) return;
        add(chunk);
        if (size <= maxBodyBytes) return;
        controller.pause();
        end(true);
      },
      onResponseEnd: () => end(false),
      onResponseError: (_controller, error) => reject(new BrokenOff(error, answer !== undefined)),
    };
    client.dispatch({ method: "POST", path, headers: headers as Record<string, string>, body }, handler);
  });
}
