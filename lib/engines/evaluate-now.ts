/**
 * Evaluates one input at once, for a person who waits: a draft that is tried, or a run whose trace was not recorded. In a watched child of this
 * process that yields to everything else, killed at a deadline; organizations take turns.
 */
import type { OrgScope } from "../auth/principal.ts";
import { processBudget } from "../byte-budget.ts";
import { overloaded } from "../errors.ts";
import { createTurns, type Turns } from "./evaluate-check-turns.ts";
import { CHILD_MEMORY_BYTES, evaluatorChildren, type EvaluatorChild } from "./evaluate-children.ts";
import { endedForMemory, readUsage, type ChildExit } from "./evaluate-process.ts";
import type { RunEngineType, RunResult } from "./evaluate-protocol.ts";
import type { Tracing } from "./evaluate-trace.ts";
import { crashed, outOfMemory, timedOut } from "./evaluate-verdicts.ts";

export type EvaluateNow = {
  type: RunEngineType;
  /** JSON text of the config. */
  config: string;
  /** JSON text `{"input":…,"offerings"?:…}`, as a run stores it. */
  payload: string;
  /** The engine's own timeout, in milliseconds; MAX_NOW_MS goes before it. */
  timeoutMs: number;
  tracing: Tracing;
  /** Aborted when nobody waits for the result any more. */
  gone?: AbortSignal | undefined;
};

/** `durationMs` is what the evaluation took, without the wait for a turn. */
export type EvaluatedNow = { result: RunResult; durationMs: number };

/** Longest that one may take. */
export const MAX_NOW_MS = 10_000;
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const SLOTS = 2;
/** Of one organization at once: one that runs and those that wait. */
const MAX_WAITING = 9;
/** Texts that wait for their evaluation, and wait for as long as those before them take. */
const MAX_WAITING_BYTES = 16 << 20;
/** Of one organization, so that its evaluations that hang keep nobody else's waiting. */
const MAX_WAITING_BYTES_OF_ONE = 4 << 20;
/** So much waits without being counted: nobody is kept waiting with a small graph by large ones. */
const SMALL = 64 << 10;
const WATCH_MS = 25;
const NICE = 10;

// One set for the server's bundle and Next's.
const KEY = Symbol.for("nexio.evaluateNow");
const store = globalThis as { [KEY]?: Turns };
const turns = (store[KEY] ??= createTurns({
  slots: SLOTS,
  maxChecks: MAX_WAITING,
  tooMany: "Too many evaluations of this organization are waiting",
}));
const children = evaluatorChildren(NICE);

let lastRequest = 0;

/**
 * Loads what is to be evaluated and evaluates it, while there is room for so many bytes of text. Throws 503 `overloaded` where that takes too long or
 * too many of the organization wait.
 */
export async function withRoomToEvaluate<Result>(
  { orgId }: OrgScope,
  bytes: number,
  work: () => Promise<Result>,
  gone?: AbortSignal,
): Promise<Result> {
  if (bytes <= SMALL) return work();
  const budget = processBudget("evaluations", MAX_WAITING_BYTES, MAX_WAITING_BYTES_OF_ONE);
  const release = await budget.take(orgId, bytes, gone);
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * Whatever the graph does, the result says so: a FAILED one, with the codes of runs, where it hangs, crashes or eats memory. Throws 503 when too
 * many evaluations of the organization wait and when nobody waits for this one any more, else only when no child can be started.
 */
export async function evaluateNow(orgId: string, wanted: EvaluateNow): Promise<EvaluatedNow> {
  const leave = turns.admit(orgId);
  try {
    const first = await inTurn(orgId, wanted, { traced: true, unused: false });
    // Its trace, or what others left in its child, may have been too much: it is judged by itself alone.
    if (!("died" in first) && first.result.errorCode !== "engine_memory") return first;
    const second = await inTurn(orgId, wanted, { traced: false, unused: true });
    return "died" in second ? { result: verdict(second.died), durationMs: second.durationMs } : second;
  } finally {
    leave();
  }
}

type How = { traced: boolean; unused: boolean };
type Died = { died: ChildExit | "memory"; durationMs: number };

async function inTurn(orgId: string, wanted: EvaluateNow, { traced, unused }: How): Promise<EvaluatedNow | Died> {
  const end = await turns.take(orgId, unused, wanted.gone);
  try {
    const child = await children.take(unused);
    return await evaluateIn(child, wanted, traced);
  } finally {
    end();
  }
}

async function evaluateIn(child: EvaluatorChild, wanted: EvaluateNow, traced: boolean): Promise<EvaluatedNow | Died> {
  const { type, config, payload, tracing, gone } = wanted;
  const { promise, resolve } = Promise.withResolvers<RunResult | ChildExit | "memory" | "gone">();
  const startedAt = performance.now();
  const chunk = (lastRequest += 1);
  child.onExit = resolve;
  child.onReply = (reply) => {
    if (reply.kind !== "results" || reply.chunk !== chunk) return;
    for (const [, result] of reply.results) if (result) resolve(result);
  };
  const timeoutMs = Math.min(wanted.timeoutMs, MAX_NOW_MS);
  const watch = setInterval(() => {
    if ((readUsage(child.process.pid)?.rssBytes ?? 0) > CHILD_MEMORY_BYTES) resolve("memory");
    else if (gone?.aborted) resolve("gone");
    else if (performance.now() - startedAt > timeoutMs) resolve(tooLong(wanted.timeoutMs));
  }, WATCH_MS);
  child.process.send({
    kind: "run",
    chunk,
    version: `now ${chunk}`,
    type,
    config,
    payloads: [payload],
    maxBodyBytes: MAX_BODY_BYTES,
    ...(traced ? { tracing: { runs: 1, how: tracing } } : {}),
  });
  const outcome = await promise;
  clearInterval(watch);
  const durationMs = performance.now() - startedAt;
  const result = typeof outcome === "object" && "status" in outcome ? outcome : undefined;
  if (result && result.errorCode !== "engine_timeout" && result.errorCode !== "engine_memory") children.putBack(child);
  else child.process.kill();
  if (outcome === "gone") throw overloaded();
  return result ? { result, durationMs } : { died: outcome as ChildExit | "memory", durationMs };
}

function tooLong(engineTimeoutMs: number): RunResult {
  return engineTimeoutMs <= MAX_NOW_MS ? timedOut(engineTimeoutMs) : timedOut(MAX_NOW_MS, "the limit here");
}

function verdict(died: ChildExit | "memory"): RunResult {
  return died === "memory" || endedForMemory(died) ? outOfMemory() : crashed(died);
}
