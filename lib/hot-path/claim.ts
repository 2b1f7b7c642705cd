/**
 * Claiming: takes waiting runs of one environment for this worker, with a lease.
 *
 * The run table is the queue, in two levels. A ready mark says that an environment has runs waiting; the PENDING rows are what
 * waits. Claiming reads the rows and leaves the mark alone, so that under load the mark is not touched at all. Only when fewer
 * runs came back than were asked for is the mark settled: it is deleted, and then, in a second statement of the same
 * transaction, which therefore sees everything committed until the deletion, the environment is claimed from once more.
 * While the runs of some versions are left out of claims, the mark must stay: do not settle then.
 * A mark that an open acceptance holds (`for key share`, or newly inserted) cannot be deleted, so that what it is about to
 * commit is never left without a mark.
 *
 * An environment with a limit of concurrency is claimed from by one worker at a time, which counts what runs there. At its limit it is full:
 * its mark may go, because whatever ends a run there sets it again (lib/limits/concurrency.ts). Whether there is a limit is asked by the claim
 * itself, which finds nothing where there is one, and is then made again in that way.
 *
 * Losing a claim when PostgreSQL crashes is harmless (the runs are PENDING again), so the connections used here do not wait for the disk.
 */
import type { Pool, PoolClient } from "pg";
import { uuidArray } from "../binary-array.ts";
import type { EngineType } from "../generated/prisma/enums.ts";
import { limitedEnvironments } from "../limits/concurrency.ts";

/** An environment that has runs waiting. */
export type ReadyMark = { orgId: string; environmentId: string; isLive: boolean };

/** A run that this worker now holds. `input` is the stored JSON text of the input payload. */
export type ClaimedRun = {
  runId: string;
  engineVersionId: string;
  /** null: the engine does not exist any more. */
  engineType: EngineType | null;
  timeoutMs: number;
  /** How many workers have died with it. */
  takeovers: number;
  input: string;
};

export type ClaimRequest = {
  orgId: string;
  environmentId: string;
  leaseId: string;
  leaseMs: number;
  /** How many runs at most. */
  limit: number;
  /** Inputs are fetched until they reach this many bytes; the first is always fetched. */
  maxInputBytes: number;
  /** Runs of these versions are left where they are. */
  exceptVersionIds?: readonly string[];
  /** Decides by their versions which of the runs that were found are taken; the others are left where they are. Without it all are. */
  admit?: ((versionIds: readonly string[]) => boolean[]) | undefined;
};

/**
 * `more`: the environment has further runs waiting, as far as this claim could see. `full`: it stands at its limit of concurrency now, whatever
 * waits. `busy`: nothing was claimed, because another worker claims from this limited environment at this moment.
 */
export type Claim = { runs: ClaimedRun[]; more: boolean; full?: true; busy?: true };

// Rows are locked in one statement and updated in another. PostgreSQL 18 (seen with 18.4) crashes when a statement locks rows that
// somebody else has just changed and also looks up partitions by values which it finds out while it runs: the recheck of the changed
// row frees what the look-up still uses. So partitions are only ever addressed by parameters here.

// $1 org, $2 environment, $3 limit, $4 versions to leave
const LOCK_WAITING = (condition: string) => `
select id from run
where org_id = $1 and environment_id = $2 and status = 'PENDING' and engine_version_id <> all($4::uuid[]) ${condition}
order by created_at, id limit $3
for update skip locked`;

// The environment is looked up once a statement. What was accepted while it was deleted is for a task to cancel; of one with a limit nothing is
// locked here.
const LOCK = LOCK_WAITING(`
  and not exists (
    select from environment
    where org_id = $1 and id = $2
      and (deleted_at is not null or concurrency_limit is not null or concurrency_ceiling is not null)
  )
  and not exists (select from organization where id = $1 and concurrency_ceiling is not null)`);

// Asked where nothing was found.
const IS_LIMITED = limitedEnvironments("e.org_id = $1 and e.id = $2 and e.deleted_at is null");

const LOCK_WITHIN_LIMIT = LOCK_WAITING("");

// One worker at a time claims from a limited environment; the others go on instead of waiting.
const LOCK_ENVIRONMENT = `
select least(concurrency_limit, coalesce(concurrency_ceiling, (select concurrency_ceiling from organization where id = $1))) as most
from environment where org_id = $1 and id = $2 and deleted_at is null
for no key update skip locked`;

// `unknown`: began before the environment had a limit, and do not know that their end makes room.
const COUNT_RUNNING = `
select count(*)::int as running, (count(*) filter (where limited is null))::int as unknown
from run where org_id = $1 and environment_id = $2 and status = 'RUNNING'`;

const LOCK_UNKNOWN = `
select id from run where org_id = $1 and environment_id = $2 and status = 'RUNNING' and limited is null
for update skip locked`;

const MAKE_KNOWN = `update run set limited = true where org_id = $1 and id = any($2::uuid[])`;

// $1 org, $2 the locked ids in their order, $3 bytes, $4 lease, $5 lease in ms, $6 limited. octet_length of a toasted text reads its header only.
const TAKE = `
with candidate as (
  select run_id, body, n, coalesce(sum(octet_length(body)) over (order by n) - octet_length(body), 0) as bytes_before
  from unnest($2::uuid[]) with ordinality as locked (run_id, n)
  left join (
    select run_id, body from run_payload where org_id = $1 and run_id = any($2::uuid[]) and kind = 'input'
  ) payload using (run_id)
), taken as (
  update run set status = 'RUNNING', lease_id = $4, lease_expires_at = now() + $5 * interval '1 millisecond', started_at = greatest(now(), created_at), limited = $6
  where org_id = $1 and id = any($2::uuid[]) and id in (select run_id from candidate where bytes_before < $3)
  returning id, engine_id, engine_version_id, takeovers
)
select taken.id as run_id, taken.engine_version_id, engine.type as engine_type, coalesce(engine.timeout_ms, 30000) as timeout_ms, taken.takeovers,
  candidate.body as input
from taken
join candidate on candidate.run_id = taken.id
left join engine on engine.org_id = $1 and engine.id = taken.engine_id
order by candidate.n`;

const DELETE_MARK = `
delete from ready_environment
where org_id = $1 and environment_id in (
  select environment_id from ready_environment where org_id = $1 and environment_id = $2 for update skip locked
)`;

const INSERT_MARK = `
insert into ready_environment (org_id, environment_id, is_live) values ($1, $2, $3)
on conflict (org_id, environment_id) do nothing`;

type Row = {
  run_id: string;
  engine_version_id: string;
  engine_type: EngineType | null;
  timeout_ms: number;
  takeovers: number;
  input: string | null;
};

/** Claims up to `limit` runs, oldest first. The ready mark stays as it is. */
export function claimRuns(pool: Pool, request: ClaimRequest): Promise<Claim> {
  return transaction(pool, (client) => claimWithin(client, request));
}

async function claimWithin(client: PoolClient, request: ClaimRequest): Promise<Claim> {
  const ids = await lockWaiting(client, { name: "lock-pending-runs", text: LOCK }, request);
  if (ids.length > 0) return take(client, request, ids, null);
  const values = [request.orgId, request.environmentId];
  const { rowCount } = await client.query({ name: "is-limited", text: IS_LIMITED, values });
  return rowCount ? claimLimited(client, request) : { runs: [], more: false };
}

async function lockWaiting(client: PoolClient, statement: { name: string; text: string }, request: ClaimRequest) {
  const { orgId, environmentId, limit, exceptVersionIds = [] } = request;
  const values = [orgId, environmentId, limit, uuidArray(exceptVersionIds)];
  const { rows } = await client.query<{ id: string }>({ ...statement, values });
  return rows.map((row) => row.id);
}

/** Each statement sees what was committed before it, and the environment is locked until this claim is. */
async function claimLimited(client: PoolClient, request: ClaimRequest): Promise<Claim> {
  const values = [request.orgId, request.environmentId];
  const locked = await client.query<{ most: number | null }>({
    name: "lock-limited-environment",
    text: LOCK_ENVIRONMENT,
    values,
  });
  if (!locked.rows[0]) return { runs: [], more: false, busy: true };
  const { most } = locked.rows[0];
  const counted = await client.query<Running>({ name: "count-running", text: COUNT_RUNNING, values });
  const { running, unknown } = counted.rows[0]!;
  // The limit may just have been taken away.
  const free = most === null ? request.limit : most - running;
  if (free <= 0) {
    if (unknown > 0 && !(await makeKnown(client, values, unknown))) return { runs: [], more: false, busy: true };
    return { runs: [], more: false, full: true };
  }
  const within = { ...request, limit: Math.min(request.limit, free) };
  const ids = await lockWaiting(client, { name: "lock-within-limit", text: LOCK_WITHIN_LIMIT }, within);
  const claim = await take(client, within, ids, most === null ? null : true);
  return most !== null && claim.runs.length === free ? { runs: claim.runs, more: false, full: true } : claim;
}

async function admittedOf(client: PoolClient, request: ClaimRequest, lockedIds: readonly string[]) {
  if (!request.admit) return lockedIds;
  const values = [request.orgId, uuidArray(lockedIds)];
  const { rows } = await client.query<{ id: string; engine_version_id: string }>({
    name: "versions-of-runs",
    text: "select id, engine_version_id from run where org_id = $1 and id = any($2::uuid[]) order by created_at, id",
    values,
  });
  const isAdmitted = request.admit(rows.map((row) => row.engine_version_id));
  return rows.filter((_, index) => isAdmitted[index]).map((row) => row.id);
}

type Running = { running: number; unknown: number };

/** Tells runs that their end makes room. False: one of them is just ending, or was before this. */
async function makeKnown(client: PoolClient, values: readonly string[], unknown: number): Promise<boolean> {
  const { rows } = await client.query<{ id: string }>(LOCK_UNKNOWN, [...values]);
  await client.query(MAKE_KNOWN, [values[0], uuidArray(rows.map((row) => row.id))]);
  return rows.length === unknown;
}

async function take(
  client: PoolClient,
  request: ClaimRequest,
  lockedIds: readonly string[],
  limited: true | null,
): Promise<Claim> {
  const { orgId, limit } = request;
  if (lockedIds.length === 0) return { runs: [], more: false };
  const admitted = await admittedOf(client, request, lockedIds);
  if (admitted.length === 0) return { runs: [], more: true };
  const ids = uuidArray(admitted);
  const taken = await client.query<Row>({
    name: "take-runs",
    text: TAKE,
    values: [orgId, ids, request.maxInputBytes, request.leaseId, request.leaseMs, limited],
  });
  const more = lockedIds.length >= limit || taken.rows.length < lockedIds.length;
  return { runs: taken.rows.map(toClaimedRun), more };
}

function toClaimedRun(row: Row): ClaimedRun {
  return {
    runId: row.run_id,
    engineVersionId: row.engine_version_id,
    engineType: row.engine_type,
    timeoutMs: row.timeout_ms,
    takeovers: row.takeovers,
    // Acceptance writes run and input in one statement; without an input the engine is asked with nothing, and says so.
    input: row.input ?? "{}",
  };
}

/** `held`: the mark was locked or gone already, and nothing was claimed. `settled`: it was deleted, and set again if there was more. */
export type Settlement = { mark: "held" | "settled" } & Claim;

/**
 * To be called after a claim came back short: deletes the mark and claims once more in the same transaction; if that finds more
 * than it may take, the mark is set again. `isLive` is what the mark says.
 */
export async function settleMark(pool: Pool, request: ClaimRequest & { isLive: boolean }): Promise<Settlement> {
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query({
      name: "delete-ready-mark",
      text: DELETE_MARK,
      values: [request.orgId, request.environmentId],
    });
    if (!rowCount) return { mark: "held", runs: [], more: false };
    const claim = await claimWithin(client, request);
    if (claim.more || claim.busy) {
      const mark = [request.orgId, request.environmentId, request.isLive];
      await client.query({ name: "insert-ready-mark", text: INSERT_MARK, values: mark });
    }
    return { mark: claim.busy ? "held" : "settled", ...claim };
  });
}

/** Runs `work` in a transaction on one connection. A connection on which anything failed is not used again. */
export async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

const LIST_MARKS = `
select org_id, environment_id, is_live from ready_environment where org_id > $1 order by org_id, environment_id limit $2`;

/**
 * Ready marks of the organizations after this one, in order: about `limit`, and those of an organization always all. `end`: there are none after
 * these. Reads across organizations, as only this and the sweep do.
 */
export async function listReadyMarks(
  pool: Pool,
  afterOrgId: string,
  limit: number,
): Promise<{ marks: ReadyMark[]; end: boolean }> {
  const { rows } = await pool.query<{ org_id: string; environment_id: string; is_live: boolean }>({
    name: "list-ready-marks",
    text: LIST_MARKS,
    values: [afterOrgId, limit],
  });
  const marks = rows.map((row) => ({ orgId: row.org_id, environmentId: row.environment_id, isLive: row.is_live }));
  if (marks.length < limit) return { marks, end: true };
  const cutOff = marks.at(-1)!.orgId;
  const whole = marks.filter((mark) => mark.orgId !== cutOff);
  return whole.length > 0 ? { marks: whole, end: false } : listReadyMarks(pool, afterOrgId, 2 * limit);
}
