/** Before web and worker start, their database must answer, be new enough, and have all migrations. */
import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { childEnvironment } from "../env.ts";
import { pendingMigrations } from "../local/migrations-pending.ts";

const OLDEST_SERVER = 150_000; // PostgreSQL 15, as server_version_num
const PATIENCE_MS = 30_000;

export type PrepareOptions = {
  databaseUrl: string;
  /** The program that applies migrations: a bundle. */
  migrateProgram: string;
  say(line: string): void;
  signal: AbortSignal;
};

/**
 * Waits for the database (30 s: beside it, it may just be starting), and applies what is missing. Throws with a message for a person
 * when it cannot be reached, is too old, or a migration fails.
 */
export async function prepareDatabase({ databaseUrl, migrateProgram, say, signal }: PrepareOptions): Promise<void> {
  const client = await connect(databaseUrl, say, signal);
  try {
    const { rows } = await client.query<{ version: number; text: string }>(
      "select current_setting('server_version_num')::int as version, current_setting('server_version') as text",
    );
    const { version, text } = rows[0]!;
    if (version < OLDEST_SERVER) throw new Error(`The database is PostgreSQL ${text}; Nexio needs 15 or newer`);
    if ((await pendingMigrations(client)).length === 0) return;
  } finally {
    await client.end();
  }
  await migrate(databaseUrl, migrateProgram);
}

async function connect(connectionString: string, say: (line: string) => void, signal: AbortSignal): Promise<Client> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let told = false; ; told = true) {
    const client = new Client({ connectionString, connectionTimeoutMillis: 5_000, application_name: "nexio-start" });
    client.on("error", () => {}); // the next query reports it
    try {
      await client.connect();
      return client;
    } catch (error) {
      const reason = (error as Error).message || String((error as NodeJS.ErrnoException).code);
      if (Date.now() > deadline || !mayPass(error))
        throw new Error(`The database cannot be reached: ${reason}`, { cause: error });
      if (!told) say(`Waiting for the database (${reason}) …`);
      await delay(500, undefined, { signal });
    }
  }
}

// Refused connections and a server that is starting may be over in a moment; a wrong password or a missing database stays.
function mayPass(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === undefined || !/^(28|3D|42)/.test(code);
}

async function migrate(databaseUrl: string, program: string): Promise<void> {
  const child = spawn(process.execPath, [program], {
    env: childEnvironment({ DATABASE_URL: databaseUrl }),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  if (code !== 0) throw new Error(`The database could not be migrated. ${complaint.trim()}`);
}
