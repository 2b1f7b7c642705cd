/**
 * The runs that this worker holds a lease on, from the claim until they are recorded, handed back or lost, and how many more it may hold.
 *
 * An organization may hold as much as is free (the dynamic thresholds of switches: Choudhury and Hahne, 1998). One alone comes to half of
 * everything, many together share, and whoever holds nothing finds room, however many others have runs that do not end.
 */
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
  /** How many more runs of an organization may be held, and with how much input; nothing where one of them is not above 0. */
  roomFor(orgId: string): Room;
  /** Whether what is recorded may make room that somebody waits for. */
  isNearlyFull(): boolean;
  /** Runs whose lease began at or before this, by organization. */
  leasedBefore(atMs: number): Map<string, HeldRun[]>;
};

export type Room = { runs: number; inputBytes: number };

/** `most`: what may be held in all. */
export function createHeldRuns(most: Room): HeldRuns {
  const byId = new Map<string, HeldRun>();
  const byOrg = new Map<string, { runs: number; bytes: number }>();
  let bytes = 0;
  function tally({ orgId, inputBytes }: HeldRun, runs: 1 | -1): void {
    const org = byOrg.get(orgId) ?? { runs: 0, bytes: 0 };
    org.runs += runs;
    org.bytes += runs * inputBytes;
    bytes += runs * inputBytes;
    if (org.runs === 0) byOrg.delete(orgId);
    else byOrg.set(orgId, org);
  }
  function remove(run: HeldRun | undefined): void {
    if (!run || byId.get(run.runId) !== run) return;
    byId.delete(run.runId);
    tally(run, -1);
  }
  return {
    add(run) {
      remove(byId.get(run.runId));
      byId.set(run.runId, run);
      tally(run, 1);
    },
    has: (run) => byId.get(run.runId) === run,
    remove,
    removeLease({ runId, leaseId }) {
      const run = byId.get(runId);
      if (run?.leaseId === leaseId) remove(run);
    },
    count: () => byId.size,
    inputBytes: () => bytes,
    roomFor(orgId) {
      const theirs = byOrg.get(orgId) ?? { runs: 0, bytes: 0 };
      return { runs: most.runs - byId.size - theirs.runs, inputBytes: most.inputBytes - bytes - theirs.bytes };
    },
    isNearlyFull: () => byId.size >= most.runs / 4 || bytes >= most.inputBytes / 4,
    leasedBefore: (atMs) =>
      Map.groupBy(
        [...byId.values()].filter((run) => run.leasedAtMs <= atMs),
        (run) => run.orgId,
      ),
  };
}
