/** Times on the wire are ISO 8601 in UTC; columns are timestamptz; durations carry their unit in the name. */

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A column's time as the wire has it. */
export function toIso(at: Date): string {
  return at.toISOString();
}

/** As toIso, for a column that may be empty. */
export function toIsoOrNull(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
