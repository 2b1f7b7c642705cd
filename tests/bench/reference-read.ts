/**
 * What reading a run is compared with: the handler that one would write by hand, on Fastify and `pg`, running the very same query with a
 * pool of the same size and answering the same fields.
 */
import Fastify from "fastify";
import { Pool } from "pg";
import { hashKey } from "../../lib/api-keys/key-format.ts";
import { FIND_RUN_BY_KEY } from "../../lib/runs/store.ts";

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
    const { rows } = await pool.query<Row>({ ...FIND_RUN_BY_KEY, values: [hashKey(token), request.params.id] });
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
