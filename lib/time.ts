/** Times on the wire are ISO 8601 in UTC; columns are timestamptz; durations carry their unit in the name. */

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const FIRST_MS = Date.parse("0001-01-01T00:00:00.000Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** Whether an instant has a year of four digits, which every reader of ISO 8601 understands. What is no instant at all is not judged. */
export function isTellable(atMs: number): boolean {
  return !(atMs < FIRST_MS || atMs > LAST_MS);
}

/** A column's time as the wire has it; one that cannot be told so is the nearest that can. */
export function toIso(at: Date): string {
  // Prisma reads a year of five digits as no instant at all.
  const atMs = Number.isNaN(at.getTime()) ? LAST_MS : at.getTime();
  return new Date(Math.min(Math.max(atMs, FIRST_MS), LAST_MS)).toISOString();
}

/** As toIso, for a column that may be empty. */
export function toIsoOrNull(at: Date | null): string | null {
  return at === null ? null : toIso(at);
}
