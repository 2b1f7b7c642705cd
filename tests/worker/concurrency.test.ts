/** Concurrency: an environment with a limit never has more runs RUNNING, however many workers claim from it and whatever ends a run. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { pool, prisma } from "../../lib/db.ts";
import { claimRuns, settleMark, type ClaimedRun, type ClaimRequest } from "../../lib/hot-path/claim.ts";
import { completeRuns, type Completed } from "../../lib/hot-path/complete.ts";
import { newId } from "../../lib/ids.ts";
import { setConcurrencyCeiling, setEnvironmentLimits } from "../../lib/limits/service.ts";
import { cancelRun } from "../../lib/runs/service.ts";
import { closeWaker } from "../../lib/wake.ts";
import { openWorkerPools, type WorkerPools } from "../../lib/worker/database.ts";
import { handBackRuns, takeOverRuns } from "../../lib/worker/leases.ts";
import { createSweeper } from "../../lib/worker/sweep.ts";
import { sql } from "../fixtures/database.ts";
import { createEngine, createEnvironment, createOrganization } from "../fixtures/factories.ts";
import type { TestEngine, TestEnvironment, TestOrganization } from "../fixtures/factories.ts";
import { busyGraph } from "../fixtures/graphs.ts";
import { until } from "../fixtures/processes.ts";
import { seededRandom } from "../fixtures/random.ts";
import { expectWakeUp } from "../fixtures/wake-ups.ts";
import { acceptRuns, haveEnded, runStates, statusCounts } from "./runs.ts";
import { startWorkerProcess, stopWorkerProcesses } from "./worker-process.ts";

let pools: WorkerPools;
let org: TestOrganization;
let engine: TestEngine;
let environment: TestEnvironment;

// Writes down how many runs of the environment run whenever one begins to: the statement sees its own rows and all that is committed.
async function watchRunning(): Promise<void> {
  await sql(`
    create table seen_running (environment_id uuid, running int);
    create function note_running() returns trigger language plpgsql as $$
    begin
      insert into seen_running select environment_id, count(*) from run
      where status = 'RUNNING' and environment_id in (select environment_id from started where status = 'RUNNING') group by environment_id;
      return null;
    end $$;
    create trigger note_running after update on run referencing new table as started for each statement execute function note_running();
  `);
}

const mostSeen = async (of: TestEnvironment) =>
  (
    await sql<{ most: number | null }>("select max(running) as most from seen_running where environment_id = $1", [
      of.id,
    ])
  )[0]!.most;

beforeAll(async () => {
  pools = openWorkerPools();
  await watchRunning();
});
afterAll(async () => {
  await Promise.all([pools.close(), closeWaker()]);
});
beforeEach(async () => {
  org = await createOrganization();
  engine = await createEngine(org);
  environment = await createEnvironment(org);
});

const ceiling = (n: number | null, of: TestEnvironment | null = environment) =>
  setConcurrencyCeiling(org.scope, of && of.slug, n);

function request(overrides: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    orgId: org.id,
    environmentId: environment.id,
    leaseId: newId(),
    leaseMs: 15_000,
    limit: 10,
    maxInputBytes: 1 << 20,
    ...overrides,
  };
}

const settle = (overrides: Partial<ClaimRequest> = {}) =>
  settleMark(pools.claim, { ...request(overrides), isLive: false });

const isMarked = async () =>
  (await sql("select from ready_environment where environment_id = $1", [environment.id])).length === 1;

function complete(leaseId: string, runs: readonly Pick<ClaimedRun, "runId">[]): Promise<Completed> {
  const rest = { status: "COMPLETED" as const, errorCode: null, degradationReason: null, summary: null, body: "{}" };
  return completeRuns(
    pool(),
    org.id,
    runs.map(({ runId }) => ({ runId, leaseId, ...rest })),
  );
}

/** Fills the environment to its ceiling of two, with more waiting and no mark. */
async function fill() {
  await ceiling(2);
  const ids = await acceptRuns(environment, engine, 5);
  const leaseId = newId();
  const { runs } = await claimRuns(pools.claim, request({ leaseId }));
  expect(runs.map(({ runId }) => runId)).toEqual(ids.slice(0, 2));
  expect(await settle()).toMatchObject({ mark: "settled", runs: [], full: true });
  expect(await isMarked()).toBe(false);
  return { ids, leaseId, runs };
}

describe("a claim", () => {
  test("takes what there is room for, says when it is full, and leaves the rest waiting without a mark", async () => {
    await ceiling(3);
    const ids = await acceptRuns(environment, engine, 7);
    const first = await claimRuns(pools.claim, request({ limit: 2 }));
    expect(first).toMatchObject({ more: true, runs: [{ runId: ids[0] }, { runId: ids[1] }] });
    const second = await claimRuns(pools.claim, request());
    expect(second).toMatchObject({ full: true, more: false, runs: [{ runId: ids[2] }] });
    expect(await claimRuns(pools.claim, request())).toEqual({ runs: [], more: false, full: true });
    expect(await settle()).toEqual({ mark: "settled", runs: [], more: false, full: true });
    expect(await isMarked()).toBe(false);
    expect(await statusCounts(ids)).toEqual({ RUNNING: 3, PENDING: 4 });
  });

  test("does not wait for another that claims from the same environment at this moment, and says that it is busy", async () => {
    await ceiling(3);
    await acceptRuns(environment, engine, 2);
    const client = await pool().connect();
    await client.query("begin");
    await client.query("select from environment where id = $1 for no key update", [environment.id]);
    expect(await claimRuns(pools.claim, request())).toEqual({ runs: [], more: false, busy: true });
    expect(await settle()).toMatchObject({ mark: "held", runs: [] });
    expect(await isMarked()).toBe(true);
    await client.query("rollback");
    client.release();
    expect((await claimRuns(pools.claim, request())).runs).toHaveLength(2);
  });

  test("the lower of limit and ceiling holds, an environment's own ceiling goes before the organization's", async () => {
    const running = async () => {
      const { runs } = await claimRuns(pools.claim, request({ limit: 100 }));
      await sql("update run set status = 'PENDING', lease_id = null where org_id = $1", [org.id]);
      return runs.length;
    };
    await acceptRuns(environment, engine, 20);
    expect(await running()).toBe(20);
    await ceiling(9, null);
    expect(await running()).toBe(9);
    await setEnvironmentLimits(org.scope, environment.slug, { concurrency: 4 });
    expect(await running()).toBe(4);
    await ceiling(2);
    expect(await running()).toBe(2);
    await setEnvironmentLimits(org.scope, environment.slug, { concurrency: null });
    await ceiling(12);
    expect(await running()).toBe(12);
    await ceiling(null);
    expect(await running()).toBe(9);
    await ceiling(null, null);
    expect(await running()).toBe(20);
  });

  test("runs that began before the limit count", async () => {
    const ids = await acceptRuns(environment, engine, 6);
    const leaseId = newId();
    const { runs } = await claimRuns(pools.claim, request({ leaseId, limit: 4 }));
    await ceiling(3);
    expect((await claimRuns(pools.claim, request())).full).toBe(true);
    await complete(leaseId, runs.slice(0, 1));
    expect((await claimRuns(pools.claim, request())).full).toBe(true);
    await complete(leaseId, runs.slice(1, 2));
    expect((await claimRuns(pools.claim, request())).runs.map(({ runId }) => runId)).toEqual([ids[4]]);
  });
});

describe("room is told of at once", () => {
  test("by a completion, which marks the environment and wakes the workers", async () => {
    const { ids, leaseId, runs } = await fill();
    await expectWakeUp(() => complete(leaseId, runs.slice(0, 1)));
    expect(await isMarked()).toBe(true);
    expect((await claimRuns(pools.claim, request())).runs.map(({ runId }) => runId)).toEqual([ids[2]]);
  });

  test("by the end of a run that began before there was a limit", async () => {
    await acceptRuns(environment, engine, 5);
    const leaseId = newId();
    const { runs } = await claimRuns(pools.claim, request({ leaseId, limit: 3 }));
    await ceiling(2);
    expect(await settle()).toEqual({ mark: "settled", runs: [], more: false, full: true });
    expect(await isMarked()).toBe(false);
    await complete(leaseId, runs.slice(0, 2));
    expect(await isMarked()).toBe(true);
    expect((await claimRuns(pools.claim, request())).runs).toHaveLength(1);
  });

  test("by one that ends while a worker finds the environment full: the mark stays", async () => {
    await acceptRuns(environment, engine, 5);
    const leaseId = newId();
    const { runs } = await claimRuns(pools.claim, request({ leaseId, limit: 2 }));
    await ceiling(2);
    const client = await pool().connect();
    await client.query("begin");
    // as a completion that has not committed yet
    await client.query("update run set status = 'COMPLETED', lease_id = null where id = $1", [runs[0]!.runId]);
    expect(await settle()).toMatchObject({ mark: "held", runs: [] });
    expect(await isMarked()).toBe(true);
    await client.query("commit");
    client.release();
    expect((await settle()).runs).toHaveLength(1);
  });

  test("by a completion while the mark is being removed: one of the two sees the other", async () => {
    const { leaseId, runs } = await fill();
    await acceptRuns(environment, engine, 1);
    const client = await pool().connect();
    await client.query("begin");
    await client.query("delete from ready_environment where environment_id = $1", [environment.id]);
    const completing = complete(leaseId, runs.slice(0, 1));
    await until("the completion to wait for the mark", async () => {
      const rows = await sql(
        "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      return rows.length > 0;
    });
    await client.query("commit");
    client.release();
    await completing;
    expect(await isMarked()).toBe(true);
  });

  test("by a cancellation", async () => {
    const { runs } = await fill();
    await cancelRun(environment.scope, runs[0]!.runId);
    expect(await isMarked()).toBe(true);
    expect((await claimRuns(pools.claim, request())).runs).toHaveLength(1);
  });

  test("by a run that is handed back, and by one whose worker died, failed or not", async () => {
    const { leaseId, runs } = await fill();
    await handBackRuns(pool(), org.id, [{ runId: runs[0]!.runId, leaseId }]);
    expect(await isMarked()).toBe(true);
    await sql("delete from ready_environment where environment_id = $1", [environment.id]);
    await sql("update run set lease_expires_at = now() - interval '1 second', takeovers = 3 where id = $1", [
      runs[1]!.runId,
    ]);
    expect(await takeOverRuns(pool(), org.id, [runs[1]!.runId])).toEqual({ requeued: 0, failed: 1 });
    expect(await isMarked()).toBe(true);
    expect((await claimRuns(pools.claim, request())).runs).toHaveLength(2);
  });

  test("by a limit that is raised or taken away", async () => {
    const { ids } = await fill();
    await ceiling(3);
    expect(await isMarked()).toBe(true);
    expect((await claimRuns(pools.claim, request())).runs.map(({ runId }) => runId)).toEqual([ids[2]]);
    await settle();
    expect(await isMarked()).toBe(false);
    await ceiling(null);
    expect(await isMarked()).toBe(true);
    expect((await claimRuns(pools.claim, request())).runs).toHaveLength(2);
  });

  test("and an environment without a limit is not marked by what ends there", async () => {
    await acceptRuns(environment, engine, 2);
    const leaseId = newId();
    const { runs } = await claimRuns(pools.claim, request({ leaseId }));
    await settle();
    await complete(leaseId, runs.slice(0, 1));
    await cancelRun(environment.scope, runs[1]!.runId);
    expect(await isMarked()).toBe(false);
  });
});

test("the sweep leaves a full environment alone, and marks one that has room", async () => {
  const { runs } = await fill();
  await sql("update run set created_at = now() - interval '1 minute' where environment_id = $1", [environment.id]);
  const sweeper = createSweeper(pool());
  expect((await sweeper.sweep()).marked).toBe(0);
  await sql("update run set status = 'CANCELED', lease_id = null, lease_expires_at = null where id = $1", [
    runs[0]!.runId,
  ]);
  expect((await sweeper.sweep()).marked).toBe(1);
  expect(await isMarked()).toBe(true);
});

test("four workers, runs that end in every way, transactions that overlap: never more than the limit, and nothing is left behind", async () => {
  const random = seededRandom();
  await ceiling(3);
  const accepted: string[] = [];
  let accepting = true;

  async function accept(): Promise<void> {
    for (let n = 0; n < 60; n++) {
      accepted.push(...(await acceptRuns(environment, engine, random.integer(1, 4))));
      if (random.next() < 0.3) await sql("select pg_sleep($1)", [random.next() / 100]);
    }
  }
  async function end(leaseId: string, run: ClaimedRun): Promise<void> {
    const how = random.next();
    if (how < 0.7) await complete(leaseId, [run]);
    else if (how < 0.85)
      await prisma().$transaction((tx) =>
        import("../../lib/runs/store.ts").then((store) => store.markCanceled(tx, environment.scope, run.runId)),
      );
    else await handBackRuns(pool(), org.id, [{ runId: run.runId, leaseId }]);
  }
  // As the claim loop does, and it looks only where a mark stands: whatever has none is lost here.
  async function work(): Promise<void> {
    for (let idle = 0; idle < 30;) {
      if (!(await isMarked())) {
        idle = accepting ? 0 : idle + 1;
        continue;
      }
      idle = 0;
      const leaseId = newId();
      const claim = await claimRuns(pools.claim, request({ leaseId, limit: random.integer(1, 5) }));
      const later = newId();
      const settlement = claim.more || claim.busy ? undefined : await settle({ leaseId: later });
      if (random.next() < 0.3) await sql("select pg_sleep($1)", [random.next() / 200]);
      for (const run of claim.runs) await end(leaseId, run);
      for (const run of settlement?.runs ?? []) await end(later, run);
    }
  }
  const accepters = Promise.all([accept(), accept()]).finally(() => (accepting = false));
  await Promise.all([accepters, work(), work(), work(), work()]);
  expect(await haveEnded(accepted)).toBe(true);
  expect(await mostSeen(environment)).toBe(3);
});

describe("three worker processes", () => {
  afterEach(stopWorkerProcesses);

  test("killed with the environment full: it stays full until they are taken over, never more run than the limit, and all runs end", async () => {
    const slow = await createEngine(org, { graph: busyGraph(200) });
    const other = await createEnvironment(org);
    await ceiling(2);
    const workers = await Promise.all([startWorkerProcess(), startWorkerProcess(), startWorkerProcess()]);
    const ids: string[] = [];
    // However slow everything is, more runs wait there than may run.
    async function keepFull(): Promise<void> {
      if (((await statusCounts(ids)).PENDING ?? 0) < 8) ids.push(...(await acceptRuns(environment, slow, 8)));
    }
    await until("some runs to end", async () => {
      await keepFull();
      return ((await statusCounts(ids)).COMPLETED ?? 0) >= 5;
    });
    const others = await acceptRuns(other, engine, 200);
    await until("the other environment's runs to end", async () => {
      await keepFull();
      return haveEnded(others);
    });

    await until("the workers to be killed with runs that they hold", async () => {
      for (const worker of workers) worker.kill("SIGSTOP");
      await until("what they had asked for to be done", async () => {
        const asked = await sql(
          "select from pg_stat_activity where datname = current_database() and application_name like 'nexio-worker%' and state = 'active'",
        );
        return asked.length === 0;
      });
      const isHeld = ((await statusCounts(ids)).RUNNING ?? 0) > 0;
      for (const worker of workers) worker.kill(isHeld ? "SIGKILL" : "SIGCONT");
      return isHeld;
    });
    await Promise.all(workers.map((worker) => worker.exited));
    const left = await statusCounts(ids);
    expect(left.RUNNING ?? 0).toBeGreaterThan(0);
    await startWorkerProcess();
    const more = await acceptRuns(other, engine, 50);
    await until("the other environment's runs to end", () => haveEnded(more));
    await until("every run to end", () => haveEnded(ids));
    const states = await runStates([...ids, ...others, ...more]);
    expect(states.filter((state) => state.status !== "COMPLETED" || state.outputs !== 1)).toEqual([]);
    expect(states.filter((state) => state.takeovers > 0)).toHaveLength(left.RUNNING!);
    expect(await mostSeen(environment)).toBe(2);
  });
});
