/**
 * How long what is kept: payloads for some days, runs themselves for more. By the operator's policy whole months go, so that what is told
 * here is the least, and up to a month more is the most, whoever else has runs of that month which have not ended; an organization's own shorter
 * one is kept to the chunk.
 */
import { DAY_MS } from "../time.ts";

/** Days; null: for ever. */
export type RetentionPolicy = { payloadDays: number | null; runDays: number | null };

/** What was created before is beyond; null: nothing is. */
export type RetentionCutoffs = { payloadsBefore: Date | null; runsBefore: Date | null };

/** The shorter of several numbers of days, where null is for ever. */
export function shortest(...days: readonly (number | null)[]): number | null {
  const set = days.filter((one) => one !== null);
  return set.length === 0 ? null : Math.min(...set);
}

/** The days that an organization's payloads are kept: never longer than its runs are. */
export function payloadDaysOf(policy: RetentionPolicy, organizationDays: number | null): number | null {
  return shortest(policy.payloadDays, policy.runDays, organizationDays);
}

/** The instant before which everything is beyond so many days. */
export function cutoffOf(days: number | null, now: Date): Date | null {
  return days === null ? null : new Date(now.getTime() - days * DAY_MS);
}

/** The cutoffs of the operator's policy. */
export function cutoffsOf(policy: RetentionPolicy, now: Date): RetentionCutoffs {
  return { payloadsBefore: cutoffOf(payloadDaysOf(policy, null), now), runsBefore: cutoffOf(policy.runDays, now) };
}
