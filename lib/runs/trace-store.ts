/** Reads of a run for its decision trace. */
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { pool } from "../db.ts";
import type { EngineType, RunStatus } from "../generated/prisma/enums.ts";

/** A run with the version that it ran on, and its recorded trace. */
export type TracedRunRow = {
  status: RunStatus;
  error_code: string | null;
  engine: string;
  engine_type: EngineType;
  timeout_ms: number;
  engine_version: string;
  config: Record<string, unknown>;
  trace_body: string | null;
};

const FIND = `
select r.status, r.error_code, en.slug as engine, en.type as engine_type, en.timeout_ms,
  v.major || '.' || v.minor as engine_version, v.config, t.body as trace_body
from run r
join engine en on en.org_id = r.org_id and en.id = r.engine_id
join engine_version v on v.org_id = r.org_id and v.id = r.engine_version_id
left join run_payload t on t.org_id = r.org_id and t.run_id = r.id and t.kind = 'trace'
where r.org_id = $1 and r.id = $2 and ($3::uuid is null or r.environment_id = $3)`;

/** A run of the organization, or of the environment where the scope is one's. */
export async function findTracedRun(scope: OrgScope | EnvironmentScope, id: string): Promise<TracedRunRow | undefined> {
  const values = [scope.orgId, id, "environmentId" in scope ? scope.environmentId : null];
  const { rows } = await pool().query<TracedRunRow>({ name: "find-traced-run", text: FIND, values });
  return rows[0];
}

/** Whether there is such a run in the scope. */
export async function existsRun(scope: OrgScope | EnvironmentScope, id: string): Promise<boolean> {
  const { rowCount } = await pool().query({
    name: "exists-run",
    text: "select from run where org_id = $1 and id = $2 and ($3::uuid is null or environment_id = $3)",
    values: [scope.orgId, id, "environmentId" in scope ? scope.environmentId : null],
  });
  return rowCount === 1;
}
