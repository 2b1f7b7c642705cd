/** Makes the monthly partitions of runs before they are needed, and says so when that does not succeed. */
import type { Pool } from "pg";
import { loggerFor } from "../../logger.ts";
import { LocksBusy, makeMonth, missingMonths, type LockPatience } from "../../runs/partition-store.ts";

const MONTHS_AHEAD = 3;

const log = loggerFor("partitions");

/**
 * Makes what is missing of this month's and the next months' partitions, each in a transaction of its own. What is in the way of one is left
 * to the next time, and told: until then its rows go to the DEFAULT partition, where they are found and retained as well.
 * Returns how many were made.
 */
export async function ensurePartitions(pool: Pool, now: Date = new Date(), patience?: LockPatience): Promise<number> {
  let made = 0;
  const busy = new Set<string>();
  for (const month of await missingMonths(pool, MONTHS_AHEAD, now)) {
    if (busy.has(month.parent)) continue;
    try {
      if (await makeMonth(pool, month, now, patience)) made += 1;
    } catch (error) {
      if (!(error instanceof LocksBusy)) throw error;
      busy.add(month.parent);
    }
  }
  const missing = await missingMonths(pool, 1, now);
  if (missing.length > 0) log.warn({ missing }, "runs of this or the next month have no partition of their own");
  return made;
}
