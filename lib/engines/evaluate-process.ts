/**
 * Starts evaluator children, for the worker's pool and for the check of expressions.
 *
 * A child gets no environment of ours (no secrets, no proxy, no RUST_BACKTRACE), a limit on its data segment and a network without a way
 * out where the system has them, and ends by itself when its parent is gone.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChildReply, ChildRequest } from "./evaluate-protocol.ts";

/** How a child ended. `stderr` is the end of what it wrote there, which may hold host paths: for logs and for reading, not for customers. */
export type ChildExit = { code: number | null; signal: NodeJS.Signals | null; stderr: string };

export type EvaluatorProcess = {
  readonly pid: number;
  /** Sends a request; lost silently when the child has ended (its exit is reported instead). */
  send(request: ChildRequest): void;
  kill(): void;
  /** Whether our own process may not end by itself while this child lives; at first it may not. */
  keepUsAlive(needed: boolean): void;
};

export type StartOptions = {
  entry: string;
  memoryLimitBytes: number;
  /** Niceness above ours: 0, or 10 for work that must not slow the rest. */
  nice: number;
  onReply: (reply: ChildReply) => void;
  /** Called once, also when the child could not be started. */
  onExit: (exit: ChildExit) => void;
};

// What a child's data segment holds beside a run's data: V8's reserve for code (512 MB on x64), its heap, thread stacks: 590 MB at rest, measured.
const DATA_SEGMENT_AT_REST = 600 * 1024 * 1024;
const STDERR_KEPT = 4_096;
const NODE_FLAGS = ["--no-warnings", "--max-old-space-size=160", "--max-semi-space-size=8", "--v8-pool-size=1"];
// Not ours, and not secret: two malloc arenas instead of eight a core, and one time zone everywhere.
const CHILD_ENV = { MALLOC_ARENA_MAX: "2", TZ: "UTC" };

/** Starts a child; it says `ready` when it has booted (about 70 ms). */
export function startEvaluator({ entry, memoryLimitBytes, nice, onReply, onExit }: StartOptions): EvaluatorProcess {
  const main = [process.execPath, ...NODE_FLAGS, entry, String(memoryLimitBytes)];
  const [command, ...args] = withLimits([...withoutNetwork(), ...main], memoryLimitBytes);
  const child = spawn(command!, args, {
    env: CHILD_ENV as unknown as NodeJS.ProcessEnv,
    cwd: dirname(entry),
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    serialization: "advanced",
    windowsHide: true,
  });
  // At once, while it is still the shell with its one thread: threads started later inherit it, running ones would not change.
  if (nice > 0) reniceNow(child, nice);
  let stderr = "";
  // There is none where the system had no more file descriptors; then only an `error` comes.
  (child.stderr as typeof child.stderr | undefined)?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  child.on("message", (reply) => onReply(reply as ChildReply));
  let ended = false;
  const end = (code: number | null, signal: NodeJS.Signals | null) => {
    if (ended) return;
    ended = true;
    onExit({ code, signal, stderr });
  };
  // `close` comes after the last byte of stderr and the last message. A child that cannot be started has only an `error`.
  child.on("close", end);
  child.on("error", (error) => {
    stderr += String(error);
    if (child.pid === undefined) end(null, null);
  });
  (child.stderr as unknown as { unref?: () => void } | undefined)?.unref?.();
  return {
    pid: child.pid ?? 0,
    send: (request) => void (child.connected && child.send(request, () => {})),
    kill: () => void child.kill("SIGKILL"),
    keepUsAlive(needed) {
      if (needed) child.ref();
      else child.unref();
      if (needed) child.channel?.ref();
      else child.channel?.unref();
    },
  };
}

/** The command under a limit on the data segment: an allocation beyond it fails at once, before the watch on resident memory can see it. */
function withLimits(command: string[], memoryLimitBytes: number): string[] {
  if (process.platform === "win32") return command;
  const kibibytes = Math.ceil((memoryLimitBytes + DATA_SEGMENT_AT_REST) / 1024);
  return ["/bin/sh", "-c", `ulimit -c 0; ulimit -d ${kibibytes} 2>/dev/null; exec "$@"`, "sh", ...command];
}

let offline: string[] | undefined;

/**
 * The command that gives a child a network of its own, in which nothing can be reached, not even this machine; nothing where the system has no
 * such command or does not permit it. It becomes the child's main (the process stays the same), which costs some 10 ms of its start.
 * A second wall: what keeps functions from the network is FUNCTION_LOCK. As root a network alone, else within a user namespace without any rights.
 */
function withoutNetwork(): string[] {
  if (process.platform !== "linux") return [];
  offline ??= [
    ["unshare", "--net", "--"],
    ["unshare", "--user", "--net", "--"],
  ].find(isPermitted);
  return (offline ??= []);
}

function isPermitted([command, ...args]: string[]): boolean {
  const env = CHILD_ENV as unknown as NodeJS.ProcessEnv;
  return spawnSync(command!, [...args, "/bin/true"], { env, stdio: "ignore", timeout: 2_000 }).status === 0;
}

function reniceNow(child: ChildProcess, nice: number): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, nice);
  } catch {
    // It has ended already, or the system does not allow it: it runs at our own priority.
  }
}

/** Whether a child ended because it could not have more memory. */
export function endedForMemory({ stderr }: ChildExit): boolean {
  return /memory allocation of \d+ bytes failed|out of memory|Cannot allocate memory|bad_alloc/i.test(stderr);
}

/**
 * The child's main: beside the program that runs, else in dist/ or lib/ of the checkout that holds this file or the working directory.
 * Throws when there is none.
 */
export function evaluatorEntry(): string {
  const found = candidates().find((file) => existsSync(file));
  if (!found) throw new Error("the evaluator (dist/evaluator.mjs) is not built");
  return found;
}

function candidates(): string[] {
  const built = "evaluator.mjs";
  const source = join("worker", "evaluator-child.ts");
  // dist/web.mjs and dist/worker.mjs. Within the former, Next's bundles say of themselves that they lie where their source does.
  const ofProgram = join(dirname(process.argv[1] ?? "."), built);
  const here = import.meta.url.startsWith("file:") ? dirname(fileURLToPath(import.meta.url)) : process.cwd();
  return [
    ofProgram,
    join(here, built),
    join(here, "..", source),
    join(process.cwd(), "dist", built),
    join(process.cwd(), "lib", source),
  ];
}

/** What a process has used: resident memory in bytes, CPU time of all its threads in milliseconds. */
export type Usage = { rssBytes: number; cpuMs: number };

const TICK_MS = 10; // USER_HZ is 100 on every Linux
let pageSize = 0;

/** Reads a process's usage; undefined where there is no /proc, or when the process is gone. Takes some 10 µs. */
export function readUsage(pid: number): Usage | undefined {
  try {
    if (pageSize === 0) pageSize = measurePageSize();
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // Fields are counted from behind the command, which is in parentheses and may hold anything: utime 14, stime 15, rss 24.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, rssBytes: Number(fields[21]) * pageSize };
  } catch {
    return undefined;
  }
}

function measurePageSize(): number {
  const pages = Number(readFileSync("/proc/self/statm", "latin1").split(" ")[1]);
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
}
