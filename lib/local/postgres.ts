/**
 * The embedded PostgreSQL: a real server from npm, made and run here as a child process.
 *
 * It runs in a process group of its own, so that Ctrl-C in a terminal does not stop it before its clients have drained. A small
 * watcher stops it when this process is killed; and what even that leaves behind, the next start clears away.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve as absolute } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { lockDataFolder, type DataFolder } from "./data-folder.ts";
import {
  APP_ROLE,
  appPassword,
  makeRoleAndDatabase,
  openCluster,
  SUPERUSER,
  type Cluster,
} from "./postgres-cluster.ts";
import { clearAway } from "./postgres-orphans.ts";
import { DURABLE_SETTINGS, settingArguments, VOLATILE_SETTINGS, type PostgresSettings } from "./postgres-settings.ts";
import { bareEnvironment, ownership } from "./postgres-user.ts";
import { watchOver } from "./postgres-watcher.ts";

export type PostgresOptions = {
  /** The data folder; the server's files go into `postgres/` in it. Made where it is missing. */
  dataDir: string;
  /** The lock on it, where the caller already has it; else it is taken here and given back by `stop`. */
  folder?: DataFolder;
  /** Makes the server listen on this TCP port too. Without it a Unix socket in the folder is all there is, where one is possible. */
  port?: number;
  /** Added to the usual settings, or put in their place. */
  settings?: PostgresSettings;
  /** `false` only for tests: does not wait for the disk, and may lose everything when the machine stops. */
  durable?: boolean;
  /** How long the server outlives a killed parent, so that the parent's other children can finish. Default 0. */
  orphanGraceMs?: number;
  /** Told what a person should know: a copy made, a long recovery. */
  notice?: (line: string) => void;
};

export type RunningPostgres = {
  readonly pid: number;
  readonly port: number;
  /** A connection string for a database, as the ordinary role `nexio`, who owns the database of that name and may create others. */
  url(database?: string): string;
  /** The superuser's connection string, database `postgres`. */
  readonly adminUrl: string;
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Promise<void>;
  /** Ends it: open transactions are rolled back, everything committed is on disk. Safe to call twice. */
  stop(): Promise<void>;
};

const HOST = "127.0.0.1";
const MAX_LOG_BYTES = 8 << 20;
const READY_TIMEOUT_MS = 300_000; // recovery of a full write-ahead log on a slow disk

/** Starts the server on a folder, making the cluster, the role and the database `nexio` on the first start. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const folder = options.folder ?? (await lockDataFolder(absolute(options.dataDir)));
  const releaseOwnLock = options.folder ? () => {} : () => folder.release();
  try {
    const running = await start(folder.path, options);
    void running.exited.then(releaseOwnLock);
    return running;
  } catch (error) {
    releaseOwnLock();
    throw error;
  }
}

async function start(dataDir: string, options: PostgresOptions): Promise<RunningPostgres> {
  const notice = options.notice ?? (() => {});
  const cluster = openCluster(dataDir, options.durable !== false, notice);
  await clearAway(cluster.pgdata);
  const server = await launch(cluster, options);
  try {
    await makeRoleAndDatabase(server.adminUrl, appPassword(cluster.password));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Where the server is reached: a Unix socket (a fifth to a half faster than TCP, and nobody else can try it), or TCP on loopback. */
type Endpoint = { port: number; socketFolder?: string; tcp: boolean };

// sockaddr_un holds 108 bytes on Linux, 104 on macOS, with a 0 at the end.
const MAX_SOCKET_PATH = 103;

async function chooseEndpoint({ pgdata }: Cluster, port: number | undefined, sockets: boolean): Promise<Endpoint> {
  const possible = process.platform !== "win32" && Buffer.byteLength(`${pgdata}/.s.PGSQL.65535`) <= MAX_SOCKET_PATH;
  if (!possible || !sockets) return { port: port ?? (await freePort()), tcp: true };
  return { port: port ?? 5432, socketFolder: pgdata, tcp: port !== undefined };
}

async function launch(cluster: Cluster, options: PostgresOptions): Promise<RunningPostgres> {
  const fixedPort = options.port && options.port > 0 ? options.port : undefined;
  let sockets = true;
  for (let attempt = 1; ; attempt++) {
    const endpoint = await chooseEndpoint(cluster, fixedPort, sockets);
    const logStart = rotateLog(logPath(cluster));
    const child = spawnServer(cluster, endpoint, options);
    const failure = await waitUntilReady(cluster, child, options);
    if (failure === undefined) return running(cluster, child, endpoint, options);
    const said = readFileSync(logPath(cluster)).subarray(logStart).toString().trim();
    if (attempt < 5) {
      // Some file systems (folders that a virtual machine shares with its host) hold no sockets.
      const socketless = endpoint.socketFolder !== undefined && /Unix(-domain)? (socket|address)/.test(said);
      if (socketless) sockets = false;
      // Somebody took the port between the choice and the use; another choice is free.
      if (socketless || (!fixedPort && /could not bind/.test(said))) continue;
    }
    throw new Error(`PostgreSQL did not start (${failure}). Its log, ${logPath(cluster)}:\n${said.slice(-2000)}`);
  }
}

function logPath({ dataDir }: Cluster): string {
  return join(dataDir, "postgres.log");
}

function rotateLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < MAX_LOG_BYTES) return size;
  renameSync(path, `${path}.1`);
  return 0;
}

function spawnServer(cluster: Cluster, endpoint: Endpoint, options: PostgresOptions): ChildProcess {
  const settings = {
    ...(options.durable === false ? VOLATILE_SETTINGS : DURABLE_SETTINGS),
    listen_addresses: endpoint.tcp ? HOST : "",
    unix_socket_directories: endpoint.socketFolder ?? "",
    port: endpoint.port,
    ...options.settings,
  };
  const log = openSync(logPath(cluster), "a", 0o600);
  try {
    return spawn(cluster.binaries.postgres, ["-D", cluster.pgdata, ...settingArguments(settings)], {
      ...ownership(cluster.user),
      cwd: "/",
      env: bareEnvironment(),
      stdio: ["ignore", log, log],
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

/** A port of this machine's loopback address that nobody listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once("error", reject).listen(0, HOST, resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

// The server writes its state into line 8 of postmaster.pid, as pg_ctl reads it too. Returns why it failed, or nothing.
async function waitUntilReady(
  { pgdata }: Cluster,
  child: ChildProcess,
  { notice }: PostgresOptions,
): Promise<string | undefined> {
  let failure: string | undefined;
  child.once("error", (error) => (failure = error.message));
  child.once("exit", (code, signal) => (failure ??= `it ended with ${signal ?? `exit code ${code}`}`));
  const ended = () => failure;
  const started = Date.now();
  let told = false;
  while (ended() === undefined) {
    const lines = readLines(join(pgdata, "postmaster.pid"));
    if (Number(lines[0]) === child.pid && lines[7]?.startsWith("ready")) return undefined;
    const waitedMs = Date.now() - started;
    if (waitedMs > READY_TIMEOUT_MS) {
      child.kill("SIGKILL");
      return `not ready after ${READY_TIMEOUT_MS / 1000} s`;
    }
    if (waitedMs > 3_000 && !told) {
      notice?.("PostgreSQL is recovering after it was not stopped properly; this can take a minute");
      told = true;
    }
    await delay(10);
  }
  return ended();
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return [];
  }
}

function running(cluster: Cluster, child: ChildProcess, endpoint: Endpoint, options: PostgresOptions): RunningPostgres {
  const watcher = watchOver(cluster.pgdata, child.pid!, cluster.user, options.orphanGraceMs ?? 0);
  const exited = new Promise<void>((resolve) => {
    const done = () => {
      watcher.dismiss();
      resolve();
    };
    if (child.exitCode !== null || child.signalCode !== null) done();
    else child.once("exit", done);
  });
  const host = endpoint.socketFolder === undefined ? "" : `?host=${encodeURIComponent(endpoint.socketFolder)}`;
  const address = (role: string, password: string, database: string) =>
    `postgresql://${role}:${password}@${host ? "localhost" : HOST}:${endpoint.port}/${database}${host}`;
  return {
    pid: child.pid!,
    port: endpoint.port,
    url: (database = APP_ROLE) => address(APP_ROLE, appPassword(cluster.password), database),
    adminUrl: address(SUPERUSER, cluster.password, "postgres"),
    exited,
    stop: () => stopServer(child, exited),
  };
}

async function stopServer(child: ChildProcess, exited: Promise<void>): Promise<void> {
  // Fast shutdown, then immediate, then none: pg_ctl's order. Each step's time covers a last checkpoint on a slow disk.
  for (const [signal, waitMs] of [
    ["SIGINT", 30_000],
    ["SIGQUIT", 5_000],
    ["SIGKILL", 5_000],
  ] as const) {
    child.kill(signal);
    const cancel = new AbortController();
    const gone = await Promise.race([
      exited.then(() => true),
      delay(waitMs, false, { signal: cancel.signal }).catch(() => false),
    ]);
    cancel.abort();
    if (gone) return;
  }
}
