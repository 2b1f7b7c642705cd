/**
 * Folds usage: acceptance appends rows to usage_delta, a row a group a batch, and this adds them up into usage_day.
 *
 * Rows leave the one table and enter the other in one statement, so that a reader who adds both sees each run once at every moment,
 * whoever is killed. Concurrent folds take different rows, and upsert in one order.
 */
import type { Pool } from "pg";

const ROWS_PER_STATEMENT = 10_000;

const FOLD = `
with gone as (
  delete from usage_delta
  where org_id = $1 and id in (
    select id from usage_delta where org_id = $1 order by id limit $2 for update skip locked
  )
  returning environment_id, engine_id, key_id, source, day, runs
), added as (
  insert into usage_day (org_id, environment_id, engine_id, key_id, source, day, runs)
  select $1, environment_id, engine_id, key_id, source, day, sum(runs) from gone
  group by environment_id, engine_id, key_id, source, day
  order by day, environment_id, engine_id, key_id, source
  on conflict (org_id, day, environment_id, engine_id, key_id, source) do update set runs = usage_day.runs + excluded.runs
)
select count(*)::int as folded from gone`;

/** Folds what stands in usage_delta now. Returns how many of its rows. */
export async function foldUsage(pool: Pool, rowsPerStatement = ROWS_PER_STATEMENT): Promise<number> {
  const { rows: organizations } = await pool.query<{ org_id: string }>("select distinct org_id from usage_delta");
  let total = 0;
  for (const { org_id: orgId } of organizations) {
    let folded: number;
    do {
      const { rows } = await pool.query<{ folded: number }>(FOLD, [orgId, rowsPerStatement]);
      folded = rows[0]!.folded;
      total += folded;
    } while (folded === rowsPerStatement);
  }
  return total;
}
