/**
 * One process of the program (web or worker), kept running: started again when it ends unasked, at growing intervals.
 *
 * It has a process group of its own, so that Ctrl-C in a terminal reaches the supervisor alone, which stops things in order. When
 * the supervisor is killed, the child sees its IPC channel close and ends by itself.
 */
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { childEnvironment } from "../env.ts";

export type ChildOptions = {
  /** Node's arguments: flags and the program. */
  args: readonly string[];
  cwd: string;
  /** Variables added to this process's own; undefined leaves one out. */
  environment: Record<string, string | undefined>;
  stdio: StdioOptions;
  /** Niceness, 0 to 19. */
  nice: number;
  onMessage(message: unknown): void;
  /** Called after every start. */
  onStart(pid: number): void;
  /** Called after every end that nobody asked for; `quickEnds` counts those in a row that came soon after the start. */
  onUnexpectedEnd(how: string, quickEnds: number): void;
};

export type KeptChild = {
  pid(): number | undefined;
  /** Delivered if the child is there to hear it, else dropped. */
  send(message: unknown): void;
  /** Ends it as `stop` does and starts it again. */
  restart(): void;
  /** Asks it to finish (SIGTERM), kills it when it has not within `drainMs`. Resolves when it has ended. */
  stop(drainMs: number): Promise<void>;
};

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
const QUICK_END_MS = 10_000;

/** Starts a child and keeps it. */
export function keepChild(options: ChildOptions): KeptChild {
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let restarting = false;
  let quickEnds = 0;
  const stopping = new AbortController();

  function start(): void {
    const startedAt = Date.now();
    const started = launch(options);
    child = started;
    ended = new Promise((resolve) => {
      started.once("error", (error) => over(`cannot be started: ${error.message}`));
      started.once("exit", (code, signal) => over(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
      function over(how: string): void {
        if (child !== started) return;
        child = undefined;
        resolve();
        void again(how, Date.now() - startedAt);
      }
    });
    if (started.pid !== undefined) options.onStart(started.pid);
  }

  async function again(how: string, livedMs: number): Promise<void> {
    if (stopping.signal.aborted) return;
    if (restarting) {
      restarting = false;
      return start();
    }
    quickEnds = livedMs < QUICK_END_MS ? quickEnds + 1 : 0;
    options.onUnexpectedEnd(how, quickEnds);
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, quickEnds - 1), LONGEST_WAIT_MS);
    await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => {});
    if (!stopping.signal.aborted) start();
  }

  start();
  return {
    pid: () => child?.pid,
    send: (message) => {
      if (child?.connected) child.send(message as object, () => {}); // it may end at this very moment
    },
    restart: () => {
      if (!child) return;
      restarting = true;
      child.kill("SIGTERM");
    },
    stop: async (drainMs) => {
      stopping.abort();
      if (!child) return;
      const last = child;
      last.kill("SIGTERM");
      const timer = setTimeout(() => last.kill("SIGKILL"), drainMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function launch(options: ChildOptions): ChildProcess {
  const child = spawn(process.execPath, options.args, {
    cwd: options.cwd,
    env: childEnvironment(options.environment),
    stdio: options.stdio,
    detached: true,
  });
  child.on("message", options.onMessage);
  if (options.nice > 0 && child.pid !== undefined) {
    try {
      setPriority(child.pid, options.nice); // at once: threads that it starts later inherit it
      // Each of our children is a session of its own, and where Linux schedules sessions as groups (autogroup), only the group's niceness counts.
      writeFileSync(`/proc/${child.pid}/autogroup`, String(options.nice));
    } catch {
      // it ended already, or the system allows no priorities or has no such groups; neither keeps it from working
    }
  }
  return child;
}
