/**
 * Completing: records the results of runs, all of one organization's in one statement.
 *
 * Fenced by the lease: only a run that is still RUNNING under the lease with which it was claimed is touched, so that a run which
 * was canceled or taken over meanwhile keeps what it has, and each result is recorded once however often the statement is sent.
 * Output and trace are inserted for exactly the rows that were updated.
 *
 * An environment with a limit of concurrency has got room for another run: it is marked ready, and workers are woken. The run itself says so,
 * so that this costs nothing elsewhere; what is lost with a process that dies in between is found by the sweep.
 *
 * Webhook events (lib/runs/end-events.ts) are written by the same statement. An organization that has no endpoint does not pay for them: the
 * common statement records nothing for one that has, and says so. Which to send first is a hint that the process remembers; both are right.
 */
import type { Pool, PoolClient } from "pg";
import { textArray, uuidArray } from "../binary-array.ts";
import { newId } from "../ids.ts";
import { limitedEnvironments, markReady } from "../limits/concurrency.ts";
import { ENDED_COLUMNS, insteadOfResult, writeEvents } from "../runs/end-events.ts";
import { wakeWorkers } from "../wake.ts";
import { Remembered } from "./remembered.ts";

export type TerminalResult = {
  runId: string;
  leaseId: string;
  status: "COMPLETED" | "DEGRADED" | "FAILED";
  errorCode: string | null;
  degradationReason: string | null;
  /** A few words for lists. */
  summary: string | null;
  /** JSON text of the output payload: `{"output"?,"solutions"?,"error"?:{"code","message"}}`. */
  body: string;
  /** The decision trace as it is stored (lib/engines/evaluate-trace.ts), where there is one. */
  trace?: string | undefined;
};

// $1 org; then one array a column. Rows are locked in the order of the arrays, which is that of the ids, as everywhere.
// Partitions are addressed by parameters only: see claim.ts.
const RESULTS =
  "$2::uuid[], $3::uuid[], $4::text[]::run_status[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]";
const RESULT_COLUMNS = "run_id, lease_id, status, error_code, degradation_reason, summary, body, trace";

const recorded = (condition: string, returning: string) => `
recorded as (
  update run set status = result.status, completed_at = now(), lease_id = null, lease_expires_at = null,
    error_code = result.error_code, degradation_reason = result.degradation_reason, summary = result.summary
  from result
  where run.org_id = $1 and run.id = any($2::uuid[]) and run.id = result.run_id
    and run.lease_id = result.lease_id and run.status = 'RUNNING' ${condition}
  returning ${returning}, run.limited, result.body, result.trace
), stored as (
  insert into run_payload (org_id, run_id, kind, body)
  select $1, id, 'output'::run_payload_kind, body from recorded
  union all select $1, id, 'trace', trace from recorded where trace is not null
)`;

const FREED = "case when limited then environment_id end as freed";
const HAS_ENDPOINTS = "exists (select from webhook_endpoint where org_id = $1 and deleted_at is null)";

// For organizations without endpoints. A row without id says that this one has some.
const COMPLETE = `
with result as (
  select * from unnest(${RESULTS}) as t (${RESULT_COLUMNS})
), endpoints as materialized (
  select ${HAS_ENDPOINTS} as exist
), ${recorded("and not (select exist from endpoints)", "run.id, run.environment_id")}
select id, ${FREED}, false as has_endpoints, false as is_queued from recorded
union all select null, null, true, false from endpoints where exist`;

// Right for every organization.
const COMPLETE_WITH_EVENTS = `
with result as (
  select * from unnest(${RESULTS}, $10::uuid[], $11::text[]) as t (${RESULT_COLUMNS}, event_id, instead)
), ${recorded("", `${ENDED_COLUMNS}, result.event_id, coalesce(result.instead, result.body) as result`)}, ${writeEvents("$1", "recorded")}
select id, ${FREED}, ${HAS_ENDPOINTS} as has_endpoints, exists (select from woken) as is_queued from recorded`;

const MARK_FREED = markReady(`(${limitedEnvironments("e.org_id = $1 and e.id = any ($2::uuid[])")}) limited`);

async function tellOfRoom(db: Pool | PoolClient, orgId: string, environmentIds: ReadonlySet<string>): Promise<void> {
  await db.query({ name: "mark-freed", text: MARK_FREED, values: [orgId, uuidArray([...environmentIds])] });
  wakeWorkers();
}

type Row = { id: string | null; freed: string | null; has_endpoints: boolean; is_queued: boolean };

/** Organizations that had webhook endpoints when their runs ended last. */
const withEndpoints = new Remembered();

async function record(db: Pool | PoolClient, orgId: string, results: readonly TerminalResult[]): Promise<Row[]> {
  const values = [
    orgId,
    uuidArray(results.map((r) => r.runId)),
    uuidArray(results.map((r) => r.leaseId)),
    textArray(results.map((r) => r.status)),
    textArray(results.map((r) => r.errorCode)),
    textArray(results.map((r) => r.degradationReason)),
    textArray(results.map((r) => r.summary)),
    textArray(results.map((r) => r.body)),
    textArray(results.map((r) => r.trace ?? null)),
  ];
  if (!withEndpoints.has(orgId)) {
    const { rows } = await db.query<Row>({ name: "complete-runs", text: COMPLETE, values });
    if (!rows.some((row) => row.has_endpoints)) return rows;
    withEndpoints.add(orgId);
  }
  values.push(
    uuidArray(results.map(() => newId())),
    textArray(results.map((r) => insteadOfResult(r.body, r.errorCode))),
  );
  const { rows } = await db.query<Row>({ name: "complete-runs-with-events", text: COMPLETE_WITH_EVENTS, values });
  if (rows[0]?.has_endpoints === false) withEndpoints.forget(orgId);
  return rows;
}

/** `recorded`: ids. `isQueued`: webhook endpoints have got something to send. */
export type Completed = { recorded: Set<string>; isQueued: boolean };

/**
 * Records results of runs of one organization, with their events. `recorded` are the runs that were recorded by this call; the others are no
 * longer this worker's (canceled, taken over, or recorded before). Durable when it returns, or with the caller's transaction.
 */
export async function completeRuns(
  db: Pool | PoolClient,
  orgId: string,
  results: readonly TerminalResult[],
): Promise<Completed> {
  const sorted = results.toSorted((a, b) => (a.runId < b.runId ? -1 : 1));
  const rows = await record(db, orgId, sorted);
  const freed = new Set(rows.flatMap((row) => row.freed ?? []));
  if (freed.size > 0) await tellOfRoom(db, orgId, freed);
  return { recorded: new Set(rows.flatMap((row) => row.id ?? [])), isQueued: rows.some((row) => row.is_queued) };
}
