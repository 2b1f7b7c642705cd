/**
 * The monthly partitions of runs and of what webhooks were told of them, and the DDL that makes and drops them beside acceptance.
 *
 * `detach … concurrently` is refused for tables that have a DEFAULT partition, so that dropping a month keeps everybody out of its table for the
 * moment in which the catalog changes (milliseconds, whatever its size: files go after the locks). Whoever waits for such a lock makes everybody
 * else wait behind it, so that this waits for a fraction of a second, gives up, and tries again.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Pool, PoolClient } from "pg";

/** The tables that retention looks after, in the order in which a month's rows go: a run goes last. */
export const RETAINED_TABLES = [
  "webhook_attempt",
  "webhook_event",
  "webhook_delivery",
  "run_payload",
  "run_tag",
  "run",
] as const;
export type RetainedTable = (typeof RETAINED_TABLES)[number];

/** One month's partition: ids from `fromId` to before `toId`. */
export type Month = { table: RetainedTable; name: string; fromId: string; toId: string };

/** How long to wait for a lock, how often to try, and how long to leave everybody else in between; milliseconds. */
export type LockPatience = { lockMs: number; tries: number; pauseMs: number };

export const SHORT_PATIENCE: LockPatience = { lockMs: 100, tries: 5, pauseMs: 200 };

const LOCK_NOT_AVAILABLE = "55P03";
const DEADLOCK_DETECTED = "40P01";

/** Thrown when the locks were not to be had: nothing has changed, and trying again later is right. */
export class LocksBusy extends Error {}

async function withinTransaction<T>(pool: Pool, lockMs: number, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query(`set local lock_timeout = ${lockMs}`);
    const result = await work(client);
    await client.query("commit");
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Runs `work` in a transaction that waits for no lock for long, several times if need be. Throws LocksBusy. */
async function withShortLocks<T>(
  pool: Pool,
  { lockMs, tries, pauseMs }: LockPatience,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await withinTransaction(pool, lockMs, work);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== LOCK_NOT_AVAILABLE && code !== DEADLOCK_DETECTED) throw error;
      if (tried >= tries) throw new LocksBusy("locks are held by others", { cause: error });
    }
    await delay(pauseMs * (0.5 + Math.random()));
  }
}

const LIST = `
select parent.relname as table, leaf.oid::regclass::text as name, bounds[1] as "fromId", bounds[2] as "toId"
from pg_inherits
join pg_class parent on parent.oid = inhparent
join pg_class leaf on leaf.oid = inhrelid
cross join regexp_match(pg_get_expr(leaf.relpartbound, leaf.oid), $$FROM \\('([^']+)'\\) TO \\('([^']+)'\\)$$) as bounds
where leaf.relnamespace = 'nexio_partitions'::regnamespace and parent.relname = any ($1) and bounds is not null
order by bounds[1], parent.relname`;

/** The months that stand, oldest first; without the DEFAULT partitions. */
export async function listMonths(pool: Pool): Promise<Month[]> {
  return (await pool.query<Month>(LIST, [RETAINED_TABLES])).rows;
}

const UNFINISHED_RUNS = `
select exists (select from run where id >= $1 and id < $2 and status = 'PENDING')
  or exists (select from run where id >= $1 and id < $2 and status = 'RUNNING') as unfinished`;

// An event and its deliveries are of the same millisecond. What was attempted is needed by nobody.
const PENDING_DELIVERIES = `
select exists (select from webhook_delivery where id >= $1 and id < $2 and next_attempt_at is not null) as unfinished`;

/** Whether the month has what somebody still needs: of a run that has not ended, or of a delivery that is still to be made. */
export async function hasUnfinished(pool: Pool, { table, fromId, toId }: Month): Promise<boolean> {
  if (table === "webhook_attempt") return false;
  const isOfWebhooks = table === "webhook_event" || table === "webhook_delivery";
  const { rows } = await pool.query<{ unfinished: boolean }>(isOfWebhooks ? PENDING_DELIVERIES : UNFINISHED_RUNS, [
    fromId,
    toId,
  ]);
  return rows[0]!.unfinished;
}

// The partition and DEFAULT are locked before the table itself, which alone acceptance goes through: it is kept out for the change only.
async function lockInOrder(client: PoolClient, { table, name }: Month): Promise<void> {
  for (const locked of [name, `nexio_partitions.${table}_default`, table]) {
    await client.query(`lock table only ${locked} in access exclusive mode`);
  }
}

/** Drops a month with all that is in it. False: somebody else has done so. Throws LocksBusy. */
export function dropMonth(pool: Pool, month: Month, patience: LockPatience = SHORT_PATIENCE): Promise<boolean> {
  return withShortLocks(pool, patience, async (client) => {
    await client.query("select pg_advisory_xact_lock(hashtext('nexio_partitions.ensure_months'))");
    const { rows } = await client.query("select from pg_inherits where inhrelid = to_regclass($1)", [month.name]);
    if (rows.length === 0) return false;
    await lockInOrder(client, month);
    await client.query(`drop table ${month.name}`);
    return true;
  });
}

type MissingMonth = { parent: string; month: string };

/** The months, from that of `now` on, that have no partition: `month` as 2026-11. */
export async function missingMonths(pool: Pool, monthsAhead: number, now: Date): Promise<MissingMonth[]> {
  const { rows } = await pool.query<MissingMonth>(
    "select parent, to_char(month, 'YYYY-MM') as month from nexio_partitions.missing_months($1, $2)",
    [monthsAhead, now],
  );
  return rows;
}

/** Makes the partition of a month. False: it is there, or it is as good as over. Throws LocksBusy. */
export function makeMonth(
  pool: Pool,
  { parent, month }: MissingMonth,
  now: Date,
  patience: LockPatience = SHORT_PATIENCE,
): Promise<boolean> {
  return withShortLocks(pool, patience, async (client) => {
    const { rows } = await client.query<{ made: boolean }>(
      "select nexio_partitions.make_month($1, ($2 || '-01')::timestamp, $3) as made",
      [parent, month, now],
    );
    return rows[0]!.made;
  });
}
