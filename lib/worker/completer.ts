/**
 * Collects the results of runs and records them in batches (org-batches.ts). While PostgreSQL is away results stay in memory, and are sent again until
 * they are recorded or turn out to be no longer ours.
 */
import type { Pool } from "pg";
import type { Logger } from "pino";
import { runError } from "../engines/run-errors.ts";
import { completeRuns, type TerminalResult } from "../hot-path/complete.ts";
import { createOrgBatches } from "./org-batches.ts";

const CONNECTIONS = 2;

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
  const batches = createOrgBatches<TerminalResult>({
    name: "results",
    log,
    connections: CONNECTIONS,
    sizeOf: charsOf,
    record,
    insteadOf,
  });

  async function record(orgId: string, batch: TerminalResult[]): Promise<void> {
    const { recorded, isQueued } = await completeRuns(pool, orgId, batch);
    if (isQueued) onQueued(orgId);
    for (const result of batch) onSettled(result, recorded.has(result.runId) ? "recorded" : "lost");
  }

  function insteadOf(orgId: string, result: TerminalResult, error: unknown): TerminalResult | undefined {
    log.error({ err: error, orgId, runId: result.runId }, "a result cannot be stored");
    if (result.body !== UNSTORABLE.body) return { ...result, ...UNSTORABLE };
    onSettled(result, "lost");
    return undefined;
  }

  return {
    add: (orgId, result) => batches.add(orgId, result),
    waiting: () => batches.waiting(),
    waitingChars: () => batches.waitingSize(),
    drained: () => batches.drained(),
    stop: () => batches.stop(),
  };
}
