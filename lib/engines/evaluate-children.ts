/**
 * Evaluator children of a process that needs one now and then: the web process, for checks and tries. They start when first needed, are used one
 * request at a time, and end when unused for a while.
 */
import {
  evaluatorEntry,
  readUsage,
  startEvaluator,
  type ChildExit,
  type EvaluatorProcess,
} from "./evaluate-process.ts";
import type { ChildReply } from "./evaluate-protocol.ts";

/** A child that is lent out. Whoever has it sets what hears of it, and kills it or puts it back. */
export type EvaluatorChild = {
  process: EvaluatorProcess;
  onReply: (reply: ChildReply) => void;
  onExit: (exit: ChildExit) => void;
  idle?: NodeJS.Timeout;
};

export type EvaluatorChildren = {
  /** An idle child, or a new one that has booted; always a new one if `unused`. Throws when none can be started. */
  take(unused?: boolean): Promise<EvaluatorChild>;
  /** Gives back a child that has done what it was asked. */
  putBack(child: EvaluatorChild): void;
};

/** Resident memory above which a child must be killed by whoever has it. */
export const CHILD_MEMORY_BYTES = 256 * 1024 * 1024;
const IDLE_MS = 15_000;
/** A child above this share of its memory is not kept. */
const WORN_OUT = 0.6;

// By niceness; one set for the server's bundle and Next's.
const KEY = Symbol.for("nexio.evaluatorChildren");
const store = globalThis as { [KEY]?: Map<number, EvaluatorChildren> };

/** The children of this niceness (0 to 19 above our own). */
export function evaluatorChildren(nice: number): EvaluatorChildren {
  const all = (store[KEY] ??= new Map());
  const children = all.get(nice) ?? makeChildren(nice);
  all.set(nice, children);
  return children;
}

function makeChildren(nice: number): EvaluatorChildren {
  let idle: EvaluatorChild[] = [];

  async function start(): Promise<EvaluatorChild> {
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    const child = { onReply: (reply) => reply.kind === "ready" && resolve() } as EvaluatorChild;
    child.onExit = () => reject(new Error("no evaluator child could be started"));
    child.process = startEvaluator({
      entry: evaluatorEntry(),
      memoryLimitBytes: CHILD_MEMORY_BYTES,
      nice,
      onReply: (reply) => child.onReply(reply),
      onExit: (exit) => {
        idle = idle.filter((other) => other !== child);
        child.onExit(exit);
      },
    });
    await ready;
    return child;
  }

  return {
    async take(unused = false) {
      const child = (unused ? undefined : idle.pop()) ?? (await start());
      clearTimeout(child.idle);
      child.process.keepUsAlive(true);
      return child;
    },
    putBack(child) {
      child.onReply = () => {};
      child.onExit = () => {};
      if ((readUsage(child.process.pid)?.rssBytes ?? 0) > WORN_OUT * CHILD_MEMORY_BYTES) return child.process.kill();
      child.process.keepUsAlive(false);
      child.idle = setTimeout(() => child.process.kill(), IDLE_MS).unref();
      idle.push(child);
    },
  };
}
