/**
 * Which child evaluates what, and what becomes of the runs of a child that dies.
 *
 * Everyone's quick runs go to the shared child in chunks. When a chunk makes no progress, or its child dies, its version is set apart and the runs
 * that were open are tried again one by one in children of their own: first on a short leash, which the innocent pass at once, then for their whole
 * timeout. Only a run that was alone in a child gets a verdict.
 */
import { createApartQueue } from "./evaluator-apart-queue.ts";
import type { Entry } from "./evaluator-entry.ts";
import type { Death, Lane, LaneEvents } from "./evaluator-lane.ts";
import { createLanes } from "./evaluator-lanes.ts";
import { createReputation } from "./evaluator-reputation.ts";
import { createSharedQueue } from "./evaluator-shared-queue.ts";
import type { PoolOptions } from "./evaluator-types.ts";
import { isStalled, verdict } from "./evaluator-verdict.ts";
import { createTraceBudget } from "./trace-budget.ts";

export type DispatchOptions = Required<PoolOptions>;

export type Dispatcher = {
  add(entries: readonly Entry[]): void;
  blockedVersions(orgId: string, environmentId: string): string[];
  counts(): { children: number; busy: number; waiting: number; apart: number; killed: number };
  /** Settles everything as returned, kills every child, resolves when they are gone. */
  close(): Promise<void>;
};

const WATCH_MS = 25;
/** The watch is this late when our own loop was busy; results may be waiting unread then, so nobody is judged. */
const LATE_MS = 75;
/** Payload text that is sent at once, in characters. */
const MAX_CHUNK_CHARS = 512 * 1024;
/** A child above this share of its memory limit is replaced when it is idle. */
const WORN_OUT = 0.6;
const MAX_BOOT_FAILURES = 3;
const BOOT_RETRY_MS = 500;

export function createDispatcher(options: DispatchOptions): Dispatcher {
  const { size, stallMs, memoryLimitBytes, maxBodyBytes, onTrouble } = options;
  const maxApart = Math.max(1, options.maxChildren - size);
  const reputation = createReputation(stallMs, () => performance.now());
  const budget = createTraceBudget(options.traceCharsPerSecond, () => performance.now());
  const shared = createSharedQueue();
  // Long runs leave two children for short ones, or none of an organization that waits would ever be tried.
  const apart = createApartQueue({
    perOrg: options.maxChildrenPerOrg,
    long: maxApart > 3 ? maxApart - 2 : maxApart,
    isSuspect: reputation.isSuspect,
  });
  let closing = false;
  let killed = 0;
  let bootFailures = 0;
  let bootAgainAt = 0;
  let watcher: NodeJS.Timeout | undefined;
  let watchedAt = 0;
  let whenGone: (() => void) | undefined;

  function pump(): void {
    if (closing || performance.now() < bootAgainAt) return;
    pumpShared();
    pumpApart();
  }

  function pumpShared(): void {
    while (shared.length > 0 && options.mayEvaluate()) {
      const lane = lanes.forShared();
      if (!lane) {
        if (lanes.alive("shared") < size) lanes.start("shared");
        return watchOn();
      }
      const entries = shared.take(reputation.chunkSize, MAX_CHUNK_CHARS).filter((entry) => !dropUnwanted(entry));
      if (entries.length === 0) continue;
      const { orgId, versionId } = entries[0]!.item;
      if (reputation.isApart(orgId, versionId)) entries.forEach((entry) => setApart(entry, "leash"));
      else send(lane, entries);
    }
  }

  function send(lane: Lane, entries: Entry[]): void {
    const { orgId, versionId } = entries[0]!.item;
    const granted = budget.grant(orgId, versionId, entries.length);
    for (const [index, entry] of entries.entries()) entry.traced = index < granted && !entry.untraceable;
    lane.run(entries, maxBodyBytes);
  }

  function pumpApart(): void {
    if (apart.length === 0 || !options.mayEvaluate()) return;
    for (let entry = apart.first(); entry; entry = apart.first()) {
      if (dropUnwanted(entry)) {
        apart.drop(entry);
        continue;
      }
      const lane = lanes.forApart(entry);
      if (!lane) {
        lanes.startApart(apart.startable(), entry.needsNewChild);
        return watchOn();
      }
      apart.start(entry);
      send(lane, [entry]);
      // What is on the leash may have to be killed: a child for those behind it boots meanwhile.
      if (entry.step === "leash" && apart.length > 0) lanes.startSpare();
    }
  }

  function setApart(entry: Entry, step: "leash" | "alone"): void {
    if (dropUnwanted(entry)) return;
    entry.step = step;
    entry.waitingSince = performance.now();
    apart.add(entry);
    watchOn();
  }

  const events: LaneEvents = {
    ready() {
      bootFailures = 0;
      bootAgainAt = 0;
      pump();
    },
    ended(lane, entry, result) {
      if (result.trace !== undefined) budget.spent(entry.item.orgId, entry.item.versionId, result.trace.length);
      // An allocation fails for whoever asks next, not for who took most.
      if (result.errorCode === "engine_memory" && !(lane.isNew && lane.sent === 1 && !entry.traced)) {
        if (lane.kind === "apart") apart.stopped(entry, false);
        entry.untraceable = true;
        entry.needsNewChild = true;
        setApart(entry, entry.step === "alone" ? "alone" : "leash");
        return;
      }
      if (lane.kind === "apart") apart.stopped(entry, false);
      if (result.errorCode === "engine_memory") reputation.failedApart(entry.item.versionId);
      entry.settle({ kind: result.errorCode === "engine_memory" ? "memory" : "finished", result });
    },
    deferred(entry) {
      shared.add(entry);
    },
    idle(lane, entries, used) {
      const { versionId } = entries[0]!.item;
      if (lane.kind === "shared") reputation.finished(versionId, entries.length, used);
      // Whoever needed a child of its own may have ended the last one: that it ends alone does not prove it harmless.
      else if (!entries[0]!.needsNewChild) reputation.finishedApart(versionId, used);
      if (lane.rssBytes > WORN_OUT * memoryLimitBytes) lane.kill("unneeded");
      pump();
    },
    died(lane, death) {
      lanes.remove(lane);
      if (death.reason !== "unneeded") killed += 1;
      if (!death.booted && death.reason !== "unneeded") return bootFailed(death);
      if (death.reason === "exit") onTrouble({ message: "an evaluator child ended by itself", ...death.exit });
      if (lane.kind === "shared") sharedDied(lane, death);
      else death.open.forEach((entry) => apartDied(lane, death, entry));
      if (lanes.all.size === 0) whenGone?.();
      pump();
    },
  };

  const { entry, idleMs } = options;
  const lanes = createLanes({ entry, memoryLimitBytes, size, maxApart, idleMs, events });

  function sharedDied(lane: Lane, { reason, exit, open, sent }: Death): void {
    if (open.length === 0) return;
    reputation.stalled(open[0]!.item.orgId, open[0]!.item.versionId);
    for (const entry of open) {
      entry.untraceable = true;
      if (sent > 1 || (reason !== "stall" && (!lane.isNew || entry.traced))) setApart(entry, "leash");
      else if (reason === "stall") setApart(entry, "alone");
      else verdict(entry, reason, exit);
    }
  }

  function apartDied(lane: Lane, { reason, exit }: Death, entry: Entry): void {
    entry.untraceable = true;
    reputation.failedApart(entry.item.versionId);
    apart.stopped(entry, reason === "leash");
    if (reason === "leash") return setApart(entry, "alone");
    if (reason === "timeout" || (lane.isNew && !entry.traced)) return verdict(entry, reason, exit);
    entry.needsNewChild = true;
    setApart(entry, entry.step === "alone" ? "alone" : "leash");
  }

  function bootFailed({ exit }: Death): void {
    bootFailures += 1;
    onTrouble({ message: "an evaluator child could not be started", failures: bootFailures, ...exit });
    if (lanes.all.size === 0) whenGone?.();
    if (bootFailures >= MAX_BOOT_FAILURES) {
      for (const entry of [...shared.drain(), ...apart.drain()]) entry.settle({ kind: "returned", reason: "no_child" });
    }
    bootAgainAt = performance.now() + BOOT_RETRY_MS;
    setTimeout(pump, BOOT_RETRY_MS + 1);
  }

  function watchOn(): void {
    if (watcher) return;
    watchedAt = performance.now();
    watcher = setInterval(watch, WATCH_MS).unref();
  }

  function watch(): void {
    const now = performance.now();
    const isLate = now - watchedAt > WATCH_MS + LATE_MS;
    watchedAt = now;
    for (const lane of lanes.all) {
      if (lane.state === "busy") watchBusy(lane, isLate);
      else if (lane.state === "idle") lanes.endUnneeded(lane, now);
      else if (lane.state === "starting" && !isLate && now - lane.idleSince > options.bootMs) lane.kill("boot");
    }
    // What waits although nothing runs waits for mayEvaluate, which cannot tell us.
    if (shared.length > 0 || apart.length > 0) pump();
    const heldUp = apart.takeHeldUp(now - options.holdMs);
    for (const entry of heldUp) entry.settle({ kind: "returned", reason: "held_up" });
    if (!lanes.areAtRest() || apart.length > 0 || shared.length > 0) return;
    clearInterval(watcher);
    watcher = undefined;
  }

  function watchBusy(lane: Lane, isLate: boolean): void {
    const seen = lane.watch();
    const { entry } = seen;
    if (seen.rssBytes > memoryLimitBytes) return lane.kill("memory");
    if (isLate) return;
    if (lane.kind === "apart") {
      const { timeoutMs, versionId } = entry.item;
      if (dropUnwanted(entry)) {
        lane.giveUp();
        return apart.stopped(entry, false);
      }
      if (seen.elapsedMs >= timeoutMs) lane.kill(entry.traced ? "leash" : "timeout");
      else if (entry.step === "leash" && isStalled(seen, reputation.leashMs(versionId))) lane.kill("leash");
      return;
    }
    const patienceMs = Math.min(stallMs, entry.item.timeoutMs);
    if (isStalled(seen, patienceMs)) lane.kill("stall");
    // A new one boots meanwhile, so that the others wait less when this one has to go.
    else if (isStalled(seen, patienceMs / 2) && lanes.alive("shared") === size) lanes.start("shared");
  }

  return {
    add(entries) {
      for (const entry of entries) {
        if (reputation.isApart(entry.item.orgId, entry.item.versionId)) setApart(entry, "leash");
        else shared.add(entry);
      }
      // It rests while nothing is evaluated.
      watchOn();
      pump();
    },
    blockedVersions: apart.blockedVersions,
    counts: () => ({
      children: lanes.all.size,
      busy: lanes.count("shared", "busy") + lanes.count("apart", "busy"),
      waiting: shared.length + apart.length,
      apart: apart.length,
      killed,
    }),
    async close() {
      closing = true;
      clearInterval(watcher);
      const open = [...lanes.all].flatMap((lane) => lane.giveUp());
      for (const entry of [...shared.drain(), ...apart.drain(), ...open]) {
        entry.settle({ kind: "returned", reason: "closing" });
      }
      if (lanes.all.size === 0) return;
      await new Promise<void>((resolve) => {
        whenGone = resolve;
      });
    },
  };
}

/** Answers an entry that nobody waits for any more; false when somebody does. */
function dropUnwanted(entry: Entry): boolean {
  if (entry.item.isWanted?.() ?? true) return false;
  entry.settle({ kind: "returned", reason: "unwanted" });
  return true;
}
