/** Whom a run of an `http` engine is sent to, as its version says; and with which secrets it is signed now. */
import type { Pool } from "pg";
import { HttpConfigSchema, type HttpConfig } from "../engines/http-config-schema.ts";
import { validSecrets } from "../engines/secret-store.ts";

export type HttpTarget = {
  config: HttpConfig;
  engine: string;
  engineVersion: string;
  environment: string;
  /** The current one first. */
  secrets: readonly string[];
};

type Row = { config: unknown; version: string; engine_id: string; engine: string; environment: string };

const FIND = `
select version.config, version.major || '.' || version.minor as version, engine.id as engine_id, engine.slug as engine,
  environment.slug as environment
from engine_version version
join engine on engine.org_id = version.org_id and engine.id = version.engine_id
join environment on environment.org_id = version.org_id and environment.id = $3
where version.org_id = $1 and version.id = $2`;

/** The target of a version's runs in an environment; null where the version is gone or its config none. Rejects when PostgreSQL is away. */
export async function findHttpTarget(
  pool: Pool,
  { orgId, environmentId, versionId }: { orgId: string; environmentId: string; versionId: string },
): Promise<HttpTarget | null> {
  const values = [orgId, versionId, environmentId];
  const { rows } = await pool.query<Row>({ name: "find-http-target", text: FIND, values });
  const row = rows[0];
  const config = HttpConfigSchema.safeParse(row?.config);
  if (!row || !config.success) return null;
  const secrets = await validSecrets(pool, orgId, row.engine_id);
  return { config: config.data, engine: row.engine, engineVersion: row.version, environment: row.environment, secrets };
}
