/** The configs of engine versions, for evaluators. A published version never changes; the evaluator pool keeps what it has been given. */
import type { Pool } from "pg";

// Not a graph, so that evaluating with it fails and says so.
const NO_CONFIG = "null";

/** The version's config as JSON text. Rejects when PostgreSQL is away. A version that does not exist has a config that cannot be loaded. */
export async function getEngineConfig(pool: Pool, orgId: string, versionId: string): Promise<string> {
  const { rows } = await pool.query<{ config: string }>({
    name: "get-engine-config",
    text: "select config::text as config from engine_version where org_id = $1 and id = $2",
    values: [orgId, versionId],
  });
  return rows[0]?.config ?? NO_CONFIG;
}
