/**
 * `npm start`: starts everything in order, keeps it running, stops it in order.
 *
 * Data folder, database, local sign-in, migrations; then the web and worker processes, which are started again when they end. It works on no
 * request itself, so that it outlives what they may run into.
 */
import { mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { env, isDevelopment, platformUrl } from "../env.ts";
import { DataFolderInUse, type RunningInfo } from "../local/data-folder.ts";
import { processIdentity } from "../local/process-identity.ts";
import { projectRoot } from "../local/project-root.ts";
import { keepChild, type KeptChild } from "./supervisor-child.ts";
import { prepareDatabase } from "./supervisor-database.ts";
import { MissingConfiguration, planStart, type Role } from "./supervisor-plan.ts";
import { untilReady } from "./supervisor-ready.ts";
import { startServices, type Services } from "./supervisor-services.ts";

const PROGRAMS = dirname(fileURLToPath(import.meta.url));
const DEV = env.NODE_ENV === "development";
// What the processes themselves allow for finishing (10 s), and a little.
const DRAIN_MS = 12_000;
const HOPELESS_AFTER = 5;
const MAX_LOG_BYTES = 16 << 20;

/** The heap's bounds keep the whole below 450 MB; the development server compiles in its process and needs what it needs. */
const NODE_FLAGS: Record<Role, readonly string[]> = {
  web: DEV ? [] : ["--max-old-space-size=192", "--max-semi-space-size=8"],
  worker: ["--max-old-space-size=128", "--max-semi-space-size=4"],
};

const children = new Map<Role, KeptChild>();
const stopping = new AbortController();
let services: Services | undefined;
let readyUrl: string | undefined;

/** One line for the person at the terminal. */
function say(line: string): void {
  console.log(line);
}

async function start(): Promise<void> {
  const plan = planStart(env);
  services = await startServices(env, plan, say);
  stopping.signal.throwIfAborted();
  await prepareDatabase({
    databaseUrl: services.databaseUrl,
    migrateProgram: join(PROGRAMS, "migrate.mjs"),
    say,
    signal: stopping.signal,
  });
  stopping.signal.throwIfAborted();
  for (const role of plan.roles) {
    children.set(role, startRole(role, services));
    describe();
  }
  if (plan.roles.includes("web")) {
    const ownWorker = plan.roles.includes("worker");
    await untilReady({ host: env.HOST, port: services.port, ownWorker, say, signal: stopping.signal });
    readyUrl = platformUrl({ ...env, PORT: services.port });
    describe();
    say(`Nexio is ready at ${readyUrl}`);
  } else {
    say("Nexio's worker has started");
  }
  if (services.folder) {
    const moved = services.folderPath !== resolve(projectRoot(), env.NEXIO_DATA_DIR);
    say(`Data: ${services.folderPath}${moved ? " (PostgreSQL's user cannot enter the checkout)" : ""}`);
  }
}

function startRole(role: Role, { environment, port }: Services): KeptChild {
  const builtNext = relative(projectRoot(), join(PROGRAMS, "next"));
  return keepChild({
    args: [...NODE_FLAGS[role], join(PROGRAMS, `${role}.mjs`)],
    cwd: projectRoot(),
    environment: {
      ...environment,
      NEXIO_ROLE: role,
      NODE_ENV: DEV ? "development" : "production",
      NEXT_TELEMETRY_DISABLED: "1",
      NEXIO_NEXT_DIST: DEV ? undefined : builtNext,
      PORT: String(port),
      // Two malloc arenas instead of eight a core.
      MALLOC_ARENA_MAX: "2",
    },
    stdio: ["ignore", outputOf(role), "inherit", "ipc"],
    nice: role === "worker" ? env.NEXIO_WORKER_NICE : 0,
    onMessage: (message) => relay(role, message),
    onStart: describe,
    onUnexpectedEnd: (how, quickEnds) => {
      if (readyUrl === undefined && quickEnds >= HOPELESS_AFTER) {
        void fail(new Error(`The ${role} process ${how}, ${quickEnds} times in a row${logHint()}`));
      } else {
        say(`The ${role} process ${how}; starting it again`);
      }
    },
  });
}

/** Where nobody collects logs, they go to a file in the data folder, and the terminal stays readable. */
function outputOf(role: Role): number | "inherit" {
  const folder = services?.folder;
  if (!folder || DEV || !isDevelopment()) return "inherit";
  const logs = join(folder.path, "logs");
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const file = join(logs, `${role}.log`);
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, "a", 0o600);
}

function logHint(): string {
  return services?.folder ? `. Its log is in ${join(services.folderPath, "logs")}` : "";
}

/** A run was accepted where none was waiting: the web process knows, the worker waits to hear it. */
function relay(from: Role, message: unknown): void {
  const isWake = (message as { type?: unknown } | null)?.type === "nexio:wake";
  if (isWake && from === "web") children.get("worker")?.send(message);
}

const startedAt = new Date().toISOString();

function describe(): void {
  const running: RunningInfo["children"] = [];
  for (const [role, child] of children) {
    const pid = child.pid();
    const identity = pid === undefined ? undefined : processIdentity(pid);
    if (pid !== undefined && identity !== undefined) running.push({ role, pid, identity });
  }
  services?.folder?.describe({
    pid: process.pid,
    startedAt,
    ...(readyUrl ? { url: readyUrl } : {}),
    ...(stopping.signal.aborted ? { stopping: true } : {}),
    databaseUrl: services.databaseUrl,
    children: running,
  });
}

let stopped: Promise<void> | undefined;

function stop(exitCode: number): Promise<void> {
  stopping.abort();
  describe();
  return (stopped ??= (async () => {
    await starting.catch(() => {}); // what is just being started is stopped once it has
    await Promise.all([...children.values()].map((child) => child.stop(DRAIN_MS)));
    await services?.close();
    process.exit(exitCode);
  })());
}

function fail(error: unknown): Promise<void> {
  if (!stopping.signal.aborted) {
    // What is meant for the person is thrown as a plain Error or as one of ours; anything else is a bug, and needs its stack.
    const forPeople =
      error instanceof DataFolderInUse ||
      error instanceof MissingConfiguration ||
      (error instanceof Error && error.constructor === Error);
    console.error(forPeople ? (error as Error).message : error);
  }
  return stop(1);
}

/** For development: new bundles take over. */
export function restartChildren(): void {
  for (const child of children.values()) child.restart();
}

// The terminal, or whatever read these lines, may be gone before this program is.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  let asked = 0;
  process.on(signal, () => {
    asked += 1;
    // Whoever presses Ctrl-C twice does not want to wait for requests under way; the database still ends in order.
    if (asked > 1) for (const child of children.values()) void child.stop(0);
    void stop(0);
  });
}
const starting = start();
starting.catch((error: unknown) => fail(error));
