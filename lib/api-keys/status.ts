/** What a key's dates say about it. For people; whether a key works is decided by the statement that looks it up. */
import { DAY_MS } from "../time.ts";

export const KEY_STATUSES = ["active", "expiring", "expired", "revoked"] as const;
export type KeyStatus = (typeof KEY_STATUSES)[number];

/** A key that dies within a week is shown as expiring: long enough to replace it in working hours. */
const EXPIRING_MS = 7 * DAY_MS;

export type KeyDates = { revokedAt: Date | null; expiresAt: Date | null; rotatedToId: string | null };

/** `expiring`: still works, but was replaced by a rotation or ends within 7 days. */
export function keyStatus(key: KeyDates, now: Date): KeyStatus {
  if (key.revokedAt !== null) return "revoked";
  if (key.expiresAt === null) return "active";
  const leftMs = key.expiresAt.getTime() - now.getTime();
  if (leftMs <= 0) return "expired";
  return key.rotatedToId !== null || leftMs <= EXPIRING_MS ? "expiring" : "active";
}
