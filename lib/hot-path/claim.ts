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
 * Losing a claim when PostgreSQL crashes is harmless (the runs are PENDING again), so the connections used here do not wait for the disk.
 */
import type { Pool, PoolClient } from "pg";
import type { EngineType } from "../generated/prisma/enums.ts";

/** An environment that has runs waiting. */
export type ReadyMark = { orgId: string; environmentId: string; isLive: boolean };

/** A run that this worker now holds. `input` is the stored JSON text of the input payload. */
export type ClaimedRun = {
  runId: string;
  engineVersionId: string;
  engineType: EngineType;
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
};

/** `more`: the environment has further runs waiting, as far as this claim could see. */
export type Claim = { runs: ClaimedRun[]; more: boolean };

type Row = {
  run_id: string;
  engine_version_id: string;
  engine_type: EngineType;
  timeout_ms: number;
  takeovers: number;
  input: string | null;
  candidates: number;
};

// $1 org, $2 environment, $3 limit, $4 bytes, $5 lease, $6 lease in ms, $7 versions to leave
const CLAIM = `
with candidate as materialized (
  select id, created_at from run
  where org_id = $1 and environment_id = $2 and status = 'PENDING' and engine_version_id <> all($7::uuid[])
    -- looked up once a statement: what was accepted while its environment was deleted is for a task to cancel
    and not exists (select from environment where org_id = $1 and id = $2 and deleted_at is not null)
  order by created_at, id limit $3
  for update skip locked
), sized as materialized (
  -- octet_length of a toasted text reads its header only
  select candidate.id, payload.body,
    sum(octet_length(payload.body)) over (order by candidate.created_at, candidate.id rows unbounded preceding)
      - octet_length(payload.body) as bytes_before
  from candidate
  left join run_payload payload on payload.org_id = $1 and payload.run_id = candidate.id and payload.kind = 'input'
), taken as (
  update run set status = 'RUNNING', lease_id = $5, lease_expires_at = now() + $6 * interval '1 millisecond', started_at = now()
  from sized
  where run.org_id = $1 and run.id = sized.id and coalesce(sized.bytes_before, 0) < $4
  returning run.id, run.engine_id, run.engine_version_id, run.takeovers, run.created_at, sized.body
)
select taken.id as run_id, taken.engine_version_id, engine.type as engine_type, engine.timeout_ms, taken.takeovers,
  taken.body as input, (select count(*) from candidate)::int as candidates
from taken join engine on engine.org_id = $1 and engine.id = taken.engine_id
order by taken.created_at, taken.id`;

const DELETE_MARK = `
delete from ready_environment
where org_id = $1 and environment_id in (
  select environment_id from ready_environment where org_id = $1 and environment_id = $2 for update skip locked
)`;

const INSERT_MARK = `
insert into ready_environment (org_id, environment_id, is_live) values ($1, $2, $3)
on conflict (org_id, environment_id) do nothing`;

/** Claims up to `limit` runs, oldest first, in one statement. The ready mark stays as it is. */
export async function claimRuns(db: Pool | PoolClient, request: ClaimRequest): Promise<Claim> {
  const { rows } = await db.query<Row>({
    name: "claim-runs",
    text: CLAIM,
    values: [
      request.orgId,
      request.environmentId,
      request.limit,
      request.maxInputBytes,
      request.leaseId,
      request.leaseMs,
      request.exceptVersionIds ?? [],
    ],
  });
  const candidates = rows[0]?.candidates ?? 0;
  return { runs: rows.map(toClaimedRun), more: candidates >= request.limit || rows.length < candidates };
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
    const claim = await claimRuns(client, request);
    if (claim.more) {
      const mark = [request.orgId, request.environmentId, request.isLive];
      await client.query({ name: "insert-ready-mark", text: INSERT_MARK, values: mark });
    }
    return { mark: "settled", ...claim };
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
 * Ready marks of the organizations after this one, in order. An organization that does not fit whole is left for the next call;
 * `end`: there are none after these. Reads across organizations, as only this and the sweep do.
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
  return { marks: whole.length > 0 ? whole : marks, end: false };
}
