/** `npm start` as a newcomer meets it: one command, one address; whatever is killed, it works again. */
import { readFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readRunningInfo } from "../../lib/local/data-folder.ts";
import { processIdentity } from "../../lib/local/process-identity.ts";
import { productionBuild } from "../fixtures/build.ts";
import { startProcess, until, type TestProcess } from "../fixtures/processes.ts";
import { productEnvironment } from "../fixtures/product-environment.ts";

const ROOT = join(import.meta.dirname, "../..");
const START_WITHIN_MS = 180_000;

let dataDir: string;
let started: TestProcess[];
let folders: string[];

beforeAll(async () => {
  await productionBuild();
});

beforeEach(() => {
  started = [];
  folders = [];
  dataDir = newFolder();
});

afterEach(async () => {
  // In order where that is possible: npm hands no signal on, and a killed supervisor's PostgreSQL outlives it for a while.
  const supervisors = folders.flatMap((folder) => readRunningInfo(folder)?.pid ?? []).filter(lives);
  for (const pid of supervisors) process.kill(pid, "SIGTERM");
  await until("the supervisors to have ended", () => !supervisors.some(lives));
  await Promise.all(started.map((process) => process.stop()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "nexio-start-"));
  folders.push(folder);
  return folder;
}

type Started = { npm: TestProcess; url: string; folder: string };

/** Runs `npm start` with nothing set but what is given. */
async function npmStart(env: Record<string, string> = {}): Promise<TestProcess> {
  const folder = env["NEXIO_DATA_DIR"] ?? dataDir;
  const npm = await startProcess({
    command: "npm",
    args: ["start"],
    cwd: ROOT,
    env: productEnvironment({ PORT: "0", NEXIO_DATA_DIR: folder, ...env }),
    graceMs: 20_000,
    removes: [folder],
  });
  started.push(npm);
  return npm;
}

async function ready(env: Record<string, string> = {}): Promise<Started> {
  const npm = await npmStart(env);
  const url = await until(
    "the address to be printed",
    () => {
      if (npm.hasExited()) throw new Error(npm.output());
      return /Nexio is ready at (\S+)/.exec(npm.output())?.[1];
    },
    { deadlineMs: START_WITHIN_MS },
  );
  return { npm, url, folder: env["NEXIO_DATA_DIR"] ?? dataDir };
}

async function refused(env: Record<string, string> = {}): Promise<string> {
  const npm = await npmStart(env);
  const { exitCode } = await npm.exited;
  expect(exitCode).toBe(1);
  return npm.output();
}

const isReady = async ({ url }: Started) => (await fetch(`${url}/ready`)).ok;

/** The pids of everything that one start runs. */
function pidsOf({ folder }: Started) {
  const { pid: supervisor, children } = readRunningInfo(folder)!;
  const role = (name: string) => children.find((child) => child.role === name)!.pid;
  const postgres = Number.parseInt(readFileSync(join(folder, "postgres/postmaster.pid"), "utf8"), 10);
  return { supervisor, web: role("web"), worker: role("worker"), postgres };
}

const lives = (pid: number) => processIdentity(pid) !== undefined;

async function sql({ folder }: Started, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: readRunningInfo(folder)!.databaseUrl });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test("it says one address and where the data are, once everything works, and takes everything with it when npm is ended", async () => {
  const nexio = await ready();
  expect(await isReady(nexio)).toBe(true);
  await until("the last line", () => nexio.npm.output().includes("Data: "));
  const said = nexio.npm
    .output()
    .split("\n")
    .filter((line) => line !== "" && !/^(> |npm |Building )/.test(line));
  expect(said).toEqual([`Nexio is ready at ${nexio.url}`, `Data: ${dataDir}`]);
  const pids = Object.values(pidsOf(nexio));
  expect(pids.filter(lives)).toHaveLength(4);
  nexio.npm.kill("SIGTERM");
  await until("everything to have ended", () => pids.filter(lives).length === 0);
});

test("a second start on the same folder says so and leaves the first alone; one on another folder runs beside it", async () => {
  const first = await ready();
  const { supervisor } = pidsOf(first);
  const message = await refused();
  expect(message).toContain(`already running on the data folder ${dataDir} (process ${supervisor}, at ${first.url})`);
  const second = await ready({ NEXIO_DATA_DIR: newFolder() });
  expect(second.url).not.toBe(first.url);
  expect(await isReady(first)).toBe(true);
  expect(await isReady(second)).toBe(true);
});

test("of two starts at the same instant on a new folder one runs and the other says so", async () => {
  const both = await Promise.all([npmStart(), npmStart()]);
  await until("one to be ready", () => both.some((npm) => npm.output().includes("Nexio is ready at")), {
    deadlineMs: START_WITHIN_MS,
  });
  await until("one to be refused", () => both.some((npm) => npm.hasExited()));
  const refused = both.find((npm) => npm.hasExited())!;
  expect((await refused.exited).exitCode).toBe(1);
  expect(refused.output()).toContain("already running");
});

test("web, worker and PostgreSQL come back when they are killed", async () => {
  const nexio = await ready();
  await sql(nexio, "create table kept as select 1 as one");
  for (const role of ["web", "worker", "postgres"] as const) {
    const before = pidsOf(nexio);
    process.kill(before[role], "SIGKILL");
    await until(`another ${role}`, () => pidsOf(nexio)[role] !== before[role]);
    await until("everything to be ready again", () => isReady(nexio));
    const { [role]: _, ...others } = before;
    expect(pidsOf(nexio)).toMatchObject(others);
  }
  expect(await sql(nexio, "select one from kept")).toEqual([{ one: 1 }]);
});

describe("after kill -9, npm start works again unaided, with all data:", () => {
  const victims: Record<string, (nexio: Started) => number[]> = {
    npm: ({ npm }) => [npm.pid],
    "the supervisor": (nexio) => [pidsOf(nexio).supervisor],
    "the supervisor and PostgreSQL": (nexio) => [pidsOf(nexio).supervisor, pidsOf(nexio).postgres],
    everything: (nexio) => [nexio.npm.pid, ...Object.values(pidsOf(nexio))],
  };
  test.each(Object.keys(victims))("%s", async (name) => {
    const first = await ready();
    await sql(first, "create table kept as select 1 as one");
    const old = Object.values(pidsOf(first));
    for (const pid of victims[name]!(first)) process.kill(pid, "SIGKILL");
    const port = new URL(first.url).port;
    const second = await ready({ PORT: port });
    expect(await isReady(second)).toBe(true);
    expect(await sql(second, "select one from kept")).toEqual([{ one: 1 }]);
    expect(old.filter(lives)).toEqual([]);
  });
});

test("a port in use is refused with a message that names PORT", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const message = await refused({ PORT: String(port) });
  expect(message).toContain(`Port ${port} is in use`);
  expect(message).toMatch(/PORT=\d+ npm start/);
  await new Promise((resolve) => other.close(resolve));
});

test("a HOST that is none of this machine's is refused before anything is started", async () => {
  const elsewhere = {
    HOST: "192.0.2.1",
    DATABASE_URL: "postgresql://127.0.0.1:9/none",
    WORKOS_API_KEY: "sk_test_1",
    WORKOS_CLIENT_ID: "client_1",
    WORKOS_COOKIE_PASSWORD: "a password of at least 32 characters",
    NEXIO_ENCRYPTION_KEY: Buffer.alloc(32).toString("base64"),
  };
  expect(await refused(elsewhere)).toContain("HOST (192.0.2.1) is not an address of this machine");
});

test("in production it refuses to start, and names everything that is missing", async () => {
  const message = await refused({ NEXIO_ENV: "production" });
  for (const name of [
    "WORKOS_API_KEY",
    "WORKOS_CLIENT_ID",
    "WORKOS_COOKIE_PASSWORD",
    "NEXIO_ENCRYPTION_KEY",
    "DATABASE_URL",
  ]) {
    expect(message).toContain(name);
  }
});

test("single roles run beside it on its database", async () => {
  const nexio = await ready();
  const DATABASE_URL = readRunningInfo(dataDir)!.databaseUrl!;
  const shared = { DATABASE_URL, NEXIO_DATA_DIR: dataDir };
  const worker = await npmStart({ ...shared, NEXIO_ROLE: "worker" });
  const web = await ready({ ...shared, NEXIO_ROLE: "web" });
  await until("the second worker", async () => (await sql(nexio, "select from worker_heartbeat")).length === 2);
  expect(await isReady(web)).toBe(true);
  expect(worker.hasExited()).toBe(false);
  // They end without taking what they share.
  await Promise.all([worker.stop({ keepFolders: true }), web.npm.stop({ keepFolders: true })]);
  expect(await isReady(nexio)).toBe(true);
});
