/**
 * The floor that acceptance is compared with: the same run and payload rows, inserted by one prepared statement a run over 32
 * connections, on the same server. By pgbench where it is installed, else by `pg` connections in a process of their own.
 */
import { fork, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { BenchStack } from "./bench-stack.ts";

export const FLOOR_CLIENTS = 32;

/** What measures the floor here; names itself in the output. */
export type Floor = { name: string; measure(stack: BenchStack, seconds: number): Promise<number> };

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findPgbench(): string | undefined {
  let versions: string[] = [];
  try {
    versions = readdirSync("/usr/lib/postgresql").sort((a, b) => Number(b) - Number(a));
  } catch {
    // not a Debian
  }
  const debian = versions.map((version) => `/usr/lib/postgresql/${version}/bin`);
  // Debian's own /usr/bin/pgbench is a script that chooses among them.
  return [...debian, ...(process.env.PATH ?? "").split(delimiter)]
    .map((folder) => join(folder, "pgbench"))
    .find((path) => isExecutable(path));
}

/** The two inserts as one statement; the id is made by the server. `$…` are literals here: pgbench prepares the whole text once. */
function insertStatement(stack: BenchStack): string {
  const { orgId, environmentId, keyId, engine } = stack;
  // a blank after each colon: pgbench takes `:name` for a variable
  const body = engine.body.replaceAll("'", "''").replaceAll(":", ": ");
  return (
    `with new as (select uuidv7() as id), r as (insert into run (org_id, id, environment_id, engine_id, engine_version_id, key_id, source) ` +
    `select '${orgId}', id, '${environmentId}', '${engine.id}', '${engine.versionId}', '${keyId}', 'api' from new) ` +
    `insert into run_payload (org_id, run_id, kind, body) select '${orgId}', id, 'input', '${body}' from new`
  );
}

async function runPgbench(program: string, stack: BenchStack, seconds: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "nexio-bench-"));
  try {
    const script = join(folder, "floor.sql");
    writeFileSync(script, `${insertStatement(stack)};\n`);
    const url = new URL(stack.databaseUrl);
    const args = ["-n", "-M", "prepared", "-c", String(FLOOR_CLIENTS), "-j", "2", "-T", String(seconds), "-f", script];
    const child = spawn(program, args, {
      env: {
        ...process.env,
        PGHOST: url.searchParams.get("host") ?? url.hostname,
        PGPORT: url.port || "5432",
        PGUSER: decodeURIComponent(url.username),
        PGPASSWORD: decodeURIComponent(url.password),
        PGDATABASE: url.pathname.slice(1),
      },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
    await new Promise<void>((resolve, reject) => child.once("close", () => resolve()).once("error", reject));
    const tps = /tps = ([\d.]+)/.exec(output)?.[1];
    if (tps === undefined) throw new Error(`pgbench said:\n${output}`);
    return Number(tps);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runConnections(stack: BenchStack, seconds: number): Promise<number> {
  const child = fork(join(import.meta.dirname, "floor-client.ts"), { execArgv: [] });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once("message", (perSecond: number) => resolve(perSecond));
  child.once("exit", (code) => reject(new Error(`the floor's connections ended with ${code}`)));
  child.send({ databaseUrl: stack.databaseUrl, statement: insertStatement(stack), clients: FLOOR_CLIENTS, seconds });
  return promise;
}

/** What there is on this machine. */
export function findFloor(): Floor {
  const pgbench = findPgbench();
  if (pgbench) {
    return {
      name: `${pgbench} -M prepared, ${FLOOR_CLIENTS} clients`,
      measure: (stack, seconds) => runPgbench(pgbench, stack, seconds),
    };
  }
  return { name: `${FLOOR_CLIENTS} prepared pg connections (pgbench is not installed)`, measure: runConnections };
}
