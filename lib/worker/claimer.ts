/**
 * The claim loop: goes round the organizations that have runs waiting, takes as many from one environment a turn as the evaluators
 * have room for, and passes them on. While nothing waits it looks again when woken, or after a short while.
 */
import type { Logger } from "pino";
import type { Pool } from "pg";
import {
  claimRuns,
  listReadyMarks,
  settleMark,
  type ClaimedRun,
  type ClaimRequest,
  type ReadyMark,
} from "../hot-path/claim.ts";
import { newId } from "../ids.ts";
import { backoffMs } from "./backoff.ts";
import { isAboutRows, type WorkerPools } from "./database.ts";
import type { EvaluatorPool } from "./evaluator-types.ts";
import type { HeldRuns } from "./held-runs.ts";
import type { HttpCalls } from "./http-calls.ts";
import { handBackLease } from "./leases.ts";
import { createSignal } from "./signal.ts";
import { createRotation, type Turn } from "./turns.ts";

/** Most runs of one turn: large enough that a claim costs little a run, small enough that the next organization waits for milliseconds. */
const RUNS_PER_TURN = 400;
const INPUT_BYTES_PER_TURN = 4 << 20;
/** How often the marks are read while nobody wakes us. */
export const POLL_MS = 250;
/** First pause after a round that found marks whose runs were not committed yet. */
const HELD_PAUSE_MS = 4;
/** An environment of which everything is held up is looked at again after so many times what looking took. */
const COOL_DOWN_FACTOR = 20;
const COOL_DOWN_MIN_MS = 50;
/** An environment of which PostgreSQL refuses a claim for what stands in it is left alone for so long. */
const REFUSED_COOL_DOWN_MS = 1_000;
/** Environments that cool down are remembered up to here; then those that have cooled down are forgotten. */
const MANY_COOLING = 10_000;

export type Claimed = { mark: ReadyMark; leaseId: string; leasedAtMs: number; runs: ClaimedRun[] };

export type ClaimerOptions = {
  pools: WorkerPools;
  evaluators: Pick<EvaluatorPool, "capacityFor" | "blockedVersions" | "onCapacity">;
  calls: Pick<HttpCalls, "blockedVersions" | "hasWork" | "admission" | "onCapacity">;
  log: Logger;
  leaseMs: number;
  /** How many more runs of an organization the worker may hold now. */
  roomFor: HeldRuns["roomFor"];
  /** Takes claimed runs over. */
  onClaimed: (claimed: Claimed) => void;
};

export type Claimer = {
  /** Something may be waiting. */
  wake(): void;
  /** Leaves an environment alone for a while. */
  coolDown(mark: Pick<ReadyMark, "orgId" | "environmentId">, forMs: number): void;
  /** Claims nothing more. Resolves when the last claim has been passed on. */
  stop(): Promise<void>;
};

/** The lease begins no earlier than `leasedAtMs`, in milliseconds of performance.now(). */
type Request = ClaimRequest & { isLive: boolean; leasedAtMs: number };

/** What one round over the organizations came to. */
type Round = { claimed: number; held: boolean };

/** Starts the loop. */
export function startClaimer(options: ClaimerOptions): Claimer {
  const { pools, evaluators, calls, log, roomFor } = options;
  const signal = createSignal();
  const rotation = createRotation((after, limit) => listReadyMarks(pools.claim, after, limit));
  const coolUntil = new Map<string, number>();
  // Claims that failed: they may have been committed or not. What they took is handed back instead of waiting for the lease to lapse.
  const uncertain: Request[] = [];
  const stopper = new AbortController();
  const isStopping = () => stopper.signal.aborted;

  const stopListening = [evaluators, calls].map((source) => source.onCapacity(() => signal.raise()));
  const ended = loop();

  async function loop(): Promise<void> {
    let failures = 0;
    let heldRounds = 0;
    while (!isStopping()) {
      signal.lower();
      try {
        await handBackUncertain();
        const round = await goRound();
        if (failures > 0) log.info("claiming again");
        failures = 0;
        if (round.claimed > 0) heldRounds = 0;
        else await signal.wait(round.held ? Math.min(POLL_MS, HELD_PAUSE_MS * 2 ** heldRounds++) : POLL_MS);
      } catch (error) {
        failures++;
        if (failures === 1) log.warn({ err: error }, "claiming does not work now; trying again");
        await pause(backoffMs(failures));
      }
    }
  }

  // Wake-ups do not shorten it, or a crowd of them would make a busy loop of it; shutdown does.
  async function pause(forMs: number): Promise<void> {
    const until = performance.now() + forMs;
    for (let left = forMs; left > 0 && !isStopping(); left = until - performance.now()) {
      signal.lower();
      await signal.wait(left);
    }
  }

  async function goRound(): Promise<Round> {
    const round: Round = { claimed: 0, held: false };
    for (;;) {
      const turn = isStopping() ? null : await rotation.next();
      if (!turn) return round;
      await serve(turn, round);
    }
  }

  async function handBackUncertain(): Promise<void> {
    for (let request = uncertain[0]; request; request = uncertain[0]) {
      try {
        await handBackLease(pools.claim, request);
      } catch (error) {
        if (!isAboutRows(error)) throw error;
        log.error({ err: error, orgId: request.orgId }, "a claim cannot be handed back; its lease will lapse");
      }
      uncertain.shift();
    }
  }

  /** Undefined where PostgreSQL refuses this claim and may accept others. */
  async function attempt<T>(
    request: Request,
    claim: (pool: Pool, request: Request) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await claim(pools.claim, request);
    } catch (error) {
      uncertain.push(request);
      if (!isAboutRows(error)) throw error;
      const { orgId, environmentId } = request;
      log.error({ err: error, orgId, environmentId }, "the runs of an environment cannot be claimed now");
      coolDown(request, REFUSED_COOL_DOWN_MS);
      return undefined;
    }
  }

  function limitFor(orgId: string): number {
    const room = roomFor(orgId);
    return room.inputBytes > 0 ? Math.min(RUNS_PER_TURN, room.runs, evaluators.capacityFor(orgId)) : 0;
  }

  // An environment that stands at its limit costs the others of its organization no turn.
  async function serve(turn: Turn, round: Round): Promise<void> {
    const passed = new Set<string>();
    for (;;) {
      const limit = limitFor(turn.orgId);
      const may = (mark: ReadyMark) => isCool(mark) && !passed.has(mark.environmentId);
      const mark = limit > 0 ? turn.take(may) : undefined;
      if (!mark || (await serveEnvironment(mark, limit, round)) === "served") return;
      passed.add(mark.environmentId);
    }
  }

  /** `full`: nothing may be started there now. */
  async function serveEnvironment(mark: ReadyMark, limit: number, round: Round): Promise<"served" | "full"> {
    const blocked = [evaluators, calls].flatMap((source) => source.blockedVersions(mark.orgId, mark.environmentId));
    const request = requestFor(mark, limit, blocked);
    const claim = await attempt(request, claimRuns);
    if (!claim) return "full";
    pass(mark, request, claim.runs, round);
    const outcome = claim.full && claim.runs.length === 0 ? "full" : "served";
    if (claim.busy) {
      round.held = true;
      return "full";
    }
    if (claim.more) return outcome;
    if (blocked.length > 0) {
      // What is left is what was left out: the mark stays for it.
      if (claim.runs.length === 0 && !claim.full) {
        coolDown(mark, Math.max(COOL_DOWN_MIN_MS, COOL_DOWN_FACTOR * (performance.now() - request.leasedAtMs)));
      }
      return outcome;
    }
    const limitNow = limitFor(mark.orgId);
    if (limitNow <= 0) return outcome;
    const again = requestFor(mark, limitNow, []);
    const settlement = await attempt(again, settleMark);
    if (!settlement) return outcome;
    pass(mark, again, settlement.runs, round);
    // A full environment is marked by what ends a run there: nothing is gained by looking again soon.
    if (settlement.mark === "held" && !claim.full) round.held = true;
    return settlement.runs.length > 0 ? "served" : outcome;
  }

  function requestFor(mark: ReadyMark, limit: number, exceptVersionIds: readonly string[]): Request {
    const { orgId, environmentId, isLive } = mark;
    const lease = { leaseId: newId(), leaseMs: options.leaseMs, leasedAtMs: performance.now() };
    const maxInputBytes = Math.min(INPUT_BYTES_PER_TURN, roomFor(orgId).inputBytes);
    const admit = calls.admission(orgId, environmentId);
    return { orgId, environmentId, isLive, ...lease, limit, maxInputBytes, exceptVersionIds, admit };
  }

  function pass(mark: ReadyMark, { leaseId, leasedAtMs }: Request, runs: ClaimedRun[], round: Round): void {
    if (runs.length === 0) return;
    round.claimed += runs.length;
    options.onClaimed({ mark, leaseId, leasedAtMs, runs });
  }

  function coolDown(mark: Pick<ReadyMark, "orgId" | "environmentId">, forMs: number): void {
    const now = performance.now();
    coolUntil.set(mark.environmentId, now + forMs);
    if (coolUntil.size < MANY_COOLING) return;
    for (const [environmentId, until] of coolUntil) if (until <= now) coolUntil.delete(environmentId);
  }

  function isCool(mark: ReadyMark): boolean {
    const until = coolUntil.get(mark.environmentId);
    if (until === undefined) return true;
    // What cools down is looking for anything at all; those that are known to wait for a call, and may have one now, are found at once.
    if (performance.now() < until) return calls.hasWork(mark.environmentId);
    coolUntil.delete(mark.environmentId);
    return true;
  }

  return {
    wake: () => signal.raise(),
    coolDown,
    async stop() {
      stopper.abort();
      for (const stopOne of stopListening) stopOne();
      signal.raise();
      await ended;
    },
  };
}
