/**
 * Deleting what is beyond retention where no whole month can go: in small chunks, each a transaction of its own, so that nothing is locked
 * for long and whoever is killed has lost nothing. What a run that has not ended needs is never touched.
 *
 * Reading and deleting are two statements on purpose: see lib/hot-path/claim.ts on partitions looked up while rows are locked. What was
 * read as beyond stays so: a run that has ended never changes.
 */
import type { Pool } from "pg";
import { withoutNames } from "../engines/run-errors.ts";
import { idFloor } from "./filter-store.ts";
import type { Month, RetainedTable } from "./partition-store.ts";

const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/** Organizations that keep their payloads for fewer days than the operator does (`days`; null: for ever), in no order. */
export async function organizationsWithShorterRetention(
  pool: Pool,
  days: number | null,
): Promise<{ orgId: string; days: number }[]> {
  const { rows } = await pool.query<{ orgId: string; days: number }>(
    `select id as "orgId", payload_retention_days as days from organization
     where payload_retention_days is not null and ($1::int is null or payload_retention_days < $1) order by random()`,
    [days],
  );
  return rows;
}

// The primary key has them in order, whichever partitions there are.
const OLDEST_PAYLOADS = `
select distinct run_id from run_payload where org_id = $1 and run_id > $2 and run_id < $3 order by run_id limit $4`;

const UNFINISHED = `select id from run where org_id = $1 and id = any ($2::uuid[]) and status in ('PENDING', 'RUNNING')`;

// Names and errors of offerings are parts of the payloads (see withoutNames); what is left of a reason without them ends like this.
const QUOTING = `status = 'DEGRADED' and degradation_reason not like '%not be evaluated'`;

type Reason = { org_id: string; id: string; reason: string };

async function shortenReasons(pool: Pool, reasons: readonly Reason[]): Promise<void> {
  for (const [orgId, own] of Map.groupBy(reasons, (row) => row.org_id)) {
    await pool.query(
      `update run set degradation_reason = short.reason from unnest($2::uuid[], $3::text[]) as short (id, reason)
       where run.org_id = $1 and run.id = any ($2::uuid[]) and run.id = short.id`,
      [orgId, own.map((row) => row.id), own.map((row) => withoutNames(row.reason))],
    );
  }
}

// Looked up one by one: that is what the fence is for.
const QUOTING_AMONG = `
select found.org_id, found.id, found.reason from unnest($1::uuid[], $2::uuid[]) as beyond (org_id, id) cross join lateral (
  select org_id, id, degradation_reason as reason from run
  where run.org_id = beyond.org_id and run.id = beyond.id and ${QUOTING} offset 0
) found`;

async function shortenReasonsAmong(pool: Pool, orgIds: readonly string[], ids: readonly string[]): Promise<void> {
  const { rows } = await pool.query<Reason>(QUOTING_AMONG, [orgIds, ids]);
  await shortenReasons(pool, rows);
}

/** Takes out of a month's runs, while their payloads are being dropped, what quotes these. */
export async function shortenReasonsOf(pool: Pool, { fromId, toId }: Month, runs: number): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<Reason>(
      `select org_id, id, degradation_reason as reason from run where id >= $1 and id < $2 and ${QUOTING} limit $3`,
      [fromId, toId, runs],
    );
    await shortenReasons(pool, rows);
    if (rows.length < runs) return;
  }
}

/** `after`: up to where it has looked; undefined when nothing is left. `deleted`: rows. */
export type Chunk<Place> = { after: Place | undefined; deleted: number };

/**
 * Deletes the payloads, and what quotes them, of an organization's oldest `runs` runs that were created before, in the order of their ids, from
 * `after` on.
 */
export async function deletePayloads(
  pool: Pool,
  orgId: string,
  before: Date,
  runs: number,
  after: string = FIRST_ID,
): Promise<Chunk<string>> {
  const { rows } = await pool.query<{ run_id: string }>(OLDEST_PAYLOADS, [
    orgId,
    after,
    idFloor(before.getTime()),
    runs,
  ]);
  const ids = rows.map((row) => row.run_id);
  const last = ids.length < runs ? undefined : ids.at(-1);
  if (ids.length === 0) return { after: last, deleted: 0 };
  const unfinished = await pool.query<{ id: string }>(UNFINISHED, [orgId, ids]);
  const kept = new Set(unfinished.rows.map((row) => row.id));
  await shortenReasonsAmong(
    pool,
    ids.map(() => orgId),
    ids,
  );
  const { rowCount } = await pool.query("delete from run_payload where org_id = $1 and run_id = any ($2::uuid[])", [
    orgId,
    ids.filter((id) => !kept.has(id)),
  ]);
  return { after: last, deleted: rowCount ?? 0 };
}

/** Where rows of a table stand: its DEFAULT partition, or a month that is kept for runs which have not ended. */
export type Leaf = { table: RetainedTable; name: string };

/** The DEFAULT partition of a table. */
export const defaultLeaf = (table: RetainedTable): Leaf => ({ table, name: `nexio_partitions.${table}_default` });

const UNDEFINED_TABLE = "42P01";

/**
 * Deletes rows that are beyond and whose runs have ended from `blocks` blocks of a leaf, from block `after` on: in the order in which they are
 * stored, so that each page is written once, however many organizations have rows on it. A leaf that is dropped meanwhile has none left.
 */
export async function deleteFromLeaf(
  pool: Pool,
  leaf: Leaf,
  before: Date,
  blocks: number,
  after: number = 0,
): Promise<Chunk<number>> {
  try {
    const { rows } = await pool.query<{ blocks: string | null }>(
      "select pg_relation_size(to_regclass($1)) / current_setting('block_size')::int as blocks",
      [leaf.name],
    );
    const next = after + blocks;
    const deleted = await deleteFromBlocks(pool, leaf, idFloor(before.getTime()), [after, next]);
    return { after: next < Number(rows[0]!.blocks) ? next : undefined, deleted };
  } catch (error) {
    if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
    return { after: undefined, deleted: 0 };
  }
}

async function deleteFromBlocks(
  pool: Pool,
  { table, name }: Leaf,
  cutoff: string,
  [first, end]: [number, number],
): Promise<number> {
  const id = table === "run" ? "id" : "run_id";
  // With the fence each run is looked up by its key, and the planner does not read all that have not ended instead.
  const { rows } = await pool.query<{ place: string; org_id: string; id: string }>(
    `select leaf.ctid::text as place, leaf.org_id, leaf.${id} as id from ${name} leaf
     where leaf.ctid >= $1::tid and leaf.ctid < $2::tid and leaf.${id} < $3 and not exists (
       select from run where run.org_id = leaf.org_id and run.id = leaf.${id} and run.status in ('PENDING', 'RUNNING') offset 0
     )`,
    [`(${first},0)`, `(${end},0)`, cutoff],
  );
  if (rows.length === 0) return 0;
  const orgIds = rows.map((row) => row.org_id);
  const ids = rows.map((row) => row.id);
  if (table === "run_payload") await shortenReasonsAmong(pool, orgIds, ids);
  // By place and key: another row may stand there by now, and one that has moved is met the next time.
  const { rowCount } = await pool.query(
    `delete from ${name} where ctid = any ($1::tid[])
     and (org_id, ${id}) in (select org_id, id from unnest($2::uuid[], $3::uuid[]) as beyond (org_id, id))`,
    [rows.map((row) => row.place), orgIds, ids],
  );
  return rowCount ?? 0;
}
