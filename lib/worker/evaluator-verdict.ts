/** Who is to blame: whether a chunk makes no progress, and what a run gets that was alone in a child which died. */
import { endedForMemory } from "../engines/evaluate-process.ts";
import { crashed, outOfMemory, timedOut } from "../engines/evaluate-verdicts.ts";
import type { Entry } from "./evaluator-entry.ts";
import type { Death, Watched } from "./evaluator-lane.ts";

/**
 * Whether a chunk makes no progress: it used CPU time without a result, or neither used any nor ended.
 * CPU time rather than wall clock, because on a busy machine an innocent chunk may wait long for its turn.
 */
export function isStalled({ stillMs, stillCpuMs, elapsedMs }: Watched, patienceMs: number): boolean {
  if (Number.isNaN(stillCpuMs)) return stillMs >= 2 * patienceMs;
  const isWaitingForNothing = stillMs >= 2 * patienceMs && stillCpuMs < stillMs / 20;
  const isWorkingInVain = stillCpuMs >= patienceMs && stillMs >= patienceMs;
  return isWorkingInVain || isWaitingForNothing || stillMs >= 8 * patienceMs || elapsedMs >= 16 * patienceMs;
}

/** Ends an entry that was alone in the child that died. */
export function verdict(entry: Entry, reason: Death["reason"], exit: Death["exit"]): void {
  if (reason === "timeout") entry.settle({ kind: "timeout", result: timedOut(entry.item.timeoutMs) });
  else if (reason === "memory" || endedForMemory(exit)) entry.settle({ kind: "memory", result: outOfMemory() });
  else entry.settle({ kind: "crashed", result: crashed(exit) });
}
