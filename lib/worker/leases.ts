/**
 * Leases: a worker holds each run that it claimed for a short time, and says again and again that it still lives. A run whose lease
 * lapses is taken over. All times are PostgreSQL's.
 */
import type { Pool } from "pg";
import { runError } from "../engines/run-errors.ts";
import { newId } from "../ids.ts";
import { ENDED_COLUMNS, writeEvents } from "../runs/end-events.ts";
import { wakeWorkers } from "../wake.ts";

/** A run held by this worker. */
export type HeldLease = { runId: string; leaseId: string };

/** How often a run is taken over from a dead worker before it counts as the cause of the deaths. */
export const MAX_TAKEOVERS = 3;

// Rows are locked in the order of the index, that of their ids, as completion does, so that two statements do not wait for each other;
// and partitions are addressed by parameters only (see lib/hot-path/claim.ts).
const RENEW = `
update run set lease_expires_at = now() + $4 * interval '1 millisecond'
where org_id = $1 and id = any($2::uuid[]) and lease_id = any($3::uuid[]) and status = 'RUNNING'
returning id`;

/** Extends leases in one organization. Returns the runs that are still this worker's; the others were canceled or taken over. */
export async function renewLeases(
  pool: Pool,
  orgId: string,
  held: readonly HeldLease[],
  leaseMs: number,
): Promise<Set<string>> {
  const { rows } = await pool.query<{ id: string }>({
    name: "renew-leases",
    text: RENEW,
    values: [orgId, held.map((h) => h.runId), held.map((h) => h.leaseId), leaseMs],
  });
  return new Set(rows.map((row) => row.id));
}

// The mark is locked (or inserted) until commit, so that no claim can delete it before it sees the runs that are waiting again.
const MARK_REQUEUED = `
insert into ready_environment (org_id, environment_id, is_live)
select environment.org_id, environment.id, environment.kind = 'live' from environment
where environment.org_id = $1 and environment.id in (select environment_id from requeued)
order by environment.id
on conflict (org_id, environment_id) do update set environment_id = excluded.environment_id where false`;

const HAND_BACK = `
with requeued as (
  update run set status = 'PENDING', lease_id = null, lease_expires_at = null, started_at = null
  where org_id = $1 and id = any($2::uuid[]) and lease_id = any($3::uuid[]) and status = 'RUNNING'
  returning id, environment_id
), marked as (${MARK_REQUEUED})
select id from requeued`;

/** Gives runs of one organization back, as if they had not been claimed. Returns how many were still this worker's. */
export async function handBackRuns(pool: Pool, orgId: string, held: readonly HeldLease[]): Promise<number> {
  const { rowCount } = await pool.query({
    name: "hand-back-runs",
    text: HAND_BACK,
    values: [orgId, held.map((h) => h.runId), held.map((h) => h.leaseId)],
  });
  return rowCount ?? 0;
}

const HAND_BACK_LEASE = `
with requeued as (
  update run set status = 'PENDING', lease_id = null, lease_expires_at = null, started_at = null
  where org_id = $1 and environment_id = $2 and lease_id = $3 and status = 'RUNNING'
  returning id, environment_id
), marked as (${MARK_REQUEUED})
select id from requeued`;

/** As handBackRuns, for a claim of which only the lease is known, because the connection was lost before its answer. */
export async function handBackLease(
  pool: Pool,
  { orgId, environmentId, leaseId }: { orgId: string; environmentId: string; leaseId: string },
): Promise<number> {
  const { rowCount } = await pool.query({
    name: "hand-back-lease",
    text: HAND_BACK_LEASE,
    values: [orgId, environmentId, leaseId],
  });
  return rowCount ?? 0;
}

/** Runs whose lease has lapsed, by organization; the longest lapsed first. Reads across organizations. */
export async function listLapsedRuns(pool: Pool, limit: number): Promise<Map<string, string[]>> {
  const { rows } = await pool.query<{ org_id: string; id: string }>({
    name: "list-lapsed-runs",
    text: `select org_id, id from run where status = 'RUNNING' and lease_expires_at < now() order by lease_expires_at limit $1`,
    values: [limit],
  });
  const byOrg = Map.groupBy(rows, (row) => row.org_id);
  return new Map([...byOrg].map(([orgId, lapsed]) => [orgId, lapsed.map((row) => row.id)]));
}

// The condition is looked at again under the row's lock: another worker's sweep, or the completion itself, may have come first.
const TAKE_OVER = `
with lapsed as (
  update run set status = case when takeovers < $3 then 'PENDING' else 'FAILED' end :: run_status,
    takeovers = least(takeovers + 1, $3), lease_id = null, lease_expires_at = null,
    started_at = case when takeovers < $3 then null else started_at end,
    completed_at = case when takeovers < $3 then null else now() end,
    error_code = case when takeovers < $3 then null else 'engine_crashed' end,
    summary = case when takeovers < $3 then null else 'engine_crashed' end
  from unnest($2::uuid[], $5::uuid[]) as given (run_id, event_id)
  where run.org_id = $1 and run.id = any($2::uuid[]) and run.id = given.run_id and run.status = 'RUNNING' and run.lease_expires_at < now()
  returning ${ENDED_COLUMNS}, given.event_id, $4 as result
), failed as (
  select * from lapsed where status = 'FAILED'
), stored as (
  insert into run_payload (org_id, run_id, kind, body) select $1, id, 'output', result from failed
), ${writeEvents("$1", "failed")}, requeued as (
  -- of those that failed too: their environments may have room now. Marks are locked behind the rows of endpoints, as everywhere.
  select environment_id from lapsed where (select count(*) from enqueued) >= 0
), marked as (${MARK_REQUEUED})
select (select count(*) from lapsed where status = 'PENDING')::int as requeued, (select count(*) from failed)::int as failed,
  exists (select from woken) as is_queued`;

const CRASHED_BODY = JSON.stringify({
  error: runError(
    "engine_crashed",
    `The process that evaluated the run ended unexpectedly, ${MAX_TAKEOVERS + 1} times`,
  ),
});

/** Takes over runs of one organization whose lease has lapsed: PENDING again with one takeover more, or FAILED after too many. */
export async function takeOverRuns(
  pool: Pool,
  orgId: string,
  runIds: readonly string[],
): Promise<{ requeued: number; failed: number }> {
  const { rows } = await pool.query<{ requeued: number; failed: number; is_queued: boolean }>({
    name: "take-over-runs",
    text: TAKE_OVER,
    values: [orgId, runIds, MAX_TAKEOVERS, CRASHED_BODY, runIds.map(() => newId())],
  });
  const { requeued, failed, is_queued: isQueued } = rows[0]!;
  if (isQueued) wakeWorkers();
  return { requeued, failed };
}
