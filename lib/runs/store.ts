/** Reads and writes of one run. */
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { pool, type Tx } from "../db.ts";
import type { RunStatus } from "../generated/prisma/enums.ts";
import { ROW_COLUMNS, ROW_JOINS, type RunRow } from "./list-store.ts";
import { statusesBefore } from "./transitions.ts";

/** One run with the texts of its payloads. */
export type RunDetailRow = RunRow & { takeovers: number; input_body: string | null; output_body: string | null };

const FIND_RUN = `
select ${ROW_COLUMNS}, r.takeovers, i.body as input_body, o.body as output_body
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

/** What a key may see of a run. `run` columns are null where its environment has no such run. */
export type RunByKeyRow = { key_id: string; org_id: string; may_read: boolean } & (
  | { id: null }
  | {
      id: string;
      status: RunStatus;
      environment: string;
      environment_id: string;
      engine: string;
      engine_version: string;
      created_at: Date;
      started_at: Date | null;
      completed_at: Date | null;
      degradation_reason: string | null;
      output_body: string | null;
    }
);

/** Text and name of the statement behind GET /api/v1/runs/{id}: $1 hash of the key, $2 run. No row means that the key does not work (K5). */
export const FIND_RUN_BY_KEY = {
  name: "find-run-by-key",
  text: `
select k.id as key_id, k.org_id, 'runs:read' = any (k.scopes) as may_read,
  r.id, r.status, e.slug as environment, r.environment_id, en.slug as engine, v.major || '.' || v.minor as engine_version,
  r.created_at, r.started_at, r.completed_at, r.degradation_reason, o.body as output_body
from api_key k
join environment e on e.org_id = k.org_id and e.id = k.environment_id and e.deleted_at is null
join organization org on org.id = k.org_id and org.deleted_at is null
left join run r on r.org_id = k.org_id and r.id = $2 and r.environment_id = k.environment_id
left join engine en on en.org_id = r.org_id and en.id = r.engine_id
left join engine_version v on v.org_id = r.org_id and v.id = r.engine_version_id
left join run_payload o on o.org_id = k.org_id and o.run_id = $2 and o.kind = 'output' and o.run_id = r.id
where k.hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`,
} as const;

/** A run by the hash of the key that asks; undefined when the key does not work. */
export async function findRunByKey(hash: Uint8Array, runId: string): Promise<RunByKeyRow | undefined> {
  const { rows } = await pool().query<RunByKeyRow>({ ...FIND_RUN_BY_KEY, values: [hash, runId] });
  return rows[0];
}

/** Ends a run that has not ended. Whoever executes it can then no longer record a result: the lease is gone. False: there is none to end. */
export async function markCanceled(tx: Tx, scope: OrgScope | EnvironmentScope, id: string): Promise<boolean> {
  const environmentId = "environmentId" in scope ? scope.environmentId : null;
  const changed = await tx.$executeRaw`
    update run set status = 'CANCELED', completed_at = now(), lease_id = null, lease_expires_at = null
    where org_id = ${scope.orgId}::uuid and id = ${id}::uuid
      and (${environmentId}::uuid is null or environment_id = ${environmentId}::uuid)
      and status = any (${statusesBefore("CANCELED")}::run_status[])`;
  return changed === 1;
}
