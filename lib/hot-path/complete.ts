/**
 * Completing: records the results of runs, all of one organization's in one statement.
 *
 * Fenced by the lease: only a run that is still RUNNING under the lease with which it was claimed is touched, so that a run which
 * was canceled or taken over meanwhile keeps what it has, and each result is recorded once however often the statement is sent.
 * Output and trace are inserted for exactly the rows that were updated.
 *
 * An environment with a limit of concurrency has got room for another run: it is marked ready, and workers are woken. The run itself says so,
 * so that this costs nothing elsewhere; what is lost with a process that dies in between is found by the sweep.
 */
import type { Pool, PoolClient } from "pg";
import { limitedEnvironments, markReady } from "../limits/concurrency.ts";
import { wakeWorkers } from "../wake.ts";
import { textArray, uuidArray } from "./binary-array.ts";

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
const COMPLETE = `
with result as (
  select * from unnest($2::uuid[], $3::uuid[], $4::text[]::run_status[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
    as t (run_id, lease_id, status, error_code, degradation_reason, summary, body, trace)
), recorded as (
  update run set status = result.status, completed_at = now(), lease_id = null, lease_expires_at = null,
    error_code = result.error_code, degradation_reason = result.degradation_reason, summary = result.summary
  from result
  where run.org_id = $1 and run.id = any($2::uuid[]) and run.id = result.run_id
    and run.lease_id = result.lease_id and run.status = 'RUNNING'
  returning run.id, run.environment_id, run.limited, result.body, result.trace
), stored as (
  insert into run_payload (org_id, run_id, kind, body)
  select $1, id, 'output'::run_payload_kind, body from recorded
  union all select $1, id, 'trace', trace from recorded where trace is not null
)
select id, case when limited then environment_id end as freed from recorded`;

const MARK_FREED = markReady(`(${limitedEnvironments("e.org_id = $1 and e.id = any ($2::uuid[])")}) limited`);

async function tellOfRoom(db: Pool | PoolClient, orgId: string, environmentIds: ReadonlySet<string>): Promise<void> {
  await db.query({ name: "mark-freed", text: MARK_FREED, values: [orgId, uuidArray([...environmentIds])] });
  wakeWorkers();
}

/**
 * Records results of runs of one organization. Returns the ids that were recorded by this call; the others are no longer this
 * worker's (canceled, taken over, or recorded before). Durable when it returns.
 */
export async function completeRuns(
  db: Pool | PoolClient,
  orgId: string,
  results: readonly TerminalResult[],
): Promise<Set<string>> {
  const sorted = results.toSorted((a, b) => (a.runId < b.runId ? -1 : 1));
  const { rows } = await db.query<{ id: string; freed: string | null }>({
    name: "complete-runs",
    text: COMPLETE,
    values: [
      orgId,
      uuidArray(sorted.map((r) => r.runId)),
      uuidArray(sorted.map((r) => r.leaseId)),
      textArray(sorted.map((r) => r.status)),
      textArray(sorted.map((r) => r.errorCode)),
      textArray(sorted.map((r) => r.degradationReason)),
      textArray(sorted.map((r) => r.summary)),
      textArray(sorted.map((r) => r.body)),
      textArray(sorted.map((r) => r.trace ?? null)),
    ],
  });
  const freed = new Set(rows.flatMap((row) => row.freed ?? []));
  if (freed.size > 0) await tellOfRoom(db, orgId, freed);
  return new Set(rows.map((row) => row.id));
}
