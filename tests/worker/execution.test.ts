/** Execution as a whole, with real evaluators: every run ends once, turns are kept, and nothing that one engine does holds up another. */
import { afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { pino } from "pino";
import { Client } from "pg";
import { pool, prisma } from "../../lib/db.ts";
import { markCanceled } from "../../lib/runs/store.ts";
import { openWorkerPools, type WorkerPools } from "../../lib/worker/database.ts";
import { createEvaluatorPool } from "../../lib/worker/evaluator-pool.ts";
import type { EvaluatorPool } from "../../lib/worker/evaluator-types.ts";
import { startExecution, type Execution, type ExecutionSettings } from "../../lib/worker/execution.ts";
import { createEngine, createEnvironment, createOrganization } from "../fixtures/factories.ts";
import type { TestEngine, TestEnvironment, TestOrganization } from "../fixtures/factories.ts";
import { expressionGraph, memoryEatingGraph, neverEndingGraph, throwingGraph } from "../fixtures/graphs.ts";
import { sql, testDatabase } from "../fixtures/database.ts";
import { until } from "../fixtures/processes.ts";
import { acceptRuns, forbiddenTransitions, haveEnded, recordTransitions, runStates, statusCounts } from "./runs.ts";

const log = pino({ level: "silent" });
let running: (() => Promise<void>)[] = [];
let org: TestOrganization;
let dev: TestEnvironment;
let engine: TestEngine;

const TWICE = expressionGraph({ twice: "amount * 2" });

/** Starts executing; it is stopped at the end of the test. */
function start(
  settings: Partial<ExecutionSettings> = {},
  pools: WorkerPools = openWorkerPools(),
): { execution: Execution; evaluators: EvaluatorPool } {
  const evaluators = createEvaluatorPool({ mayEvaluate: () => execution.mayEvaluate() });
  const execution = startExecution({ pools, evaluators, log, settings });
  running.push(async () => {
    await execution.stop(0, 60_000);
    await pools.close();
  });
  return { execution, evaluators };
}

async function stopAll(): Promise<void> {
  await Promise.all(running.map((stop) => stop()));
  running = [];
}

beforeAll(recordTransitions);
beforeEach(async () => {
  await sql("delete from ready_environment");
  await sql("truncate run, run_payload, usage_delta");
  org = await createOrganization();
  dev = await createEnvironment(org);
  engine = await createEngine(org, { graph: TWICE });
});
afterEach(stopAll);

const ended = (ids: readonly string[]) => until("the runs to end", () => haveEnded(ids));

describe("what was accepted is executed", () => {
  test("a run ends COMPLETED with its output, and its mark is gone", async () => {
    const { execution } = start();
    const [id] = await acceptRuns(org.live, engine, 1, { input: { amount: 21 } });
    execution.wake();
    await ended([id!]);
    expect((await runStates([id!]))[0]).toMatchObject({
      status: "COMPLETED",
      outputs: 1,
      takeovers: 0,
      lease_id: null,
    });
    const [payload] = await sql<{ body: string }>(
      "select body from run_payload where run_id = $1 and kind = 'output'",
      [id],
    );
    expect(JSON.parse(payload!.body).output).toMatchObject({ twice: 42 });
    await until("the mark to go", async () => (await sql("select from ready_environment")).length === 0);
  });

  test("nobody needs to wake the worker", async () => {
    start();
    const ids = await acceptRuns(org.live, engine, 3);
    await ended(ids);
    expect(await statusCounts(ids)).toEqual({ COMPLETED: 3 });
  });

  test("two workers on one database, runs coming in all the while: each run is recorded once, and no run goes a forbidden way", async () => {
    start();
    start();
    const environments = [org.live, dev, await createEnvironment(org)];
    const ids: string[] = [];
    for (let n = 0; n < 60; n++) ids.push(...(await acceptRuns(environments[n % 3]!, engine, 50)));
    await ended(ids);
    const states = await runStates(ids);
    expect(
      states.filter((state) => state.status !== "COMPLETED" || state.outputs !== 1 || state.takeovers !== 0),
    ).toEqual([]);
    const [changes] = await sql<{ count: number }>("select count(*)::int from status_change where run_id = any($1)", [
      ids,
    ]);
    expect(changes!.count).toBe(2 * ids.length);
    expect(await forbiddenTransitions()).toEqual([]);
    const [usage] = await sql<{ runs: number }>("select sum(runs)::int as runs from usage_delta where org_id = $1", [
      org.id,
    ]);
    expect(usage!.runs).toBe(ids.length);
  });

  test("a run whose engine or version is gone fails and says so", async () => {
    const gone = await createEngine(org);
    const ids = [...(await acceptRuns(dev, engine, 1)), ...(await acceptRuns(dev, gone, 1))];
    await sql("delete from engine_version where id = $1", [engine.versionId]);
    await sql("delete from engine where id = $1", [gone.id]);
    start();
    await ended(ids);
    for (const state of await runStates(ids)) {
      expect(state).toMatchObject({ status: "FAILED", error_code: "engine_error", outputs: 1, takeovers: 0 });
    }
  });
});

/** The environments whose turns these were, in order: runs of one claim have one start. */
async function turnsTaken(): Promise<string[]> {
  const rows = await sql<{ environment_id: string }>(
    "select environment_id from run where started_at is not null group by environment_id, started_at order by started_at",
  );
  return rows.map((row) => row.environment_id);
}

describe("turns", () => {
  test("live gets three turns of four while another environment waits", async () => {
    const ids = [...(await acceptRuns(org.live, engine, 6_000)), ...(await acceptRuns(dev, engine, 6_000))];
    start();
    await ended(ids);
    const turns = await turnsTaken();
    const bothWait = turns.slice(0, Math.min(turns.lastIndexOf(org.live.id), turns.lastIndexOf(dev.id)) + 1);
    expect(bothWait.length).toBeGreaterThanOrEqual(12);
    const expected = bothWait.map((_, n) => (n % 4 === 3 ? dev.id : org.live.id));
    expect(bothWait).toEqual(expected);
  });

  test("a flood in one environment delays no other, and no other organization, beyond its turn", async () => {
    const other = await createOrganization();
    const theirs = await createEngine(other, { graph: TWICE });
    const staging = await createEnvironment(org);
    const flood = await acceptRuns(dev, engine, 12_000);
    const { execution } = start();
    await until("the flood to be under way", async () => ((await statusCounts(flood)).COMPLETED ?? 0) > 500);
    const late = [
      ...(await acceptRuns(org.live, engine, 1)),
      ...(await acceptRuns(staging, engine, 1)),
      ...(await acceptRuns(other.live, theirs, 1)),
    ];
    // From here on everybody can see that they wait.
    const [{ at } = { at: "" }] = await sql<{ at: string }>("select clock_timestamp()::text as at");
    execution.wake();
    await ended(late);
    expect((await statusCounts(flood)).PENDING).toBeGreaterThan(0);
    for (const id of late) {
      const [between] = await sql<{ turns: number }>(
        `select count(distinct flood.started_at)::int as turns from run late join run flood
           on flood.environment_id = $2 and flood.started_at > $3 and flood.started_at < late.started_at
         where late.id = $1`,
        [id, dev.id, at],
      );
      // One that was under way when the run came, and one that is due before its own.
      expect(between!.turns).toBeLessThanOrEqual(2);
    }
  });
});

describe("engines that misbehave", () => {
  test("fail their own runs with their codes, and another organization's runs do not wait for them", async () => {
    const looping = await createEngine(org, { graph: neverEndingGraph(), timeoutMs: 1_000 });
    const hungry = await createEngine(org, { graph: memoryEatingGraph(), timeoutMs: 60_000 });
    const throwing = await createEngine(org, { graph: throwingGraph() });
    const bad = [
      ...(await acceptRuns(org.live, looping, 4)),
      ...(await acceptRuns(org.live, hungry, 2)),
      ...(await acceptRuns(org.live, throwing, 2)),
    ];
    start();
    await until("the bad runs to be claimed", async () => !(await statusCounts(bad)).PENDING);

    const other = await createOrganization();
    const stuck = await acceptRuns(dev, await createEngine(org, { graph: neverEndingGraph(), timeoutMs: 600_000 }), 4);
    const good = await acceptRuns(other.live, await createEngine(other, { graph: TWICE }), 50);
    await ended(good);
    expect(await statusCounts(good)).toEqual({ COMPLETED: 50 });
    expect((await statusCounts(stuck)).FAILED).toBeUndefined();
    for (const id of stuck) await prisma().$transaction((tx) => markCanceled(tx, dev.scope, id));

    await ended(bad);
    const codes = (await runStates(bad)).map((state) => state.error_code);
    expect(codes.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => "engine_timeout"));
    expect(codes.slice(4, 6)).toEqual(["engine_memory", "engine_memory"]);
    expect(codes.slice(6)).toEqual(["engine_error", "engine_error"]);
  });

  test("a queue of runs that never end does not stop the other engines of its own environment", async () => {
    const looping = await createEngine(org, { graph: neverEndingGraph(), timeoutMs: 600_000 });
    const stuck = await acceptRuns(dev, looping, 3_000);
    start();
    await until("the queue to be held up", async () => ((await statusCounts(stuck)).RUNNING ?? 0) > 0);
    const good = await acceptRuns(dev, engine, 100);
    await ended(good);
    expect(await statusCounts(good)).toEqual({ COMPLETED: 100 });
    expect((await statusCounts(stuck)).FAILED).toBeUndefined();
  });

  test("a run that is canceled while it is evaluated stays canceled, and its evaluation is given up", async () => {
    const looping = await createEngine(org, { graph: neverEndingGraph(), timeoutMs: 600_000 });
    const { execution, evaluators } = start({ renewAfterMs: 50 });
    const ids = await acceptRuns(dev, looping, 3);
    await until("the runs to be set apart", async () => evaluators.stats().busy > 0 && evaluators.stats().killed > 2);
    for (const id of ids) await prisma().$transaction((tx) => markCanceled(tx, dev.scope, id));
    await until("the evaluators to be free", () => evaluators.stats().items === 0 && evaluators.stats().busy === 0);
    expect(execution.stats().held).toBe(0);
    await stopAll();
    for (const state of await runStates(ids))
      expect(state).toMatchObject({ status: "CANCELED", outputs: 0, takeovers: 0 });
  });
});

describe("a worker that stops", () => {
  test("hands back what it has not evaluated, without counting a takeover", async () => {
    const looping = await createEngine(org, { graph: neverEndingGraph(), timeoutMs: 600_000 });
    const stuck = await acceptRuns(dev, looping, 20);
    const { execution } = start();
    await until("runs to be claimed", async () => (await statusCounts(stuck)).RUNNING);
    await execution.stop(0, 60_000);
    const states = await runStates(stuck);
    expect(states.filter((state) => state.status !== "PENDING" || state.takeovers !== 0)).toEqual([]);
    expect(await sql("select from ready_environment where environment_id = $1", [dev.id])).toHaveLength(1);
  });

  test("lets what is being evaluated end, and records it", async () => {
    const ids = await acceptRuns(dev, engine, 3_000);
    const { execution } = start();
    await until("runs to end", async () => (await statusCounts(ids)).COMPLETED);
    await execution.stop(60_000, 60_000);
    expect(execution.stats()).toMatchObject({ held: 0, unrecorded: 0 });
    const counts = await statusCounts(ids);
    expect(counts.RUNNING).toBeUndefined();
    expect((counts.COMPLETED ?? 0) + (counts.PENDING ?? 0)).toBe(3_000);
  });
});

async function asAdmin(work: (admin: Client) => Promise<void>): Promise<void> {
  const admin = new Client({ connectionString: inject("postgresAdminUrl") });
  await admin.connect();
  await work(admin).finally(() => admin.end());
}

describe("PostgreSQL away and back", () => {
  test("while nothing can be recorded, large inputs and outputs do not pile up", async () => {
    const ids = await acceptRuns(dev, engine, 60, { input: { amount: 1, text: "x".repeat(900_000) } });
    const client = await pool().connect();
    await client.query("begin");
    await client.query("lock table run_payload in share mode");
    const { execution, evaluators } = start();
    await until("results to wait", () => execution.stats().unrecorded > 0 && evaluators.stats().busy === 0, {
      everyMs: 100,
    });
    const { held, heldInputBytes } = execution.stats();
    expect(held).toBeLessThan(40);
    expect(heldInputBytes).toBeLessThan(32 << 20);
    await client.query("commit");
    client.release();
    await ended(ids);
    expect(await statusCounts(ids)).toEqual({ COMPLETED: 60 });
  });

  test("a claim whose answer is lost with its connection is handed back at once, without a takeover", async () => {
    const ids = await acceptRuns(dev, engine, 500);
    const pools = openWorkerPools();
    const breaking = new Proxy(pools.claim, {
      get: (target, name) => (name === "connect" ? connect : Reflect.get(target, name).bind?.(target)),
    });
    let commits = 0;
    // The first three commits reach PostgreSQL, and their answers do not reach us.
    async function connect() {
      const client = await pools.claim.connect();
      return new Proxy(client, {
        get(target, name) {
          const value = Reflect.get(target, name);
          if (name !== "query") return typeof value === "function" ? value.bind(target) : value;
          return async (...args: unknown[]) => {
            const result = await (value as (...a: unknown[]) => Promise<unknown>).apply(target, args);
            if (args[0] === "commit" && ++commits <= 3) throw new Error("Connection terminated unexpectedly");
            return result;
          };
        },
      });
    }
    start({}, { ...pools, claim: breaking as never, close: () => pools.close() });
    await ended(ids);
    expect(commits).toBeGreaterThan(3);
    const states = await runStates(ids);
    expect(states.filter((state) => state.status !== "COMPLETED" || state.takeovers !== 0)).toEqual([]);
  });

  test("results are kept and recorded, execution goes on, each run ends once", async () => {
    const { name } = testDatabase();
    const ids = await acceptRuns(dev, engine, 5_000);
    const { execution } = start();
    for (let time = 1; time <= 3; time++) {
      const before = execution.stats().recorded;
      await until("runs to be recorded", () => execution.stats().recorded > before);
      await asAdmin(async (admin) => {
        await admin.query(`alter database ${name} with allow_connections false`);
        await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
        const atRest = execution.stats().recorded;
        await until(
          "nothing to be recorded any more",
          () => execution.stats().unrecorded > 0 || atRest === execution.stats().recorded,
        );
        await admin.query(`alter database ${name} with allow_connections true`);
      });
    }
    await ended(ids);
    const states = await runStates(ids);
    expect(states.filter((state) => state.status !== "COMPLETED" || state.outputs !== 1)).toEqual([]);
    expect(await forbiddenTransitions()).toEqual([]);
  });
});
