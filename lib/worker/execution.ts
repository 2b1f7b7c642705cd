/**
 * Execution: claim, evaluate, complete, all at the same time. This joins the parts; each of them says for itself what it guarantees.
 *
 * A run is held from its claim until its result is recorded, it is handed back, or it turns out to be somebody else's (canceled, or
 * taken over after this worker was silent for too long). What is no longer held is not recorded.
 */
import type { Logger } from "pino";
import { startClaimer, type Claimed } from "./claimer.ts";
import { createCompleter } from "./completer.ts";
import type { WorkerPools } from "./database.ts";
import { forEachOrganization } from "./each-organization.ts";
import { getEngineConfig } from "./engine-configs.ts";
import type { EvaluationItem, EvaluationResult, EvaluatorPool } from "./evaluator-types.ts";
import { createHeldRuns, type HeldRun, type HeldRuns } from "./held-runs.ts";
import { createHttpCalls } from "./http-calls.ts";
import { renewLeases } from "./leases.ts";
import { startPeriodic } from "./periodic.ts";
import { createReturner } from "./returner.ts";
import { createSweeper } from "./sweep.ts";
import type { ClaimedRun, ReadyMark } from "../hot-path/claim.ts";
import { runError } from "../engines/run-errors.ts";
import { env } from "../env.ts";
import { createOutboundClient, type OutboundClient } from "../outbound/client.ts";

/** What the worker holds at most; beyond it nothing is claimed. */
const MOST_HELD = { runs: 4_000, inputBytes: 24 << 20 };
/** While results of this length wait to be recorded, nothing more is evaluated. */
const MAX_UNRECORDED_CHARS = 24 << 20;
/** How long a claim that is under way may take when the worker stops. */
const LAST_CLAIM_MS = 2_000;
/** An environment whose runs could not be evaluated for want of a config or a child is left alone for so long. */
const NOT_NOW_COOL_DOWN_MS = 1_000;
/** How long the callback of a call that was answered at once outlives it. */
const FORGET_CALLBACKS_MS = 1_000;

export type ExecutionSettings = {
  /** How long a lease lasts. A run whose worker died waits this long, and for two sweeps (30 s in all). */
  leaseMs: number;
  /** Leases older than this are renewed; looked for twice as often. */
  renewAfterMs: number;
  /** No shorter than `renewAfterMs`: whoever lives renews between two sweeps. */
  sweepMs: number;
  strandedAfterMs: number;
};

export const EXECUTION_SETTINGS: ExecutionSettings = {
  leaseMs: 15_000,
  renewAfterMs: 5_000,
  sweepMs: 5_000,
  strandedAfterMs: 5_000,
};

export type Execution = {
  /** Something may be waiting. */
  wake(): void;
  /** Whether there is room for more results; for the evaluators. */
  mayEvaluate(): boolean;
  /** `held`: by evaluators; `calling`: calls of services that are open. */
  stats(): {
    held: number;
    calling: number;
    heldInputBytes: number;
    unrecorded: number;
    recorded: number;
    lost: number;
    /** Duties of sweeps that failed, since the start of the process. */
    brokenSweeps: number;
  };
  /**
   * Claims nothing more, gives what is being evaluated `graceMs` to end, records it, and hands the rest back, for at most `recordMs`.
   * Closes the evaluators.
   */
  stop(graceMs: number, recordMs: number): Promise<void>;
};

export type ExecutionOptions = {
  pools: WorkerPools;
  evaluators: EvaluatorPool;
  log: Logger;
  settings?: Partial<ExecutionSettings>;
  /** Calls the services of http engines. */
  client?: OutboundClient;
  /** Webhook endpoints have got something to send, by runs that this worker has recorded. */
  onQueued?: (orgId: string) => void;
};

/** Starts executing whatever is waiting. */
export function startExecution(options: ExecutionOptions): Execution {
  const { pools, evaluators, log } = options;
  const settings = { ...EXECUTION_SETTINGS, ...options.settings };
  const held = createHeldRuns(MOST_HELD);
  const evaluations = new Set<Promise<void>>();
  const counts = { recorded: 0, lost: 0, brokenSweeps: 0 };

  const completer = createCompleter({
    pool: pools.record,
    log,
    onSettled(result, outcome) {
      counts[outcome]++;
      held.removeLease(result);
      calls.held.removeLease(result);
      // Only then does the claimer wait for what is recorded; else it waits for the evaluators.
      if (held.isNearlyFull()) claimer.wake();
    },
    onQueued: (orgId) => options.onQueued?.(orgId),
  });
  const returner = createReturner(pools.record, log, (run) => {
    held.remove(run);
    calls.held.remove(run);
  });
  const mayEvaluate = () => completer.waitingChars() < MAX_UNRECORDED_CHARS;
  const calls = createHttpCalls({
    pool: pools.record,
    client: options.client ?? createOutboundClient(),
    total: env.NEXIO_HTTP_CALLS,
    log,
    mayCall: mayEvaluate,
    onResult: ({ runId, leaseId, orgId }, result) => completer.add(orgId, { runId, leaseId, ...result }),
    onReturned: (run) => returner.add(run),
    onNotNow: (run, forMs) => claimer.coolDown(run, forMs),
  });

  const { leaseMs } = settings;
  const claimer = startClaimer({ pools, evaluators, calls, log, leaseMs, roomFor: held.roomFor, onClaimed });

  function onClaimed({ mark, leaseId, leasedAtMs, runs }: Claimed): void {
    const holdings = new Map<string, HeldRun>();
    const items: EvaluationItem[] = [];
    const [toCall, toEvaluate] = byWay(runs);
    if (toCall.length > 0) calls.start(mark, leaseId, leasedAtMs, toCall);
    for (const run of toEvaluate) {
      const { orgId, environmentId } = mark;
      const inputBytes = Buffer.byteLength(run.input);
      const holding = { runId: run.runId, leaseId, orgId, environmentId, inputBytes, leasedAtMs };
      held.add(holding);
      holdings.set(run.runId, holding);
      const item = toItem(mark, run, () => held.has(holding));
      if (item) items.push(item);
      else fail(holding, "The engine does not exist");
    }
    const evaluation = evaluators.evaluate(items, (result) => onResult(holdings.get(result.runId)!, result));
    evaluations.add(evaluation);
    void evaluation.then(() => evaluations.delete(evaluation));
  }

  function toItem(
    { orgId, environmentId }: ReadyMark,
    run: ClaimedRun,
    isWanted: () => boolean,
  ): EvaluationItem | undefined {
    if (run.engineType === "http" || run.engineType === null) return undefined;
    return {
      runId: run.runId,
      orgId,
      environmentId,
      versionId: run.engineVersionId,
      type: run.engineType,
      timeoutMs: run.timeoutMs,
      payload: run.input,
      loadConfig: () => getEngineConfig(pools.record, orgId, run.engineVersionId),
      isWanted,
    };
  }

  function onResult(holding: HeldRun, { outcome }: EvaluationResult): void {
    if (!held.has(holding)) return;
    if (outcome.kind === "returned") {
      if (outcome.reason === "no_config" || outcome.reason === "no_child")
        claimer.coolDown(holding, NOT_NOW_COOL_DOWN_MS);
      returner.add(holding);
      return;
    }
    const { status, errorCode = null, degradationReason = null, summary, body, trace } = outcome.result;
    const { runId, leaseId, orgId } = holding;
    completer.add(orgId, { runId, leaseId, status, errorCode, degradationReason, summary, body, trace });
  }

  function fail({ runId, leaseId, orgId }: HeldRun, message: string): void {
    const code = "engine_error";
    const body = JSON.stringify({ error: runError(code, message) });
    const result = { status: "FAILED" as const, errorCode: code, degradationReason: null, summary: code, body };
    completer.add(orgId, { runId, leaseId, ...result });
  }

  async function renew(ofThese: HeldRuns, lose: (run: HeldRun) => void): Promise<void> {
    const due = ofThese.leasedBefore(performance.now() - settings.renewAfterMs);
    await forEachOrganization(due, async (orgId, runs) => {
      const nowMs = performance.now();
      const renewed = await renewLeases(pools.upkeep, orgId, runs, settings.leaseMs);
      for (const run of runs) {
        if (renewed.has(run.runId)) run.leasedAtMs = nowMs;
        else lose(run);
      }
    });
  }

  const sweeper = createSweeper(pools.upkeep, { ...settings, log });
  async function sweep(): Promise<void> {
    const { requeued, failed, marked, expired, broken } = await sweeper.sweep();
    counts.brokenSweeps += broken;
    if (requeued + failed + marked + expired === 0) return;
    log.info({ requeued, failed, marked, expired }, "found runs that nobody looked after");
    claimer.wake();
  }

  const periodics = [
    // Twice as often as need be, so that one failure does not cost a lease.
    startPeriodic("renewing leases", settings.renewAfterMs / 2, log, () => renew(held, (run) => held.remove(run))),
    startPeriodic("renewing leases of calls", settings.renewAfterMs / 2, log, () =>
      renew(calls.held, (run) => calls.lose(run)),
    ),
    startPeriodic("the sweep", settings.sweepMs, log, sweep),
    startPeriodic("forgetting callbacks", FORGET_CALLBACKS_MS, log, () => calls.forgetCallbacks()),
  ];

  return {
    wake: () => claimer.wake(),
    mayEvaluate,
    stats: () => ({
      held: held.count(),
      calling: calls.count(),
      heldInputBytes: held.inputBytes(),
      unrecorded: completer.waiting(),
      ...counts,
    }),
    async stop(graceMs, recordMs) {
      await Promise.race([claimer.stop(), delay(LAST_CLAIM_MS)]);
      await Promise.all([evaluators.close(graceMs), calls.stop(graceMs)]);
      // What still waits for its engine's config is returned a moment later.
      await Promise.race([Promise.all(evaluations), delay(recordMs)]);
      const everything = Promise.all([completer.drained(), returner.drained()]);
      await Promise.race([everything, delay(recordMs)]);
      completer.stop();
      returner.stop();
      await Promise.race([Promise.all(periodics.map((periodic) => periodic.stop())), delay(500)]);
    },
  };
}

/** Those whose engine is a service elsewhere, and the others. */
function byWay(runs: readonly ClaimedRun[]): [toCall: readonly ClaimedRun[], toEvaluate: readonly ClaimedRun[]] {
  const toCall = runs.filter((run) => run.engineType === "http");
  return [toCall, toCall.length === 0 ? runs : runs.filter((run) => run.engineType !== "http")];
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
