/** Leases and the sweep: what a dead, slow or stopping worker leaves behind. Leases are made to lapse by their length, never by waiting for them. */
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { claimRuns } from "../../lib/hot-path/claim.ts";
import { completeRuns } from "../../lib/hot-path/complete.ts";
import { pool, prisma } from "../../lib/db.ts";
import { newId } from "../../lib/ids.ts";
import { markCanceled } from "../../lib/runs/store.ts";
import { openWorkerPools, type WorkerPools } from "../../lib/worker/database.ts";
import { createEvaluatorPool } from "../../lib/worker/evaluator-pool.ts";
import { EXECUTION_SETTINGS, startExecution } from "../../lib/worker/execution.ts";
import { handBackRuns, listLapsedRuns, renewLeases, takeOverRuns } from "../../lib/worker/leases.ts";
import { createSweeper, type SweepResult } from "../../lib/worker/sweep.ts";
import { createEngine, createEnvironment, createOrganization } from "../fixtures/factories.ts";
import type { TestEngine, TestEnvironment, TestOrganization } from "../fixtures/factories.ts";
import { sql } from "../fixtures/database.ts";
import { neverEndingGraph } from "../fixtures/graphs.ts";
import { until } from "../fixtures/processes.ts";
import { acceptRuns, runStates, statusCounts } from "./runs.ts";

const LAPSED_MS = -1;
let pools: WorkerPools;
let org: TestOrganization;
let engine: TestEngine;
let environment: TestEnvironment;

beforeAll(async () => {
  pools = openWorkerPools();
});
afterAll(() => pools.close());
beforeEach(async () => {
  await sql(
    "update run set status = 'CANCELED', lease_id = null, lease_expires_at = null where status in ('PENDING', 'RUNNING')",
  );
  await sql("delete from ready_environment");
  org = await createOrganization();
  engine = await createEngine(org);
  environment = await createEnvironment(org);
});

/** One worker's sweep looks twice; what both looks did. */
async function sweep(): Promise<SweepResult> {
  const sweeper = createSweeper(pools.record);
  const [first, second] = [await sweeper.sweep(), await sweeper.sweep()];
  return {
    requeued: first.requeued + second.requeued,
    failed: first.failed + second.failed,
    marked: first.marked + second.marked,
    expired: first.expired + second.expired,
    broken: first.broken + second.broken,
  };
}

/** Claims everything that waits, with a lease of this length, and takes the mark away as settling does. */
async function claimAll(leaseMs: number): Promise<{ runId: string; leaseId: string }[]> {
  const leaseId = newId();
  const scope = { orgId: org.id, environmentId: environment.id };
  const { runs } = await claimRuns(pools.claim, { ...scope, leaseId, leaseMs, limit: 1_000, maxInputBytes: 1 << 20 });
  await sql("delete from ready_environment where environment_id = $1", [environment.id]);
  return runs.map(({ runId }) => ({ runId, leaseId }));
}

const isMarked = async () =>
  (await sql("select from ready_environment where environment_id = $1", [environment.id])).length > 0;

describe("taking over", () => {
  test("a lapsed run waits again, marked, with one takeover counted", async () => {
    const ids = await acceptRuns(environment, engine, 3);
    await claimAll(LAPSED_MS);
    expect(await sweep()).toEqual({ requeued: 3, failed: 0, marked: 0, expired: 0, broken: 0 });
    const states = await runStates(ids);
    expect(
      states.map(({ status, takeovers, lease_id, started_at }) => [status, takeovers, lease_id, started_at]),
    ).toEqual(ids.map(() => ["PENDING", 1, null, null]));
    expect(await isMarked()).toBe(true);
  });

  test("a run is taken over by the second look in a row that finds its lease lapsed: who lives renews between the two", async () => {
    const ids = await acceptRuns(environment, engine, 3);
    const held = await claimAll(LAPSED_MS);
    const sweeper = createSweeper(pools.record);
    expect(await sweeper.sweep()).toMatchObject({ requeued: 0 });
    await renewLeases(pools.record, org.id, held.slice(0, 2), 15_000);
    expect(await sweeper.sweep()).toMatchObject({ requeued: 1 });
    expect(await statusCounts(ids)).toEqual({ RUNNING: 2, PENDING: 1 });
  });

  test("a look that PostgreSQL fails counts for nothing, nor does what was found before it", async () => {
    const ids = await acceptRuns(environment, engine, 1);
    await claimAll(LAPSED_MS);
    const sweeper = createSweeper(pools.record);
    await sweeper.sweep();
    await sql("alter table run rename to run_away");
    expect(await sweeper.sweep()).toMatchObject({ requeued: 0, broken: 2 });
    await sql("alter table run_away rename to run");
    expect(await sweeper.sweep()).toMatchObject({ requeued: 0 });
    expect(await sweeper.sweep()).toMatchObject({ requeued: 1 });
    expect(await statusCounts(ids)).toEqual({ PENDING: 1 });
  });

  test("a run whose lease stands is left alone", async () => {
    const ids = await acceptRuns(environment, engine, 2);
    await claimAll(15_000);
    expect(await sweep()).toEqual({ requeued: 0, failed: 0, marked: 0, expired: 0, broken: 0 });
    expect(await statusCounts(ids)).toEqual({ RUNNING: 2 });
  });

  test("after three takeovers the run is FAILED engine_crashed, once, and says why", async () => {
    const [id] = await acceptRuns(environment, engine, 1);
    for (let takeover = 1; takeover <= 3; takeover++) {
      await claimAll(LAPSED_MS);
      expect(await sweep()).toMatchObject({ requeued: 1, failed: 0 });
      expect((await runStates([id!]))[0]!.takeovers).toBe(takeover);
    }
    await claimAll(LAPSED_MS);
    expect(await sweep()).toMatchObject({ requeued: 0, failed: 1 });
    expect((await runStates([id!]))[0]).toMatchObject({
      status: "FAILED",
      error_code: "engine_crashed",
      outputs: 1,
      lease_id: null,
    });
    const [payload] = await sql<{ body: string }>(
      "select body from run_payload where run_id = $1 and kind = 'output'",
      [id],
    );
    expect(JSON.parse(payload!.body).error.code).toBe("engine_crashed");
    expect(await sweep()).toEqual({ requeued: 0, failed: 0, marked: 0, expired: 0, broken: 0 });
  });

  test("sweeps at the same time count each run once", async () => {
    const ids = await acceptRuns(environment, engine, 300);
    await claimAll(LAPSED_MS);
    const results = await Promise.all([sweep(), sweep(), sweep(), sweep()]);
    expect(results.reduce((sum, result) => sum + result.requeued, 0)).toBe(300);
    const states = await runStates(ids);
    expect(states.every((state) => state.takeovers === 1 && state.status === "PENDING")).toBe(true);
  });

  test("what was completed or canceled between looking and taking over is left as it is", async () => {
    const [completed, canceled] = (await acceptRuns(environment, engine, 2)) as [string, string];
    const held = await claimAll(LAPSED_MS);
    const lapsed = await listLapsedRuns(pools.record, 100);
    expect(lapsed.get(org.id)?.toSorted()).toEqual([completed, canceled].toSorted());
    const result = {
      status: "COMPLETED",
      errorCode: null,
      degradationReason: null,
      summary: null,
      body: "{}",
    } as const;
    await completeRuns(pools.record, org.id, [{ ...held[0]!, ...result }]);
    await prisma().$transaction((tx) => markCanceled(tx, environment.scope, canceled));
    expect(await takeOverRuns(pools.record, org.id, lapsed.get(org.id)!)).toEqual({ requeued: 0, failed: 0 });
    expect((await runStates([completed, canceled])).map((state) => state.status)).toEqual(["COMPLETED", "CANCELED"]);
  });

  test("the result of a worker that comes back late is not recorded over the takeover", async () => {
    const [id] = await acceptRuns(environment, engine, 1);
    const [late] = await claimAll(LAPSED_MS);
    await sweep();
    await claimAll(15_000);
    const result = {
      status: "COMPLETED",
      errorCode: null,
      degradationReason: null,
      summary: null,
      body: "{}",
    } as const;
    expect((await completeRuns(pools.record, org.id, [{ ...late!, ...result }])).recorded).toEqual(new Set());
    expect((await runStates([id!]))[0]!.status).toBe("RUNNING");
  });

  test("lease, renewal and sweep leave a dead worker's run unattended for at most 30 seconds", () => {
    const { leaseMs, sweepMs, renewAfterMs } = EXECUTION_SETTINGS;
    // Two sweeps come up to 10 % late each; the claim polls within a second.
    expect(leaseMs + 2 * sweepMs * 1.1 + 1_000).toBeLessThanOrEqual(30_000);
    // A living worker's turn to renew comes between two sweeps, each 10 % early or late.
    expect((renewAfterMs / 2) * 1.1).toBeLessThan(sweepMs * 0.9);
    // Two renewals may fail before a living worker loses a lease.
    expect(renewAfterMs * 2.2).toBeLessThan(leaseMs);
  });
});

/** A run whose callback did not come in time. */
async function expiredCallback(of: TestEnvironment, by: TestEngine): Promise<string> {
  const [id] = await acceptRuns(of, by, 1);
  await sql("update run set status = 'RUNNING', lease_id = $2, started_at = now() where id = $1", [id, newId()]);
  await sql(
    `insert into run_callback (org_id, run_id, lease_id, token_hash, expires_at, waiting)
     select org_id, id, lease_id, sha256(id::text::bytea), now() - interval '1 minute', true from run where id = $1`,
    [id],
  );
  return id!;
}

/** Runs `work` while somebody keeps the rows of these runs locked. */
async function whileLocked(ids: readonly string[], work: () => Promise<void>): Promise<void> {
  const client = await pool().connect();
  try {
    await client.query("begin");
    await client.query("select from run where id = any($1::uuid[]) for update", [ids]);
    await work();
  } finally {
    await client.query("rollback");
    client.release();
  }
}

const upkeepSweeper = () => createSweeper(pools.upkeep, { strandedAfterMs: -1_000 });

/** When the run's lease ends. */
const leaseOf = async (id: string) =>
  (await sql<{ until: Date }>("select lease_expires_at as until from run where id = $1", [id]))[0]!.until.getTime();

describe("what fails lastingly", () => {
  test("a duty that fails stops no other", async () => {
    const ids = await acceptRuns(environment, engine, 2);
    await claimAll(LAPSED_MS);
    const sweeper = upkeepSweeper();
    await sql("alter table run_callback rename to run_callback_away");
    try {
      expect(await sweeper.sweep()).toMatchObject({ requeued: 0, broken: 1 });
      expect(await sweeper.sweep()).toMatchObject({ requeued: 2, broken: 1 });
    } finally {
      await sql("alter table run_callback_away rename to run_callback");
    }
    expect(await statusCounts(ids)).toEqual({ PENDING: 2 });
    expect(await sweeper.sweep()).toMatchObject({ broken: 0 });
  });

  test("a callback that cannot be expired stops neither other organizations' nor takeovers, and expires when it can", async () => {
    const others = await createOrganization();
    const broken = await expiredCallback(environment, engine);
    const theirEngine = await createEngine(others);
    const theirs = [await expiredCallback(others.live, theirEngine), await expiredCallback(others.live, theirEngine)];
    const lapsed = await acceptRuns(environment, engine, 2);
    await claimAll(LAPSED_MS);
    const sweeper = upkeepSweeper();
    await whileLocked([broken], async () => {
      expect(await sweeper.sweep()).toMatchObject({ requeued: 0, expired: 2, broken: 1 });
      expect(await sweeper.sweep()).toMatchObject({ requeued: 2, expired: 0, broken: 1 });
    });
    expect(await statusCounts([...theirs, ...lapsed])).toEqual({ FAILED: 2, PENDING: 2 });
    expect(await sweeper.sweep()).toMatchObject({ expired: 1, broken: 0 });
    expect(await statusCounts([broken])).toEqual({ FAILED: 1 });
  });

  test("a run that PostgreSQL refuses to take over stops no other organization's, and is taken over when it can be", async () => {
    const others = await createOrganization();
    const theirEngine = await createEngine(others);
    const [broken] = await acceptRuns(environment, engine, 1);
    await claimAll(LAPSED_MS);
    const [theirs] = await acceptRuns(others.live, theirEngine, 1);
    const claim = { orgId: others.id, environmentId: others.live.id, leaseId: newId(), leaseMs: LAPSED_MS };
    await claimRuns(pools.claim, { ...claim, limit: 1, maxInputBytes: 1 << 20 });
    const sweeper = upkeepSweeper();
    await sweeper.sweep();
    await sql(`create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$`);
    await sql(
      `create trigger refuse before update on run for each row when (old.id = '${broken}') execute function refuse()`,
    );
    try {
      expect(await sweeper.sweep()).toMatchObject({ requeued: 1, broken: 1 });
    } finally {
      await sql("drop function refuse cascade");
    }
    expect(await statusCounts([broken!, theirs!])).toEqual({ RUNNING: 1, PENDING: 1 });
    expect(await sweeper.sweep()).toMatchObject({ requeued: 1, broken: 0 });
  });

  test("a lease that cannot be renewed, because somebody keeps its run locked, costs no other organization its leases", async () => {
    const others = await createOrganization();
    const looping = { graph: neverEndingGraph() };
    const [locked] = await acceptRuns(environment, await createEngine(org, looping), 1);
    const [theirs] = await acceptRuns(others.live, await createEngine(others, looping), 1);
    const evaluators = createEvaluatorPool();
    const execution = startExecution({
      pools,
      evaluators,
      log: pino({ level: "silent" }),
      settings: { renewAfterMs: 100 },
    });
    try {
      await until("both runs to begin", async () => (await statusCounts([locked!, theirs!])).RUNNING === 2);
      await whileLocked([locked!], async () => {
        const [before, theirsBefore] = [await leaseOf(locked!), await leaseOf(theirs!)];
        await until("the other lease to be renewed twice", async () => (await leaseOf(theirs!)) > theirsBefore + 2_000);
        expect(await leaseOf(locked!)).toBe(before);
      });
      expect((await runStates([theirs!]))[0]!.takeovers).toBe(0);
    } finally {
      await execution.stop(0, 60_000);
    }
  });
});

describe("renewing", () => {
  test("extends what is held and names what is not any more", async () => {
    const ids = await acceptRuns(environment, engine, 3);
    const held = await claimAll(LAPSED_MS);
    await prisma().$transaction((tx) => markCanceled(tx, environment.scope, ids[1]!));
    expect(await renewLeases(pools.record, org.id, held, 15_000)).toEqual(new Set([ids[0], ids[2]]));
    expect(await sweep()).toMatchObject({ requeued: 0 });
    expect(await statusCounts(ids)).toEqual({ RUNNING: 2, CANCELED: 1 });
  });
});

describe("handing back", () => {
  test("puts runs in line again, marked, without counting a takeover; not those that are no longer held", async () => {
    const ids = await acceptRuns(environment, engine, 3);
    const held = await claimAll(15_000);
    await prisma().$transaction((tx) => markCanceled(tx, environment.scope, ids[0]!));
    expect(await handBackRuns(pools.record, org.id, held)).toBe(2);
    const states = await runStates(ids);
    expect(states.map((state) => [state.status, state.takeovers])).toEqual([
      ["CANCELED", 0],
      ["PENDING", 0],
      ["PENDING", 0],
    ]);
    expect(await isMarked()).toBe(true);
  });

  test("handed back while a worker settles the environment, the runs keep a mark", async () => {
    await acceptRuns(environment, engine, 50);
    const held = await claimAll(15_000);
    await acceptRuns(environment, engine, 1);
    const scope = { orgId: org.id, environmentId: environment.id, leaseMs: 15_000, limit: 1, maxInputBytes: 1 << 20 };
    const { settleMark } = await import("../../lib/hot-path/claim.ts");
    await Promise.all([
      handBackRuns(pools.record, org.id, held),
      ...Array.from({ length: 5 }, () => settleMark(pools.claim, { ...scope, leaseId: newId(), isLive: false })),
    ]);
    expect(await isMarked()).toBe(true);
  });
});

describe("the sweep's marks", () => {
  test("an environment with an old run waiting and no mark gets one; a fresh run is left to its acceptance", async () => {
    const old = await createEnvironment(org);
    const [oldRun] = await acceptRuns(old, engine, 1);
    await sql("update run set created_at = now() - interval '6 seconds' where id = $1", [oldRun]);
    await acceptRuns(environment, engine, 1);
    await sql("delete from ready_environment");
    expect(await sweep()).toEqual({ requeued: 0, failed: 0, marked: 1, expired: 0, broken: 0 });
    const marks = await sql<{ environment_id: string; is_live: boolean }>(
      "select environment_id, is_live from ready_environment",
    );
    expect(marks).toEqual([{ environment_id: old.id, is_live: false }]);
  });

  test("live is marked as live", async () => {
    const [run] = await acceptRuns(org.live, engine, 1);
    await sql("update run set created_at = now() - interval '1 minute' where id = $1", [run]);
    await sql("delete from ready_environment");
    await sweep();
    expect(await sql("select is_live from ready_environment where environment_id = $1", [org.live.id])).toEqual([
      { is_live: true },
    ]);
  });
});
