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

type Sent = { path: string; headers: Readonly<Record<string, string>>; body: string | Buffer };

/**
 * Sends by POST and reads at most `maxBodyBytes` of the answer's body. Resolves when that is read; whoever gets a truncated answer ends the
 * connection. Rejects with BrokenOff.
 */
export function exchange(client: Client, { path, headers, body }: Sent, maxBodyBytes: number): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    let answer: Exchanged | undefined;
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (truncated: boolean) => {
      const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
      resolve({ ...answer!, body: truncated ? whole.subarray(0, maxBodyBytes) : whole, truncated });
    };
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart(_controller, status, received) {
        // what comes before the answer, such as 103, is none
        if (status >= 200) answer = { status, headers: received, body: Buffer.alloc(0), truncated: false };
      },
      onResponseData(controller, chunk) {
        if (size > maxBodyBytes) return;
        chunks.push(chunk);
        size += chunk.length;
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
