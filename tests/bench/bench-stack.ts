/** What is measured: the program as `npm start` runs it, in a folder of its own, with an organization, a key and engines in it. */
import { Client } from "pg";
import { mintKey } from "../../lib/api-keys/key-format.ts";
import { exampleEngines, exampleRequests } from "../../lib/engines/examples/engines.ts";
import { newId } from "../../lib/ids.ts";
import { startStack, type TestStack } from "../fixtures/stack.ts";

export type BenchStack = TestStack & {
  databaseUrl: string;
  port: number;
  /** A connection of its own, for seeding and counting. */
  db: Client;
  orgId: string;
  environmentId: string;
  keyId: string;
  key: string;
  /** The engine that runs are sent to, and its input. */
  engine: { id: string; versionId: string; slug: string; body: string };
};

/** An entity analysis of a company's particulars: the example engine whose input is of ordinary size. */
const ENGINE = "company-check";

/** Starts the stack (building if sources changed) and fills in what requests need. */
export async function startBenchStack(): Promise<BenchStack> {
  const stack = await startStack({ env: { NEXIO_EXAMPLES: "on" } });
  try {
    const { databaseUrl } = stack.running();
    if (!databaseUrl) throw new Error("the supervisor does not say where its database is");
    const db = new Client({ connectionString: databaseUrl });
    db.on("error", () => {});
    await db.connect();
    const seeded = await seed(db);
    const stop = async () => {
      await db.end();
      await stack.stop();
    };
    return { ...stack, stop, databaseUrl, port: Number(new URL(stack.url).port), db, ...seeded };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

export type SeededEngine = { id: string; versionId: string };

/** Publishes an example engine, as its version 1.0. */
export async function seedEngine(db: Client, orgId: string, slug: string): Promise<SeededEngine> {
  const [id, versionId] = [newId(), newId()];
  const { name, type, config } = exampleEngines.find((engine) => engine.slug === slug)!;
  await db.query("insert into engine (org_id, id, slug, name, type) values ($1, $2, $3, $4, $5)", [
    orgId,
    id,
    slug,
    name,
    type,
  ]);
  await db.query(
    `insert into engine_version (org_id, id, engine_id, major, minor, config, published_by_id, published_by)
     values ($1, $2, $3, 1, 0, $4, 'bench', 'bench')`,
    [orgId, versionId, id, JSON.stringify(config)],
  );
  await db.query(
    "insert into engine_version_head (org_id, engine_id, spec, version_id) select $1, $2, unnest($3::text[]), $4",
    [orgId, id, ["latest", "1.x", "1.0"], versionId],
  );
  return { id, versionId };
}

async function seed(db: Client) {
  const [orgId, environmentId, keyId] = [newId(), newId(), newId()];
  const { key, hash, prefix } = mintKey("live");
  await db.query("insert into organization (id, workos_organization_id, name) values ($1, $2, 'Bench')", [
    orgId,
    `org_bench_${orgId}`,
  ]);
  await db.query("insert into environment (org_id, id, slug, kind) values ($1, $2, 'live', 'live')", [
    orgId,
    environmentId,
  ]);
  const engine = await seedEngine(db, orgId, ENGINE);
  await db.query(
    `insert into api_key (id, org_id, environment_id, name, hash, prefix, scopes, created_by_id, created_by)
     values ($1, $2, $3, 'bench', $4, $5, $6, 'bench', 'bench')`,
    [keyId, orgId, environmentId, Buffer.from(hash), prefix, ["runs:read", "runs:write"]],
  );
  return {
    orgId,
    environmentId,
    keyId,
    key,
    engine: { ...engine, slug: ENGINE, body: JSON.stringify(exampleRequests.get(ENGINE)) },
  };
}

/** Takes all runs away, so that the next measurement starts with empty tables like the one before it. */
export async function emptyRuns(stack: BenchStack): Promise<void> {
  await stack.db.query("truncate run, run_payload, usage_delta, ready_environment");
  await stack.db.query("checkpoint").catch(() => {}); // only some roles may
}

/** POST of one run, as bytes. */
export function submitRequest(stack: BenchStack): string {
  const { body, slug } = stack.engine;
  return (
    `POST /api/v1/engines/${slug}/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${stack.key}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

/** GET of a path below /api/v1, as bytes. */
export function getRequest(stack: BenchStack, path: string): string {
  return `GET /api/v1${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${stack.key}\r\n\r\n`;
}
