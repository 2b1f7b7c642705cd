/** Reads and writes of one run. */
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { pool, type Tx } from "../db.ts";
import type { RunStatus } from "../generated/prisma/enums.ts";
import { newId } from "../ids.ts";
import { limitedEnvironments, markReady } from "../limits/concurrency.ts";
import { ENDED_COLUMNS, writeEvents } from "./end-events.ts";
import { ROW_COLUMNS, ROW_JOINS, type RunRow } from "./list-store.ts";
import { statusesBefore } from "./transitions.ts";

/** One run with the sizes of its payloads, in bytes; null where it has none, or not any more. */
export type RunDetailRow = RunRow & {
  takeovers: number;
  input_bytes: number | null;
  output_bytes: number | null;
  /** The deadline of the callback that it waits for. */
  callback_expires_at: Date | null;
};

// octet_length reads the header of a large text only. Payloads themselves are read by payload-store.ts, where there is room for them.
const FIND_RUN = `
select ${ROW_COLUMNS}, r.takeovers, octet_length(i.body) as input_bytes, octet_length(o.body) as output_bytes,
  (select max(c.expires_at) from run_callback c where r.status = 'RUNNING' and c.org_id = r.org_id and c.run_id = r.id and c.waiting)
    as callback_expires_at
from run r ${ROW_JOINS}
left join run_payload i on i.org_id = r.org_id and i.run_id = r.id and i.kind = 'input'
left join run_payload o on o.org_id = r.org_id and o.run_id = r.id and o.kind = 'output'
where r.org_id = $1 and r.id = $2 and ($3::uuid is null or r.environment_id = $3)`;

/** A run of the organization, or of the environment where the scope is one's. */
export async function findRun(scope: OrgScope | EnvironmentScope, id: string): Promise<RunDetailRow | undefined> {
  const environmentId = "environmentId" in scope ? scope.environmentId : null;
  const values = [scope.orgId, id, environmentId];
  const { rows } = await pool().query<RunDetailRow>({ name: "find-run", text: FIND_RUN, values });
  return rows[0];
}

// $1 org, $2 runs with the ids of their events in $3, $4 environment or null, $5 statuses
const CANCEL = `
with canceled as (
  update run set status = 'CANCELED', completed_at = now(), lease_id = null, lease_expires_at = null
  from unnest($2::uuid[], $3::uuid[]) as given (run_id, event_id)
  where run.org_id = $1::uuid and run.id = any ($2::uuid[]) and run.id = given.run_id
    and ($4::uuid is null or run.environment_id = $4::uuid) and run.status = any ($5::text[]::run_status[])
  returning ${ENDED_COLUMNS}, given.event_id, '{}' as result
), ${writeEvents("$1::uuid", "canceled")}
select environment_id from canceled`;

type Canceled = { environment_id: string };

/** Cancels those of the runs that have one of these statuses, with their events. Returns how many. */
async function cancel(
  tx: Tx,
  orgId: string,
  ids: readonly string[],
  { environmentId, statuses }: { environmentId: string | null; statuses: readonly RunStatus[] },
): Promise<number> {
  const eventIds = ids.map(() => newId());
  const canceled = await tx.$queryRawUnsafe<Canceled[]>(CANCEL, orgId, ids, eventIds, environmentId, statuses);
  await makeRoom(tx, orgId, canceled);
  return canceled.length;
}

/** Ends a run that has not ended. Whoever executes it can then no longer record a result: the lease is gone. False: there is none to end. */
export async function markCanceled(tx: Tx, scope: OrgScope | EnvironmentScope, id: string): Promise<boolean> {
  const environmentId = "environmentId" in scope ? scope.environmentId : null;
  return (await cancel(tx, scope.orgId, [id], { environmentId, statuses: statusesBefore("CANCELED") })) === 1;
}

/** Where an environment has a limit of concurrency, what was canceled may have made room for another run. */
async function makeRoom(tx: Tx, orgId: string, canceled: readonly Canceled[]): Promise<void> {
  const limited = limitedEnvironments("e.org_id = $1::uuid and e.id = any ($2::uuid[])");
  const environmentIds = [...new Set(canceled.map((run) => run.environment_id))];
  await tx.$executeRawUnsafe(markReady(`(${limited}) limited`), orgId, environmentIds);
}

/**
 * As markCanceled, for many runs at once: those that have one of these statuses and that nobody else holds at this moment. Returns how many.
 * Locking and changing are two statements on purpose: see lib/hot-path/claim.ts on partitions looked up while rows are locked.
 */
export async function markAllCanceled(
  tx: Tx,
  orgId: string,
  ids: readonly string[],
  statuses: readonly RunStatus[],
): Promise<number> {
  const locked = await tx.$queryRaw<{ id: string }[]>`
    select id from run
    where org_id = ${orgId}::uuid and id = any(${ids}::uuid[]) and status = any(${statuses}::text[]::run_status[])
    for update skip locked`;
  if (locked.length === 0) return 0;
  const lockedIds = locked.map(({ id }) => id);
  return cancel(tx, orgId, lockedIds, { environmentId: null, statuses });
}
