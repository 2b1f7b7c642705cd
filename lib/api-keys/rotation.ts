/** How long a rotated key goes on working beside its successor. */
import { DAY_MS, HOUR_MS } from "../time.ts";

export const ROTATION_GRACES = ["now", "1h", "24h", "7d"] as const;
export type RotationGrace = (typeof ROTATION_GRACES)[number];

const GRACE_MS: Record<RotationGrace, number> = { now: 0, "1h": HOUR_MS, "24h": DAY_MS, "7d": 7 * DAY_MS };

/** When the old key dies: at the end of the grace, never later than by its own expiry. */
export function endOfGrace(grace: RotationGrace, ownExpiry: Date | null, now: Date): Date {
  const end = now.getTime() + GRACE_MS[grace];
  return new Date(ownExpiry === null ? end : Math.min(end, ownExpiry.getTime()));
}
