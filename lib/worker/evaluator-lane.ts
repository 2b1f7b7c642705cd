/**
 * One evaluator child as the pool sees it: boots, takes one chunk at a time, is watched, and dies for a reason.
 *
 * It decides nothing about runs; it tells the pool which entries ended, and which were open when it died.
 */
import type { ChildReply, RunResult } from "../engines/evaluate-protocol.ts";
import { RECORDED } from "../engines/evaluate-trace.ts";
import { readUsage, startEvaluator, type ChildExit, type EvaluatorProcess } from "../engines/evaluate-process.ts";
import type { Entry } from "./evaluator-entry.ts";

/** Why the pool killed a child: it did not boot; its chunk made no progress; its run was on the leash; its run's timeout; its memory; it is not needed. */
export type KillReason = "boot" | "stall" | "leash" | "timeout" | "memory" | "unneeded";

/** How a child died: killed by us, or by itself. `open` did not end, of the `sent` entries of its last chunk. */
export type Death = { reason: KillReason | "exit"; exit: ChildExit; open: Entry[]; sent: number; booted: boolean };

/** Milliseconds since the chunk was sent, and without any result; CPU milliseconds used in the latter, NaN where that cannot be read. */
export type Watched = {
  entry: Entry;
  rssBytes: number;
  elapsedMs: number;
  stillMs: number;
  stillCpuMs: number;
};

/** What a chunk that is done took: time, bodies and traces in characters, and whether a run in it could not have the memory that it wanted. */
export type Used = { ms: number; bodyChars: number; ranOutOfMemory: boolean };

export type LaneEvents = {
  ready(lane: Lane): void;
  ended(lane: Lane, entry: Entry, result: RunResult): void;
  /** It was not answered, because the answers of its chunk are too large together. */
  deferred(entry: Entry): void;
  /** The chunk is done. */
  idle(lane: Lane, entries: readonly Entry[], used: Used): void;
  died(lane: Lane, death: Death): void;
};

export type Lane = {
  /** `shared` by everyone, or for runs that are set `apart`. */
  readonly kind: "shared" | "apart";
  readonly pid: number;
  readonly state: "starting" | "idle" | "busy" | "dying";
  /** Nothing was evaluated in it yet. */
  readonly isUnused: boolean;
  /** Nothing was evaluated in it before the chunk that is, or was last, in it. */
  readonly isNew: boolean;
  /** How many entries that chunk has. */
  readonly sent: number;
  /** Since when it is starting or idle, in the clock's milliseconds. */
  readonly idleSince: number;
  /** Resident memory when it was last watched. */
  readonly rssBytes: number;
  /** The entries that are to be traced come first. */
  run(entries: readonly Entry[], maxBodyBytes: number): void;
  watch(): Watched;
  kill(reason: KillReason): void;
  /** Kills it because nothing is needed any more; answers the entries that did not end, of which its death will not speak. */
  giveUp(): Entry[];
};

export type LaneOptions = { kind: Lane["kind"]; entry: string; memoryLimitBytes: number; events: LaneEvents };

const APART_NICE = 10;
// Versions whose config a child has been sent; it may have dropped some since, and says so.
const MAX_KNOWN = 1_000;

let lastChunk = 0;

/** Starts a child. */
export function createLane({ kind, entry, memoryLimitBytes, events }: LaneOptions): Lane {
  let state: Lane["state"] = "starting";
  let booted = false;
  let chunk = 0;
  let entries: readonly Entry[] = [];
  let open = new Set<Entry>();
  let maxBody = 0;
  let bodyChars = 0;
  let ranOutOfMemory = false;
  let chunks = 0;
  let sentAt = 0;
  let progressAt = 0;
  let cpuAtProgress = Number.NaN;
  let idleSince = performance.now();
  let rssBytes = 0;
  let killedFor: KillReason | undefined;
  const known = new Set<string>();

  const child: EvaluatorProcess = startEvaluator({
    entry,
    memoryLimitBytes,
    nice: kind === "apart" ? APART_NICE : 0,
    onReply,
    onExit(exit) {
      state = "dying";
      events.died(lane, { reason: killedFor ?? "exit", exit, open: [...open], sent: entries.length, booted });
    },
  });

  function progress(): void {
    progressAt = performance.now();
    cpuAtProgress = readUsage(child.pid)?.cpuMs ?? Number.NaN;
  }

  function becomeIdle(): void {
    state = "idle";
    idleSince = performance.now();
    child.keepUsAlive(false);
  }

  function onReply(reply: ChildReply): void {
    // What a child says after we gave it up does not count: its runs are being decided elsewhere.
    if (state === "dying") return;
    if (reply.kind === "ready") {
      booted = true;
      becomeIdle();
      events.ready(lane);
    } else if (reply.kind === "needs-config" && reply.chunk === chunk) {
      known.delete(entries[0]!.item.versionId);
      send();
    } else if (reply.kind === "results" && reply.chunk === chunk) {
      onResults(reply.results, reply.done);
    }
  }

  function onResults(results: [number, RunResult | null][], done: boolean): void {
    for (const [index, result] of results) {
      const entry = entries[index]!;
      bodyChars += (result?.body.length ?? 0) + (result?.trace?.length ?? 0);
      ranOutOfMemory ||= result?.errorCode === "engine_memory";
      if (!open.delete(entry)) continue;
      if (result) events.ended(lane, entry, result);
      else events.deferred(entry);
    }
    // An event may have led to our end.
    if (!done) return progress();
    const ms = performance.now() - sentAt;
    if (state === "busy") becomeIdle();
    events.idle(lane, entries, { ms, bodyChars, ranOutOfMemory });
  }

  function send(): void {
    const { versionId, type } = entries[0]!.item;
    const config = known.has(versionId) ? undefined : entries[0]!.config;
    if (known.size >= MAX_KNOWN) known.clear();
    known.add(versionId);
    const payloads = entries.map((one) => one.item.payload);
    const runs = entries.filter((one) => one.traced).length;
    child.send({
      kind: "run",
      chunk,
      version: versionId,
      type,
      config,
      payloads,
      maxBodyBytes: maxBody,
      ...(runs > 0 ? { tracing: { runs, how: RECORDED } } : {}),
    });
  }

  const lane: Lane = {
    kind,
    pid: child.pid,
    get state() {
      return state;
    },
    get isUnused() {
      return chunks === 0;
    },
    get sent() {
      return entries.length;
    },
    get isNew() {
      return chunks <= 1;
    },
    get idleSince() {
      return idleSince;
    },
    get rssBytes() {
      return rssBytes;
    },
    run(some, maxBodyBytes) {
      state = "busy";
      child.keepUsAlive(true);
      entries = some;
      open = new Set(some);
      maxBody = maxBodyBytes;
      bodyChars = 0;
      ranOutOfMemory = false;
      chunk = lastChunk += 1;
      chunks += 1;
      sentAt = performance.now();
      progress();
      send();
    },
    watch() {
      const now = performance.now();
      const usage = readUsage(child.pid);
      rssBytes = usage?.rssBytes ?? 0;
      const stillCpuMs = (usage?.cpuMs ?? Number.NaN) - cpuAtProgress;
      return { entry: entries[0]!, rssBytes, elapsedMs: now - sentAt, stillMs: now - progressAt, stillCpuMs };
    },
    kill(reason) {
      if (state === "dying") return;
      state = "dying";
      killedFor = reason;
      child.kill();
    },
    giveUp() {
      const given = [...open];
      open.clear();
      child.keepUsAlive(true);
      lane.kill("unneeded");
      return given;
    },
  };
  return lane;
}
