/** Forgets callbacks whose time has been over for a day: until then a late one is told that its run has ended. */
import type { Pool } from "pg";

const ROWS_PER_STATEMENT = 5_000;

// The end of a chunk is a time, not a list of rows, so that the deletion is one that runs on distributed tables too.
const CHUNK_END = `
select max(expires_at) as chunk_end, count(*)::int as size from (
  select expires_at from run_callback where expires_at < now() - interval '1 day' and not waiting order by expires_at limit $1
) oldest`;

/** Removes the rows, in chunks. Returns how many. */
export async function purgeCallbacks(pool: Pool, rowsPerStatement = ROWS_PER_STATEMENT): Promise<number> {
  let total = 0;
  for (;;) {
    const { rows } = await pool.query<{ chunk_end: Date | null; size: number }>(CHUNK_END, [rowsPerStatement]);
    const { chunk_end: chunkEnd, size } = rows[0]!;
    if (chunkEnd === null) return total;
    const deleted = await pool.query("delete from run_callback where expires_at <= $1 and not waiting", [chunkEnd]);
    total += deleted.rowCount ?? 0;
    if (size < rowsPerStatement) return total;
  }
}
