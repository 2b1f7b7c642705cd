/**
 * Deleting what is beyond retention where no whole month can go: in small chunks, each a transaction of its own, so that nothing is locked
 * for long and whoever is killed has lost nothing. What a run that has not ended needs is never touched, nor the event of a delivery that is
 * still to be made.
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

/** The tables whose rows are payloads, or quote them, in the order in which they go. */
export const PAYLOAD_TABLES = ["webhook_attempt", "webhook_event", "run_payload"] as const;
export type PayloadTable = (typeof PAYLOAD_TABLES)[number];

/** The column by which a table is partitioned. */
const KEYS = {
  webhook_attempt: "delivery_id",
  webhook_event: "id",
  webhook_delivery: "id",
  run_payload: "run_id",
  run_tag: "run_id",
  run: "id",
} as const satisfies Record<RetainedTable, string>;

// The primary key has them in order, whichever partitions there are.
const oldestOf = (table: PayloadTable) => `
select distinct ${KEYS[table]} as id from ${table} where org_id = $1 and ${KEYS[table]} > $2 and ${KEYS[table]} < $3 order by 1 limit $4`;

/** Those of some ids that are still needed: of runs that have not ended, and events that are still to be sent; few in the whole organization. */
const NEEDED = {
  webhook_attempt: null,
  webhook_event:
    "select event_id as id from webhook_delivery where org_id = $1 and event_id = any ($2::uuid[]) and next_attempt_at is not null",
  run_payload: "select id from run where org_id = $1 and id = any ($2::uuid[]) and status in ('PENDING', 'RUNNING')",
} as const satisfies Record<PayloadTable, string | null>;

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

async function neededOf(pool: Pool, table: PayloadTable, orgId: string, ids: readonly string[]): Promise<Set<string>> {
  const query = NEEDED[table];
  if (query === null) return new Set();
  const { rows } = await pool.query<{ id: string }>(query, [orgId, ids]);
  return new Set(rows.map((row) => row.id));
}

/**
 * Deletes an organization's oldest payloads that were made before, in the order of their ids, from `after` on, and what quotes them: those of
 * `most` runs, events or deliveries.
 */
export async function deletePayloads(
  pool: Pool,
  { table, orgId, before }: { table: PayloadTable; orgId: string; before: Date },
  most: number,
  after: string = FIRST_ID,
): Promise<Chunk<string>> {
  const values = [orgId, after, idFloor(before.getTime()), most];
  const { rows } = await pool.query<{ id: string }>(oldestOf(table), values);
  const ids = rows.map((row) => row.id);
  const last = ids.length < most ? undefined : ids.at(-1);
  if (ids.length === 0) return { after: last, deleted: 0 };
  const needed = await neededOf(pool, table, orgId, ids);
  if (table === "run_payload") {
    await shortenReasonsAmong(
      pool,
      ids.map(() => orgId),
      ids,
    );
  }
  const { rowCount } = await pool.query(
    `delete from ${table} where org_id = $1 and ${KEYS[table]} = any ($2::uuid[])`,
    [orgId, ids.filter((id) => !needed.has(id))],
  );
  return { after: last, deleted: rowCount ?? 0 };
}

/** Where rows of a table stand: its DEFAULT partition, or a month that is kept for what has not ended. */
export type Leaf = { table: RetainedTable; name: string };

/** The DEFAULT partition of a table. */
export const defaultLeaf = (table: RetainedTable): Leaf => ({ table, name: `nexio_partitions.${table}_default` });

const UNDEFINED_TABLE = "42P01";

/**
 * Deletes rows that are beyond and that nobody needs from `blocks` blocks of a leaf, from block `after` on: in the order in which they are
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

// With the fence each run or delivery is looked up by its key, and the planner does not read all that have not ended instead.
const ofEndedRun = (id: string) => `not exists (
  select from run where run.org_id = leaf.org_id and run.id = leaf.${id} and run.status in ('PENDING', 'RUNNING') offset 0
)`;

/** Whether nobody needs a row any more. */
const IS_OVER = {
  webhook_attempt: "true",
  webhook_event: `not exists (
    select from webhook_delivery delivery
    where delivery.org_id = leaf.org_id and delivery.run_id = leaf.run_id and delivery.event_id = leaf.id and delivery.next_attempt_at is not null
    offset 0
  )`,
  webhook_delivery: "leaf.next_attempt_at is null",
  run_payload: ofEndedRun("run_id"),
  run_tag: ofEndedRun("run_id"),
  run: ofEndedRun("id"),
} as const satisfies Record<RetainedTable, string>;

async function deleteFromBlocks(
  pool: Pool,
  { table, name }: Leaf,
  cutoff: string,
  [first, end]: [number, number],
): Promise<number> {
  const id = KEYS[table];
  const { rows } = await pool.query<{ place: string; org_id: string; id: string }>(
    `select leaf.ctid::text as place, leaf.org_id, leaf.${id} as id from ${name} leaf
     where leaf.ctid >= $1::tid and leaf.ctid < $2::tid and leaf.${id} < $3 and ${IS_OVER[table]}`,
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
