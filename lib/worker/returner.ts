/**
 * Hands runs back that this worker claimed and did not evaluate, so that another takes them at once instead of after the lease.
 * While PostgreSQL is away it keeps trying; a run that it could not hand back is taken over when its lease lapses.
 */
import type { Logger } from "pino";
import type { Pool } from "pg";
import { backoffMs } from "./backoff.ts";
import type { HeldRun } from "./held-runs.ts";
import { handBackRuns } from "./leases.ts";

export type Returner = {
  add(run: HeldRun): void;
  /** Resolves when everything has been handed back, or given up after `stop`. */
  drained(): Promise<void>;
  stop(): void;
};

/** `onReturned` is called once for each run that is no longer this worker's. */
export function createReturner(pool: Pool, log: Logger, onReturned: (run: HeldRun) => void): Returner {
  let waiting: HeldRun[] = [];
  let sending: Promise<void> | undefined;
  const stopped = new AbortController();

  async function sendAll(): Promise<void> {
    // those of one message from the pool travel together
    await new Promise(setImmediate);
    for (let failures = 0; waiting.length > 0 && !stopped.signal.aborted;) {
      const batch = waiting;
      waiting = [];
      let failed: unknown;
      for (const [orgId, runs] of Map.groupBy(batch, (run) => run.orgId)) {
        try {
          await handBackRuns(pool, orgId, runs);
          for (const run of runs) onReturned(run);
        } catch (error) {
          failed = error;
          waiting.push(...runs);
        }
      }
      // An organization whose runs go back does not hide that another's do not, or they would be tried without a pause.
      failures = failed === undefined ? 0 : failures + 1;
      if (failures === 1) log.warn({ err: failed, runs: waiting.length }, "runs cannot be handed back now");
      if (failures > 0) await new Promise((resolve) => setTimeout(resolve, backoffMs(failures)));
    }
    sending = undefined;
  }

  return {
    add(run) {
      waiting.push(run);
      sending ??= sendAll();
    },
    drained: () => sending ?? Promise.resolve(),
    stop: () => stopped.abort(),
  };
}
