/**
 * What reading a run is compared with: the handler that one would write by hand, on Fastify and `pg`, running the same query with a
 * pool of the same size and answering the same fields.
 */
import Fastify from "fastify";
import { Pool } from "pg";
import { hashKey } from "../../lib/api-keys/key-format.ts";

/** What lib/hot-path/read.ts asks for many at once, for one: $1 hash of the key, $2 run. */
const FIND_RUN = {
  name: "find-run",
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
};

type Row = Record<string, unknown> & {
  id: string | null;
  may_read: boolean;
  created_at: Date;
  started_at: Date | null;
  completed_at: Date | null;
  output_body: string | null;
};

process.once("message", ({ databaseUrl, poolSize }: { databaseUrl: string; poolSize: number }) => {
  const pool = new Pool({ connectionString: databaseUrl, max: poolSize });
  pool.on("error", () => {});
  const app = Fastify();
  app.get<{ Params: { id: string } }>("/api/v1/runs/:id", async (request, reply) => {
    const token = request.headers.authorization?.slice("Bearer ".length) ?? "";
    const { rows } = await pool.query<Row>({ ...FIND_RUN, values: [hashKey(token), request.params.id] });
    const row = rows[0];
    if (!row) return reply.code(401).send({ code: "unauthorized" });
    if (!row.may_read) return reply.code(403).send({ code: "forbidden" });
    if (row.id === null) return reply.code(404).send({ code: "not_found" });
    return {
      run_id: row.id,
      status: row.status,
      environment: row.environment,
      environment_id: row.environment_id,
      engine: row.engine,
      engine_version: row.engine_version,
      created_at: row.created_at,
      started_at: row.started_at,
      completed_at: row.completed_at,
      duration_ms: Number(row.completed_at) - Number(row.started_at),
      ...(JSON.parse(row.output_body ?? "{}") as object),
    };
  });
  void app
    .listen({ host: "127.0.0.1", port: 0 })
    .then((address) => process.send?.({ port: Number(new URL(address).port) }));
  process.on("disconnect", () => process.exit(0));
});
