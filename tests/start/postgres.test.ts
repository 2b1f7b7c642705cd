/** The embedded PostgreSQL: what is committed stays, whoever is killed, and a folder that was left in disorder starts again. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keepPostgres } from "../../lib/local/postgres-keeper.ts";
import { startPostgres } from "../../lib/local/postgres.ts";
import { postgresProcessesOn, processIdentity } from "../../lib/local/process-identity.ts";
import { freePort, startProcess, until, type TestProcess } from "../fixtures/processes.ts";

const LINUX = process.platform === "linux";

let dataDir: string;
let cleanUp: (() => Promise<unknown>)[];

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "nexio-postgres-"));
  chmodSync(folder, 0o755);
  dataDir = join(folder, "data");
  cleanUp = [];
});

afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  rmSync(join(dataDir, ".."), { recursive: true, force: true });
});

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end().catch(() => {});
  }
}

async function start(options: Partial<Parameters<typeof startPostgres>[0]> = {}) {
  const server = await startPostgres({ dataDir, durable: false, ...options });
  cleanUp.push(() => server.stop());
  return server;
}

async function startInProcess(orphanGraceMs: number): Promise<{ parent: TestProcess; pid: number; url: string }> {
  const parent = await startProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, "run-postgres.ts"), dataDir, String(orphanGraceMs)],
    env: { PATH: process.env.PATH },
    removes: [dataDir],
  });
  cleanUp.push(() => parent.stop({ keepFolders: true }));
  const line = await until("PostgreSQL to start", () => parent.output() || undefined);
  return { parent, ...(JSON.parse(line) as { pid: number; url: string }) };
}

const isAlive = (pid: number) => processIdentity(pid) !== undefined;

test("what was written is there after a stop and a start, at the same address, and durably", async () => {
  const first = await start({ durable: true });
  await query(first.url(), "create table note as select 'kept' as text");
  await first.stop();
  const second = await start({ durable: true });
  expect(second.url()).toBe(first.url());
  expect(await query(second.url(), "select text from note")).toEqual([{ text: "kept" }]);
  const settings =
    "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')";
  for (const { setting } of await query(second.url(), settings)) expect(setting).toBe("on");
});

test("the application's role owns its database and is no superuser; passwords are needed and kept from others", async () => {
  const server = await start();
  const role = "select rolsuper, rolcreatedb from pg_roles where rolname = current_user";
  expect(await query(server.url(), role)).toEqual([{ rolsuper: false, rolcreatedb: true }]);
  const wrong = server.url().replace(/:[^:@/]+@/, ":wrong@");
  await expect(query(wrong, "select 1")).rejects.toThrow("password authentication failed");
  for (const file of ["postgres-password", "postgres.log"]) {
    expect(statSync(join(dataDir, file)).mode & 0o077).toBe(0);
  }
});

test("it listens on no network address unless a port is asked for, and then on loopback only", async () => {
  const closed = await start();
  expect(await query(closed.adminUrl, "show listen_addresses")).toEqual([{ listen_addresses: "" }]);
  await closed.stop();
  const port = await freePort();
  const open = await start({ port });
  expect(await query(open.adminUrl, "show listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
  expect(await query(open.url().replace(/@localhost.*/, `@127.0.0.1:${port}/nexio`), "select 1 as one")).toEqual([
    { one: 1 },
  ]);
});

test("a folder too deep for a Unix socket gets a TCP port on loopback", async () => {
  dataDir = join(dataDir, "x".repeat(100));
  mkdirSync(join(dataDir, ".."), { recursive: true, mode: 0o755 });
  const server = await start();
  expect(server.url()).toContain("@127.0.0.1:");
  expect(await query(server.url(), "select 1 as one")).toEqual([{ one: 1 }]);
});

test("a second server on the same folder is refused, and the first goes on", async () => {
  const server = await start();
  await expect(startPostgres({ dataDir, durable: false })).rejects.toThrow("already running");
  expect(await query(server.url(), "select 1 as one")).toEqual([{ one: 1 }]);
});

describe("after its parent was killed", () => {
  test("it ends by itself once the grace is over", async () => {
    const { parent, pid } = await startInProcess(0);
    parent.kill("SIGKILL");
    await until("PostgreSQL to end", () => !isAlive(pid));
  });

  test.runIf(LINUX)("an orphan is replaced by the next start, and nothing committed is lost", async () => {
    const { parent, pid, url } = await startInProcess(600_000);
    await query(url, "create table note as select 'kept' as text");
    parent.kill("SIGKILL");
    await parent.exited;
    expect(isAlive(pid)).toBe(true);
    const server = await start();
    expect(isAlive(pid)).toBe(false);
    expect(await query(server.url(), "select text from note")).toEqual([{ text: "kept" }]);
  });

  test.runIf(LINUX)("backends that outlived their server do not keep the next one away", async () => {
    const { parent, pid, url } = await startInProcess(600_000);
    // A function that never looks whether its server still lives.
    const busy = query(url, "do $$ begin loop perform 1; end loop; end $$").catch(() => "ended");
    await until("the backend to be busy", async () => {
      const rows = await query(url, "select 1 from pg_stat_activity where state = 'active' and query like 'do %'");
      return rows.length > 0;
    });
    parent.kill("SIGKILL");
    process.kill(pid, "SIGKILL");
    await parent.exited;
    const server = await start();
    expect(await query(server.url(), "select 1 as one")).toEqual([{ one: 1 }]);
    expect(await busy).toBe("ended");
  });
});

test("a stale pid file whose number now belongs to somebody else neither stops the start nor harms them", async () => {
  const server = await start();
  await server.stop();
  const bystander = spawn("sleep", ["600"]);
  cleanUp.push(async () => void bystander.kill("SIGKILL"));
  writeFileSync(join(dataDir, "postgres/postmaster.pid"), `${bystander.pid}\n${dataDir}/postgres\n0\n5432\n`);
  const again = await start();
  expect(await query(again.url(), "select 1 as one")).toEqual([{ one: 1 }]);
  expect(isAlive(bystander.pid!)).toBe(true);
});

test("a start that was killed while it made the cluster leaves nothing in the way", async () => {
  mkdirSync(join(dataDir, "postgres.new/base"), { recursive: true });
  writeFileSync(join(dataDir, "postgres.new/PG_VERSION"), "18\n");
  const server = await start();
  expect(await query(server.url(), "select 1 as one")).toEqual([{ one: 1 }]);
});

test("killed while running, it comes back at the same address with all that was committed", async () => {
  const notices: string[] = [];
  const kept = await keepPostgres({ dataDir, notice: (line) => notices.push(line) });
  cleanUp.push(() => kept.stop());
  await query(kept.url, "create table note as select 'kept' as text");
  for (let round = 0; round < 2; round++) {
    const before = kept.pid()!;
    process.kill(before, "SIGKILL");
    await until("another server", () => kept.pid() !== undefined && kept.pid() !== before);
    expect(await query(kept.url, "select text from note")).toEqual([{ text: "kept" }]);
  }
  expect(notices).toHaveLength(2);
  await kept.stop();
  expect(postgresProcessesOn(join(dataDir, "postgres"))).toEqual([]);
});

describe.runIf(process.getuid?.() === 0)("as root", () => {
  test.each(["a folder that was closed to others", "folders that have to be made"])(
    "the server runs as somebody else, in %s",
    async (folder) => {
      if (folder.startsWith("a ")) mkdirSync(dataDir, { mode: 0o700 });
      else dataDir = join(dataDir, "and/deeper");
      const server = await start();
      const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
      expect(Number(/^Uid:\s+(\d+)/m.exec(status)![1])).not.toBe(0);
    },
  );

  test("a folder whose parents that user cannot enter is refused with a message that names NEXIO_DATA_DIR and the obstacle", async () => {
    const closed = join(dataDir, "closed");
    mkdirSync(closed, { recursive: true });
    chmodSync(closed, 0o700);
    const attempt = startPostgres({ dataDir: join(closed, "data") });
    await expect(attempt).rejects.toThrow("NEXIO_DATA_DIR");
    await expect(attempt).rejects.toThrow(`${closed} (rights 0700)`);
  });
});
