/** Reads of a run for its decision trace: how large it is at first, and then what is wanted of it. */
import { createHash } from "node:crypto";
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { pool } from "../db.ts";
import type { EngineType, RunStatus } from "../generated/prisma/enums.ts";

/** A run, without what its trace is made of but with how many bytes that has; null for what is not kept. */
export type TracedRunRow = {
  id: string;
  status: RunStatus;
  error_code: string | null;
  engine: string;
  engine_type: EngineType;
  timeout_ms: number;
  engine_version: string;
  engine_version_id: string;
  config_bytes: number;
  input_bytes: number | null;
  trace_bytes: number | null;
};

const FIND = `
select r.id, r.status, r.error_code, en.slug as engine, en.type as engine_type, en.timeout_ms,
  v.major || '.' || v.minor as engine_version, v.id as engine_version_id, octet_length(v.config::text) as config_bytes,
  octet_length(i.body) as input_bytes, octet_length(t.body) as trace_bytes
from run r
join engine en on en.org_id = r.org_id and en.id = r.engine_id
join engine_version v on v.org_id = r.org_id and v.id = r.engine_version_id
left join run_payload i on i.org_id = r.org_id and i.run_id = r.id and i.kind = 'input'
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

/** What a run was given and the config of the version that it ran on, as JSON texts, with how many nodes its graph has. */
export type Evaluable = { config: string; nodes: number; input: string };

const FIND_EVALUABLE = `
select v.config::text as config, i.body as input,
  case when jsonb_typeof(v.config -> 'nodes') = 'array' then jsonb_array_length(v.config -> 'nodes') else 0 end as nodes
from engine_version v
join run_payload i on i.org_id = v.org_id and i.run_id = $3 and i.kind = 'input'
where v.org_id = $1 and v.id = $2`;

/** Undefined where its input is not kept any more. */
export async function findEvaluable(scope: OrgScope, run: TracedRunRow): Promise<Evaluable | undefined> {
  const { rows } = await pool().query<Evaluable>({
    name: "find-evaluable-run",
    text: FIND_EVALUABLE,
    values: [scope.orgId, run.engine_version_id, run.id],
  });
  return rows[0];
}

/** The config of the version that the run ran on. */
export async function findTracedConfig(scope: OrgScope, run: TracedRunRow): Promise<Record<string, unknown>> {
  const { rows } = await pool().query<{ config: Record<string, unknown> }>({
    name: "find-traced-config",
    text: "select config from engine_version where org_id = $1 and id = $2",
    values: [scope.orgId, run.engine_version_id],
  });
  return rows[0]!.config;
}

/** The recorded trace as it is stored, or null. */
export async function findRecordedTrace(scope: OrgScope, run: TracedRunRow): Promise<string | null> {
  const { rows } = await pool().query<{ body: string }>({
    name: "find-recorded-trace",
    text: "select body from run_payload where org_id = $1 and run_id = $2 and kind = 'trace'",
    values: [scope.orgId, run.id],
  });
  return rows[0]?.body ?? null;
}

/** Whether this is the output that the run has, byte for byte. It is compared where it stands: it may have megabytes. */
export async function isOutputOf(scope: OrgScope, run: TracedRunRow, body: string): Promise<boolean> {
  const { rows } = await pool().query<{ same: boolean }>({
    name: "is-output-of-run",
    text: `select sha256(convert_to(body, 'UTF8')) = $3 as same
      from run_payload where org_id = $1 and run_id = $2 and kind = 'output'`,
    values: [scope.orgId, run.id, createHash("sha256").update(body).digest()],
  });
  return rows[0]?.same ?? false;
}
