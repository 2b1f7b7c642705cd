/** What the end of a run is called where others are told of it, and the shape in which they are. */
import type { RunStatus } from "../generated/prisma/enums.ts";

/** The version of the shape of events' bodies. Additions keep it; whatever a receiver would have to be changed for gets a new date. */
export const EVENT_VERSION = "2026-11-21";

export const RUN_EVENT_TYPES = ["run.completed", "run.failed", "run.canceled"] as const;

export type RunEventType = (typeof RUN_EVENT_TYPES)[number];

/** A result whose stored JSON text is larger than this, in bytes, is left out of the event. */
export const MAX_EVENT_OUTPUT_BYTES = 64 << 10;

const EVENT_OF_END = {
  COMPLETED: "run.completed",
  DEGRADED: "run.completed",
  FAILED: "run.failed",
  CANCELED: "run.canceled",
} as const satisfies Partial<Record<RunStatus, RunEventType>>;

/** The event of a run that ends with this status. */
export function eventOfEnd(status: keyof typeof EVENT_OF_END): RunEventType {
  return EVENT_OF_END[status];
}

/** An event's id as the wire has it: `evt_` and the 32 hex digits of its UUID. */
export function toEventId(id: string): string {
  return `evt_${id.replaceAll("-", "")}`;
}
