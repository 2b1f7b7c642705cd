/**
 * When a delivery is tried again: ten attempts over three days, each delay ±20 % so that many deliveries do not come back in step; later where
 * the receiver asks for it.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";

/** Before each attempt, in milliseconds. */
export const RETRY_DELAYS_MS = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
] as const;

/** An endpoint whose every attempt has failed for so long is disabled. */
export const FAILING_LIMIT_MS = 5 * DAY_MS;

const JITTER = 0.2;
/** No receiver is left alone for longer than this because it asked for it. */
export const LONGEST_RETRY_AFTER_MS = 24 * HOUR_MS;

/**
 * Milliseconds from a failed attempt to the next one; null where the schedule is used up. `step` counts the attempts of the schedule that were
 * made, this one included. `retryAfterMs` is what the receiver asked for; of it no more than 24 hours are granted. `random` is in [0, 1).
 */
export function retryDelayMs(step: number, retryAfterMs: number | null, random: number): number | null {
  const delayMs = RETRY_DELAYS_MS[step];
  if (delayMs === undefined) return null;
  const jittered = Math.round(delayMs * (1 - JITTER + random * 2 * JITTER));
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS));
}

/** What a Retry-After header asks for, in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3). Null where it is neither. */
export function parseRetryAfterMs(header: string | string[] | undefined, now: Date): number | null {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined) return null;
  if (/^\d+$/.test(text)) return Number(text) * SECOND_MS;
  // Date.parse takes much that is no date, such as "1.5"; every form of an HTTP date begins with the name of a day.
  const atMs = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - now.getTime());
}
