/** What goes into the evaluator pool and what comes out of it. */
import type { RunEngineType, RunResult } from "../engines/evaluate-protocol.ts";

/** One run to evaluate. */
export type EvaluationItem = {
  runId: string;
  orgId: string;
  environmentId: string;
  /** The engine version; its config never changes, so that a child may keep it compiled. */
  versionId: string;
  type: RunEngineType;
  /** Longest the run may take, in milliseconds of wall clock from when its own evaluation begins. */
  timeoutMs: number;
  /** The stored input, JSON text `{"input":…,"offerings"?:…}`. */
  payload: string;
  /** The version's config as JSON text. Asked for once a batch at most, and only when a child has not got it. If it rejects, the runs are returned. */
  loadConfig: () => Promise<string>;
  /** Asked now and then. An item that is no longer wanted (its run was canceled) is dropped where it waits, and stopped where it is alone in a child. */
  isWanted?: () => boolean;
};

/**
 * How an item ended.
 * - `finished`: evaluated; the result may be COMPLETED, DEGRADED or FAILED.
 * - `timeout`, `crashed`, `memory`: evaluated alone in a child of its own, it outlived its timeout, ended the child, or had it killed for
 *   its memory. The result is FAILED and ready to store.
 * - `returned`: not evaluated to its end, and not to blame: the pool is closing, the version's runs are held up (see blockedVersions), its config
 *   could not be loaded, or no child can be started. The run goes back to PENDING without counting a takeover. Or nobody wants it any more.
 */
export type EvaluationOutcome =
  | { kind: "finished" | "timeout" | "crashed" | "memory"; result: RunResult }
  | { kind: "returned"; reason: "closing" | "held_up" | "no_config" | "no_child" | "unwanted" };

export type EvaluationResult = { runId: string; outcome: EvaluationOutcome };

export type PoolStats = {
  /** Children that exist, and those of them that are evaluating. */
  children: number;
  busy: number;
  /** Items inside the pool, those of them that wait, and those that are set apart because their version or organization held others up. */
  items: number;
  waiting: number;
  apart: number;
  /** Since the start of the process. */
  evaluated: number;
  killed: number;
};

export type PoolOptions = {
  /** The child's main: dist/evaluator.mjs, or lib/worker/evaluator-child.ts where Node strips types. Default: evaluatorEntry(). */
  entry?: string;
  /** Children for everyone's quick runs; started when first needed, kept. Default 1: a child uses every core. */
  size?: number;
  /** Children in all, with those for runs that are set apart. Default 8. */
  maxChildren?: number;
  /** Children that one organization's set-apart runs may have at the same time. Default 2. */
  maxChildrenPerOrg?: number;
  /** Resident memory above which a child is killed. Default 256 MiB. */
  memoryLimitBytes?: number;
  /** CPU time without any result after which a child's runs are set apart. Default 250 ms. */
  stallMs?: number;
  /** A child that is not ready after this could not be started. Default 30 s. */
  bootMs?: number;
  /** An unused child beyond `size` ends after this. Default 5 s. */
  idleMs?: number;
  /** Most items of one organization inside the pool: what capacityFor counts down from. Default 1,000. */
  maxItemsPerOrg?: number;
  /** Most bytes of a result's body. Default 8 MiB. */
  maxBodyBytes?: number;
  /** How much of decision traces is recorded, in characters a second (trace-budget.ts). Default 512 Ki; 0 records none. */
  traceCharsPerSecond?: number;
  /** How long items that cannot start are held before they are returned. Default 1 s. */
  holdMs?: number;
  /**
   * Whether more may be evaluated now: false while results already given cannot be stored, so that large ones do not pile up. Asked before anything is
   * sent to a child, and every 25 ms while it said no. Default: always.
   */
  mayEvaluate?: () => boolean;
  /** Told, for the log, of what goes wrong with children; the text may hold host paths. */
  onTrouble?: (trouble: { message: string; [field: string]: unknown }) => void;
};

export type EvaluatorPool = {
  /**
   * Evaluates items, of any organizations and versions. `onResult` is called exactly once for each, as they end, in any order.
   * Resolves after the last call. Never rejects.
   */
  evaluate(items: readonly EvaluationItem[], onResult: (result: EvaluationResult) => void): Promise<void>;
  /** How many more items of this organization the pool takes now; 0 when it is full or closing. Giving it more is harmless, they wait. */
  capacityFor(orgId: string): number;
  /** Versions whose runs in this environment would only wait: leave them PENDING, so that other engines' runs are claimed instead. */
  blockedVersions(orgId: string, environmentId: string): string[];
  /** Calls back when capacity of any organization grew or a version is no longer blocked. Returns how to stop it. */
  onCapacity(listener: () => void): () => void;
  stats(): PoolStats;
  /** Takes nothing more, lets what runs end for `graceMs` (default 0), returns the rest and kills every child. */
  close(graceMs?: number): Promise<void>;
};
