/**
 * Collects results and records them. Results come out of order and one by one; they are sent as soon as one of two connections is
 * free, so that batches are small when the worker is idle and large under load, without any timer.
 *
 * While PostgreSQL is away results stay in memory and are sent again until they are recorded or turn out to be no longer ours.
 */
import type { Pool } from "pg";
import type { Logger } from "pino";
import { runError } from "../engines/run-errors.ts";
import { completeRuns, type TerminalResult } from "../hot-path/complete.ts";
import { backoffMs } from "./backoff.ts";
import { isDataError } from "./database.ts";

const CONNECTIONS = 2;
const MAX_BATCH = 500;
const MAX_BATCH_BYTES = 4 << 20;

// What a run gets whose result PostgreSQL refuses.
const UNSTORABLE = {
  status: "FAILED",
  errorCode: "engine_error",
  degradationReason: null,
  summary: "engine_error",
  body: JSON.stringify({ error: runError("engine_error", "The run's output cannot be stored") }),
  trace: undefined,
} as const;

const charsOf = ({ body, trace }: TerminalResult): number => body.length + (trace?.length ?? 0);

export type Completer = {
  /** Takes a result over; it is recorded some time later. */
  add(orgId: string, result: TerminalResult): void;
  /** Results that are not recorded yet, and the length of their bodies and traces in characters. */
  waiting(): number;
  waitingChars(): number;
  /** Resolves when nothing is waiting. */
  drained(): Promise<void>;
  /** Gives up what could not be recorded; its leases lapse. */
  stop(): void;
};

export type CompleterOptions = {
  pool: Pool;
  log: Logger;
  /** Called once for each result, when it is recorded or known to be no longer ours. */
  onSettled: (result: TerminalResult, outcome: "recorded" | "lost") => void;
  /** Called when webhook endpoints have got something to send; by then it is committed. */
  onQueued: (orgId: string) => void;
};

/** Makes a completer over a pool that has at least two connections for it. */
export function createCompleter({ pool, log, onSettled, onQueued }: CompleterOptions): Completer {
  const queues = new Map<string, TerminalResult[]>();
  let waiting = 0;
  let waitingChars = 0;
  let sending = 0;
  let failures = 0;
  let scheduled = false;
  const stopped = new AbortController();
  const whenDrained: (() => void)[] = [];

  function schedule(): void {
    if (scheduled || stopped.signal.aborted) return;
    scheduled = true;
    // Results of one message from an evaluator arrive together; setImmediate lets them travel together.
    setImmediate(() => {
      scheduled = false;
      const connections = failures > 0 ? 1 : CONNECTIONS;
      while (sending < connections && queues.size > 0 && !stopped.signal.aborted) void send(...takeBatch());
    });
  }

  // The organization that waits longest; what it has beyond one batch goes to the end of the line.
  function takeBatch(): [string, TerminalResult[]] {
    const [orgId, queue] = queues.entries().next().value!;
    queues.delete(orgId);
    let bytes = 0;
    let count = 0;
    while (count < queue.length && count < MAX_BATCH && (count === 0 || bytes < MAX_BATCH_BYTES)) {
      bytes += charsOf(queue[count++]!);
    }
    if (count === queue.length) return [orgId, queue];
    queues.set(orgId, queue.slice(count));
    return [orgId, queue.slice(0, count)];
  }

  async function send(orgId: string, batch: TerminalResult[]): Promise<void> {
    const unsettled = new Map(batch.map((result) => [result.runId, result]));
    const chars = new Map(batch.map((result) => [result.runId, charsOf(result)]));
    const settle: CompleterOptions["onSettled"] = (result, outcome) => {
      unsettled.delete(result.runId);
      waiting--;
      // by what came in: a result that could not be stored is settled with another body
      waitingChars -= chars.get(result.runId)!;
      onSettled(result, outcome);
    };
    sending++;
    try {
      await record(orgId, batch, settle);
      failures = 0;
    } catch (error) {
      failures++;
      if (failures === 1) log.warn({ err: error, waiting }, "results cannot be recorded now, and are kept");
      queues.set(orgId, [...unsettled.values(), ...(queues.get(orgId) ?? [])]);
      await new Promise((resolve) => setTimeout(resolve, backoffMs(failures)));
    } finally {
      sending--;
      if (waiting === 0) for (const resolve of whenDrained.splice(0)) resolve();
      schedule();
    }
  }

  // A batch that PostgreSQL refuses for what stands in it is halved until the guilty result is alone.
  async function record(orgId: string, batch: TerminalResult[], settle: CompleterOptions["onSettled"]): Promise<void> {
    try {
      const { recorded, isQueued } = await completeRuns(pool, orgId, batch);
      if (isQueued) onQueued(orgId);
      for (const result of batch) settle(result, recorded.has(result.runId) ? "recorded" : "lost");
    } catch (error) {
      if (!isDataError(error)) throw error;
      if (batch.length > 1) {
        const half = batch.length >> 1;
        await record(orgId, batch.slice(0, half), settle);
        await record(orgId, batch.slice(half), settle);
        return;
      }
      const result = batch[0]!;
      log.error({ err: error, orgId, runId: result.runId }, "a result cannot be stored");
      if (result.body === UNSTORABLE.body) settle(result, "lost");
      else await record(orgId, [{ ...result, ...UNSTORABLE }], settle);
    }
  }

  return {
    add(orgId, result) {
      const queue = queues.get(orgId);
      if (queue) queue.push(result);
      else queues.set(orgId, [result]);
      waiting++;
      waitingChars += charsOf(result);
      schedule();
    },
    waiting: () => waiting,
    waitingChars: () => waitingChars,
    drained() {
      if (waiting === 0) return Promise.resolve();
      return new Promise((resolve) => whenDrained.push(resolve));
    },
    stop: () => stopped.abort(),
  };
}
