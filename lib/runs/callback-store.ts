/**
 * Callbacks of runs whose engine is a service elsewhere. A row is written before each call, because the service may finish the run before
 * the worker has read that it will. Once the service has answered 202 nobody holds the run but its callback: it is RUNNING under the lease
 * of that call, and the lease has no end, so that nothing takes the run over and calls again; what ends it is the callback or its deadline.
 */
import type { Pool, PoolClient } from "pg";

/** One call of a service: the run, and the lease under which it is called. */
export type CallbackOf = { runId: string; leaseId: string };

/** Opens callbacks of runs of one claim, for so long from now. Returns when they end. Durable when it returns. */
export async function openCallbacks(
  pool: Pool,
  orgId: string,
  leaseId: string,
  grants: readonly { runId: string; tokenHash: Buffer }[],
  timeoutMs: number,
): Promise<Date> {
  const { rows } = await pool.query<{ expires_at: Date }>({
    name: "open-callbacks",
    text: `
insert into run_callback (org_id, run_id, lease_id, token_hash, expires_at)
select $1, run_id, $2, token_hash, now() + $5 * interval '1 millisecond' from unnest($3::uuid[], $4::bytea[]) as t (run_id, token_hash)
on conflict (org_id, run_id, lease_id) do update set token_hash = excluded.token_hash, expires_at = excluded.expires_at
returning expires_at`,
    values: [orgId, leaseId, grants.map((one) => one.runId), grants.map((one) => one.tokenHash), timeoutMs],
  });
  return rows[0]!.expires_at;
}

// The run's row first: its lock decides between this and a callback, a cancellation or a takeover that came before.
const LEAVE_TO_CALLBACK = `
with left_alone as (
  update run set lease_expires_at = null
  where org_id = $1 and id = any($2::uuid[]) and lease_id = $3 and status = 'RUNNING' returning id
)
update run_callback set waiting = true from left_alone
where run_callback.org_id = $1 and run_callback.run_id = any($2::uuid[]) and run_callback.run_id = left_alone.id
  and run_callback.lease_id = $3`;

/** From now on only its callback holds the run. Nothing happens to one that is no longer the lease's. May be repeated. Durable when it returns. */
export async function leaveToCallback(pool: Pool, orgId: string, { runId, leaseId }: CallbackOf): Promise<void> {
  const values = [orgId, [runId], leaseId];
  await pool.query({ name: "leave-to-callback", text: LEAVE_TO_CALLBACK, values });
}

/** Forgets callbacks of calls that were answered at once: their tokens are worth nothing from then on. */
export async function forgetCallbacks(pool: Pool, orgId: string, calls: readonly CallbackOf[]): Promise<void> {
  await pool.query({
    name: "forget-callbacks",
    text: "delete from run_callback where org_id = $1 and run_id = any($2::uuid[]) and lease_id = any($3::uuid[])",
    values: [orgId, calls.map((one) => one.runId), calls.map((one) => one.leaseId)],
  });
}

/** Callbacks that are waited for and whose time is over, by organization; the longest over first. Reads across organizations. */
export async function listExpiredCallbacks(pool: Pool, limit: number): Promise<Map<string, CallbackOf[]>> {
  const { rows } = await pool.query<{ org_id: string; run_id: string; lease_id: string }>({
    name: "list-expired-callbacks",
    text: "select org_id, run_id, lease_id from run_callback where waiting and expires_at < now() order by expires_at limit $1",
    values: [limit],
  });
  const byOrg = Map.groupBy(rows, (row) => row.org_id);
  return new Map(
    [...byOrg].map(([orgId, due]) => [orgId, due.map((row) => ({ runId: row.run_id, leaseId: row.lease_id }))]),
  );
}

/** They are waited for no longer. The rows stay for a while, so that a late callback is told that its run has ended. */
export async function closeCallbacks(
  db: Pool | PoolClient,
  orgId: string,
  calls: readonly CallbackOf[],
): Promise<void> {
  await db.query({
    name: "close-callbacks",
    text: `update run_callback set waiting = false where org_id = $1 and run_id = any($2::uuid[]) and lease_id = any($3::uuid[])`,
    values: [orgId, calls.map((one) => one.runId), calls.map((one) => one.leaseId)],
  });
}

/** A call of the run's service, as whoever calls back must prove to be. `open`: its time is not over. */
export type CallbackRow = { org_id: string; lease_id: string; token_hash: Buffer; open: boolean };

/** The calls of a run, whoever's it is: the token tells. */
export async function findCallbacks(pool: Pool, runId: string): Promise<CallbackRow[]> {
  const { rows } = await pool.query<CallbackRow>({
    name: "find-callbacks",
    text: "select org_id, lease_id, token_hash, expires_at > now() as open from run_callback where run_id = $1",
    values: [runId],
  });
  return rows;
}
