/** Months and runs of the past and the future, for tests of retention. */
import { randomBytes } from "node:crypto";
import type { RunStatus } from "../../lib/generated/prisma/enums.ts";
import { isTerminal } from "../../lib/runs/transitions.ts";
import { sql } from "../fixtures/database.ts";
import type { TestEngine, TestEnvironment } from "../fixtures/factories.ts";

/** Makes the months from `from` on, as if it were then. */
export async function makeMonths(from: string, count: number): Promise<void> {
  await sql("select nexio_partitions.ensure_months($1, $2)", [count - 1, new Date(from)]);
}

/** A UUIDv7 of that instant. */
export function idAt(at: string): string {
  const time = Date.parse(at).toString(16).padStart(12, "0");
  const random = randomBytes(8).toString("hex");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${randomBytes(6).toString("hex")}`;
}

/** A run of that instant with input, output and a tag. Returns its id. */
export async function runAt(
  at: string,
  environment: TestEnvironment,
  engine: TestEngine,
  status: RunStatus = "COMPLETED",
): Promise<string> {
  const id = idAt(at);
  const { orgId } = environment;
  await sql(
    `insert into run (org_id, id, environment_id, engine_id, engine_version_id, status, created_at, started_at, completed_at, summary, tags)
     values ($1, $2, $3, $4, $5, $6, $7, $7, $8, '2 solutions', '{old}')`,
    [orgId, id, environment.id, engine.id, engine.versionId, status, at, isTerminal(status) ? at : null],
  );
  await sql(
    `insert into run_payload (org_id, run_id, kind, body)
     select $1, $2, kind::run_payload_kind, body from (values ('input', '{"input":1}'), ('output', '{"output":2}')) as payload (kind, body)`,
    [orgId, id],
  );
  await sql("insert into run_tag (org_id, environment_id, tag, run_id) values ($1, $2, 'old', $3)", [
    orgId,
    environment.id,
    id,
  ]);
  return id;
}

/** Which of these runs are there, with what. */
export async function remains(ids: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string; has: string }>(
    `select id, concat_ws(' ', (select 'run' from run where run.id = wanted.id),
       (select 'tag' from run_tag where run_id = wanted.id), (select 'payload' from run_payload where run_id = wanted.id limit 1)) as has
     from unnest($1::uuid[]) with ordinality as wanted (id, n) order by n`,
    [ids],
  );
  return rows.map((row) => row.has);
}

/** The partitions of a table, oldest first, without DEFAULT. */
export async function monthsOf(table: string): Promise<string[]> {
  const rows = await sql<{ name: string }>(
    `select relname as name from pg_inherits join pg_class on oid = inhrelid
     where inhparent = $1::regclass and relname not like '%default' order by relname`,
    [table],
  );
  return rows.map((row) => row.name.slice(table.length + 1));
}
