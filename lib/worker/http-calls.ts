/**
 * Runs of `http` engines: each is a call of a service elsewhere, which may take its time. They occupy no evaluator, are held apart from what
 * the evaluators work on, and have shares of their own (shares.ts), so that a service that hangs delays nobody else.
 *
 * A run for which there is no share stays PENDING: versions that are known to be of such engines are claimed by shares, and those that are met for
 * the first time are handed back where there is none. A run whose service has answered 202 is left to its callback and no longer held.
 */
import type { Logger } from "pino";
import type { Pool } from "pg";
import { failedHttpRun, type HttpRunResult } from "../engines/http-answer.ts";
import { runError } from "../engines/run-errors.ts";
import type { ClaimedRun, ReadyMark } from "../hot-path/claim.ts";
import type { OutboundClient } from "../outbound/client.ts";
import { forgetCallbacks, leaveToCallback, openCallbacks } from "../runs/callback-store.ts";
import { mintCallbackToken } from "../runs/callback-token.ts";
import { DEFAULT_CALLBACK_TIMEOUT_MS } from "../engines/callback-deadline.ts";
import { backoffMs } from "./backoff.ts";
import { createHeldRuns, type HeldRun, type HeldRuns } from "./held-runs.ts";
import { callService } from "./http-call.ts";
import { createHttpBacklog } from "./http-backlog.ts";
import { findHttpTarget, type HttpTarget } from "./http-targets.ts";
import { createHttpVersions } from "./http-versions.ts";
import { createReadingTurns } from "./reading-turns.ts";
import { createShares, type Share } from "./shares.ts";

/** An environment whose runs could not be called for want of their target is left alone for so long. */
const NOT_NOW_COOL_DOWN_MS = 1_000;
/** Inputs that are being sent at a time. */
const MOST_INPUT_BYTES = 32 << 20;

export type HttpCallsOptions = {
  pool: Pool;
  client: OutboundClient;
  /** Calls that may be open at a time. */
  total: number;
  log: Logger;
  /** Whether there is room for more results. */
  mayCall: () => boolean;
  onResult: (run: HeldRun, result: HttpRunResult) => void;
  /** Of a run that was not called, or of which it is not known. */
  onReturned: (run: HeldRun) => void;
  /** An environment is to be left alone for a while. */
  onNotNow: (run: HeldRun, forMs: number) => void;
};

export type HttpCalls = {
  /** What is being called, and what came of it until that is recorded. Whoever renews leases renews these, and says which are lost. */
  held: HeldRuns;
  /** Takes claimed runs of `http` engines over, of one claim. */
  start(mark: ReadyMark, leaseId: string, leasedAtMs: number, runs: readonly ClaimedRun[]): void;
  /** Somebody else has the run now, or it was canceled: its call is given up. */
  lose(run: HeldRun): void;
  /** Versions whose runs in this environment would only be left where they are. */
  blockedVersions(orgId: string, environmentId: string): string[];
  /** Whether runs that were left in this environment could be called now. */
  hasWork(environmentId: string): boolean;
  /** Decides for one claim which of the runs of these versions may be taken; undefined where no version of such an engine is known. */
  admission(orgId: string, environmentId: string): ((versionIds: readonly string[]) => boolean[]) | undefined;
  /** Calls back when there is a share again. Returns how to stop it. */
  onCapacity(listener: () => void): () => void;
  /** Forgets the callbacks of calls that were answered at once. To be called now and then. */
  forgetCallbacks(): Promise<void>;
  count(): number;
  /** Lets calls end for `graceMs`, then gives them up and returns their runs. */
  stop(graceMs: number): Promise<void>;
};

/** A call that is open. */
type Open = { run: HeldRun; payload: Buffer; timeoutMs: number; share: Share; abort: AbortController };

/** Makes it. Nothing is called before `start`. */
export function createHttpCalls(options: HttpCallsOptions): HttpCalls {
  const { pool, client, log, onResult, onReturned } = options;
  const held = createHeldRuns({ runs: Number.POSITIVE_INFINITY, inputBytes: MOST_INPUT_BYTES });
  const shares = createShares(options.total);
  const versions = createHttpVersions();
  const mayOpen = (share: Share) =>
    shares.has(share) && (shares.isFirst(share) || held.roomFor(share.orgId).inputBytes > 0);
  const backlog = createHttpBacklog(mayOpen, () => {
    for (const listener of listeners) listener();
  });
  const open = new Map<HeldRun, Open>();
  const listeners = new Set<() => void>();
  const inTurn = createReadingTurns(options.mayCall);
  const under = new Set<Promise<void>>();
  let answered: HeldRun[] = [];

  function start(mark: ReadyMark, leaseId: string, leasedAtMs: number, runs: readonly ClaimedRun[]): void {
    const { orgId, environmentId } = mark;
    for (const [versionId, ofVersion] of Map.groupBy(runs, (run) => run.engineVersionId)) {
      const share = { orgId, environmentId, targetId: versionId };
      versions.saw(orgId, versionId);
      const begun: Open[] = [];
      for (const claimed of ofVersion) {
        const inputBytes = Buffer.byteLength(claimed.input);
        const run = { runId: claimed.runId, leaseId, orgId, environmentId, inputBytes, leasedAtMs };
        const may = mayOpen(share);
        held.add(run);
        if (may) begun.push(begin(run, claimed, share));
        else {
          backlog.leave(share);
          onReturned(run);
        }
      }
      if (begun.length > 0) track(callAll(mark, versionId, begun));
    }
  }

  function begin(run: HeldRun, claimed: ClaimedRun, share: Share): Open {
    shares.take(share);
    const payload = Buffer.from(claimed.input);
    const one = { run, payload, timeoutMs: claimed.timeoutMs, share, abort: new AbortController() };
    open.set(run, one);
    return one;
  }

  function end({ run, share }: Open): void {
    if (!open.delete(run)) return;
    shares.release(share);
    backlog.look();
  }

  function track(work: Promise<void>): void {
    under.add(work);
    void work.then(() => under.delete(work));
  }

  // Those of one version in one claim share what is read and written before their calls.
  async function callAll(mark: ReadyMark, versionId: string, calls: readonly Open[]): Promise<void> {
    const minted = calls.map(({ run }) => mintCallbackToken(run.runId));
    let target: HttpTarget | null;
    let expiresAt: Date;
    try {
      target = await findHttpTarget(pool, { ...mark, versionId });
      const grants = calls.map(({ run }, n) => ({ runId: run.runId, tokenHash: minted[n]!.hash }));
      const timeoutMs = target?.config.callback_timeout_ms ?? DEFAULT_CALLBACK_TIMEOUT_MS;
      expiresAt = await openCallbacks(pool, mark.orgId, calls[0]!.run.leaseId, grants, timeoutMs);
    } catch (error) {
      log.warn({ err: error, versionId }, "runs of an http engine cannot be called now");
      options.onNotNow(calls[0]!.run, NOT_NOW_COOL_DOWN_MS);
      for (const one of calls) giveBack(one);
      return;
    }
    await Promise.all(calls.map((one, n) => callOne(one, target, { token: minted[n]!.token, expiresAt })));
  }

  async function callOne(
    one: Open,
    target: HttpTarget | null,
    callback: { token: string; expiresAt: Date },
  ): Promise<void> {
    const { run, payload, timeoutMs, abort } = one;
    if (!target) {
      const error = runError("engine_error", "The engine's version does not exist");
      return finish(one, failedHttpRun(error));
    }
    const call = { runId: run.runId, payload, timeoutMs, callback };
    const answer = await callService(client, target, call, abort.signal, inTurn);
    if (answer.kind === "ended") finish(one, answer.result);
    else if (answer.kind === "given_up") giveBack(one);
    else {
      end(one);
      await leave(run);
    }
  }

  function finish(one: Open, result: HttpRunResult): void {
    end(one);
    if (!held.has(one.run)) return;
    answered.push(one.run);
    onResult(one.run, result);
  }

  function giveBack(one: Open): void {
    end(one);
    if (held.has(one.run)) onReturned(one.run);
  }

  // Until it is written down that the service has the run, it is held and its lease renewed; only a worker that dies now has it called again.
  async function leave(run: HeldRun): Promise<void> {
    for (let failures = 0; held.has(run);) {
      try {
        await leaveToCallback(pool, run.orgId, run);
        held.remove(run);
      } catch (error) {
        if (++failures === 1) log.warn({ err: error }, "a run cannot be left to its callback now; trying again");
        await new Promise((resolve) => setTimeout(resolve, backoffMs(failures)));
      }
    }
  }

  function admit(orgId: string, environmentId: string, versionIds: readonly string[], known: Set<string>): boolean[] {
    const admitted: Share[] = [];
    const decisions = versionIds.map((versionId) => {
      if (!known.has(versionId)) return true;
      const share = { orgId, environmentId, targetId: versionId };
      if (!mayOpen(share)) {
        backlog.leave(share);
        return false;
      }
      // What this claim takes counts as open for the rest of it.
      shares.take(share);
      admitted.push(share);
      return true;
    });
    for (const share of admitted) shares.release(share);
    return decisions;
  }

  return {
    held,
    start,
    lose(run) {
      held.remove(run);
      open.get(run)?.abort.abort();
    },
    blockedVersions(orgId, environmentId) {
      const known = versions.of(orgId);
      if (!options.mayCall()) return known;
      return known.filter((versionId) => backlog.isBlocked({ orgId, environmentId, targetId: versionId }));
    },
    hasWork: (environmentId) => backlog.hasWork(environmentId),
    admission(orgId, environmentId) {
      const known = new Set(versions.of(orgId));
      return known.size === 0 ? undefined : (versionIds) => admit(orgId, environmentId, versionIds, known);
    },
    onCapacity(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async forgetCallbacks() {
      const forgotten = answered;
      answered = [];
      for (const [orgId, runs] of Map.groupBy(forgotten, (run) => run.orgId)) await forgetCallbacks(pool, orgId, runs);
    },
    count: () => shares.count(),
    async stop(graceMs) {
      const ended = Promise.all(under);
      const grace = new Promise((resolve) => void setTimeout(resolve, graceMs).unref());
      await Promise.race([ended, grace]);
      for (const { abort } of open.values()) abort.abort();
      await Promise.race([ended, new Promise((resolve) => void setTimeout(resolve, 1_000).unref())]);
    },
  };
}
