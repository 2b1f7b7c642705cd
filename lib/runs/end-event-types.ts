/** What the end of a run is called where others are told of it, and the version of the shape in which they are. */

/** Additions to events' bodies keep it; whatever a receiver would have to be changed for gets a new date. */
export const EVENT_VERSION = "2026-11-21";

export const RUN_EVENT_TYPES = ["run.completed", "run.failed", "run.canceled"] as const;

export type RunEventType = (typeof RUN_EVENT_TYPES)[number];

/** An event's id as the wire has it: `evt_` and the 32 hex digits of its UUID. */
export function toEventId(id: string): string {
  return `evt_${id.replaceAll("-", "")}`;
}
