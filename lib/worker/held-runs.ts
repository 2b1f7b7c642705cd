/** The runs that this worker holds a lease on, from the claim until they are recorded, handed back or lost. */
import type { HeldLease } from "./leases.ts";

export type HeldRun = HeldLease & {
  orgId: string;
  environmentId: string;
  inputBytes: number;
  /** When the lease was last known to begin, in milliseconds of performance.now(). */
  leasedAtMs: number;
};

export type HeldRuns = {
  add(run: HeldRun): void;
  /** Whether this very holding stands; a run that was lost and claimed again is another one. */
  has(run: HeldRun): boolean;
  remove(run: HeldRun): void;
  /** Removes the run if it is held under this lease. */
  removeLease(lease: HeldLease): void;
  count(): number;
  inputBytes(): number;
  /** Runs whose lease began at or before this, by organization. */
  leasedBefore(atMs: number): Map<string, HeldRun[]>;
};

export function createHeldRuns(): HeldRuns {
  const byId = new Map<string, HeldRun>();
  let bytes = 0;
  function remove(run: HeldRun | undefined): void {
    if (!run || byId.get(run.runId) !== run) return;
    byId.delete(run.runId);
    bytes -= run.inputBytes;
  }
  return {
    add(run) {
      remove(byId.get(run.runId));
      byId.set(run.runId, run);
      bytes += run.inputBytes;
    },
    has: (run) => byId.get(run.runId) === run,
    remove,
    removeLease({ runId, leaseId }) {
      const run = byId.get(runId);
      if (run?.leaseId === leaseId) remove(run);
    },
    count: () => byId.size,
    inputBytes: () => bytes,
    leasedBefore: (atMs) =>
      Map.groupBy(
        [...byId.values()].filter((run) => run.leasedAtMs <= atMs),
        (run) => run.orgId,
      ),
  };
}
