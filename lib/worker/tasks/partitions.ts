/** Makes the monthly partitions of runs before they are needed. */
import type { Pool } from "pg";

const MONTHS_AHEAD = 3;

/** Makes what is missing of this month's and the next months' partitions. */
export async function ensurePartitions(pool: Pool): Promise<void> {
  await pool.query("select nexio_partitions.ensure_months($1)", [MONTHS_AHEAD]);
}
