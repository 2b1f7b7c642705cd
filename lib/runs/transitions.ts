/** Which status may follow which. A terminal run never changes. */
import type { RunStatus } from "../generated/prisma/enums.ts";

/** Statuses that may follow, by status. */
export const TRANSITIONS = {
  PENDING: ["RUNNING", "CANCELED"],
  // back to PENDING: a worker that is stopped hands it back, and one that died has it taken over
  RUNNING: ["PENDING", "COMPLETED", "DEGRADED", "FAILED", "CANCELED"],
  COMPLETED: [],
  DEGRADED: [],
  FAILED: [],
  CANCELED: [],
} as const satisfies Record<RunStatus, readonly RunStatus[]>;

export function canFollow(from: RunStatus, to: RunStatus): boolean {
  return (TRANSITIONS[from] as readonly RunStatus[]).includes(to);
}

/** Statuses from which a run can come to this one. */
export function statusesBefore(to: RunStatus): RunStatus[] {
  return (Object.keys(TRANSITIONS) as RunStatus[]).filter((from) => canFollow(from, to));
}

export function isTerminal(status: RunStatus): boolean {
  return TRANSITIONS[status].length === 0;
}
