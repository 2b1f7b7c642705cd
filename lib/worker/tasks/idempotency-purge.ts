/** Forgets Idempotency-Keys: a 202 is remembered for 24 hours. */
import type { Pool } from "pg";

const ROWS_PER_STATEMENT = 5_000;

// The end of a chunk is a time, not a list of rows, so that the deletion is one that runs on distributed tables too.
const CHUNK_END = `
select max(created_at) as chunk_end, count(*)::int as size from (
  select created_at from idempotency_key where created_at < now() - interval '24 hours' order by created_at limit $1
) oldest`;

/** Removes the rows that are older than 24 hours, in chunks. Returns how many. */
export async function purgeIdempotencyKeys(pool: Pool, rowsPerStatement = ROWS_PER_STATEMENT): Promise<number> {
  let total = 0;
  for (;;) {
    const { rows } = await pool.query<{ chunk_end: Date | null; size: number }>(CHUNK_END, [rowsPerStatement]);
    const { chunk_end: chunkEnd, size } = rows[0]!;
    if (chunkEnd === null) return total;
    const deleted = await pool.query("delete from idempotency_key where created_at <= $1", [chunkEnd]);
    total += deleted.rowCount ?? 0;
    if (size < rowsPerStatement) return total;
  }
}
