/** Claiming against acceptance: the interleavings in which a run could be left without a ready mark, with real concurrent transactions. */
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Pool, PoolClient } from "pg";
import { pool } from "../../lib/db.ts";
import { newId } from "../../lib/ids.ts";
import { claimRuns, listReadyMarks, settleMark, type ClaimRequest } from "../../lib/hot-path/claim.ts";
import { openWorkerPools, type WorkerPools } from "../../lib/worker/database.ts";
import { createEvaluatorPool } from "../../lib/worker/evaluator-pool.ts";
import { startExecution } from "../../lib/worker/execution.ts";
import { createEngine, createEnvironment, createOrganization, publishEngineVersion } from "../fixtures/factories.ts";
import type { TestEngine, TestEnvironment, TestOrganization } from "../fixtures/factories.ts";
import { sql } from "../fixtures/database.ts";
import { until } from "../fixtures/processes.ts";
import { seededRandom } from "../fixtures/random.ts";
import { acceptRuns, runStates, statusCounts } from "./runs.ts";

let pools: WorkerPools;
let org: TestOrganization;
let engine: TestEngine;
let environment: TestEnvironment;

beforeAll(async () => {
  pools = openWorkerPools();
  org = await createOrganization();
  engine = await createEngine(org);
});
afterAll(() => pools.close());
beforeEach(async () => {
  environment = await createEnvironment(org);
});

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

const settle = (overrides: Partial<ClaimRequest> = {}, db: Pool = pools.claim) =>
  settleMark(db, { ...request(overrides), isLive: false });

async function isMarked(): Promise<boolean> {
  const rows = await sql("select from ready_environment where org_id = $1 and environment_id = $2", [
    org.id,
    environment.id,
  ]);
  return rows.length > 0;
}

/** Runs `work` in a transaction that is still open while `meanwhile` runs; commits it afterwards. */
async function whileOpen(
  work: (client: PoolClient) => Promise<unknown>,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const client = await pool().connect();
  try {
    await client.query("begin");
    await work(client);
    await meanwhile();
    await client.query("commit");
  } finally {
    client.release();
  }
}

/** A pool of one connection whose statements after the first `free` ones wait for `proceed`. */
async function gatedPool(
  free: number,
): Promise<{ pool: Pool; proceed: () => void; reached: Promise<void>; pid: number }> {
  const client = await pool().connect();
  const { promise: gate, resolve: proceed } = Promise.withResolvers<void>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  let count = 0;
  const gated = {
    async query(...args: unknown[]) {
      if (++count > free) {
        reach();
        await gate;
      }
      return (client.query as (...a: unknown[]) => unknown)(...args);
    },
    release: () => client.release(),
  };
  return { pool: { connect: async () => gated } as unknown as Pool, proceed, reached, pid: rows[0]!.pid };
}

const isWaitingFor = (pid: number) => async () =>
  (await sql("select from pg_stat_activity where $1 = any (pg_blocking_pids(pid))", [pid])).length > 0;

describe("a claim", () => {
  test("takes the oldest runs first, each with input, version, type and timeout, under a lease", async () => {
    const ids = [
      ...(await acceptRuns(environment, engine, 2, { input: { n: 1 } })),
      ...(await acceptRuns(environment, engine, 2, { input: { n: 2 } })),
    ];
    const leaseId = newId();
    const { runs, more } = await claimRuns(pools.claim, request({ limit: 3, leaseId }));
    expect(runs.map((run) => run.runId)).toEqual(ids.slice(0, 3));
    expect(more).toBe(true);
    expect(runs[2]).toEqual({
      runId: ids[2],
      engineVersionId: engine.versionId,
      engineType: "entity_analysis",
      timeoutMs: 30_000,
      takeovers: 0,
      input: '{"input":{"n":2}}',
    });
    const states = await runStates(ids);
    expect(states.map((state) => state.status)).toEqual(["RUNNING", "RUNNING", "RUNNING", "PENDING"]);
    expect(states.map((state) => state.lease_id)).toEqual([leaseId, leaseId, leaseId, null]);
  });

  test("takes no more input than it may, but always one run", async () => {
    const ids = await acceptRuns(environment, engine, 4, { input: { text: "x".repeat(1_000) } });
    const few = await claimRuns(pools.claim, request({ maxInputBytes: 1_500 }));
    expect(few).toMatchObject({ runs: [{ runId: ids[0] }, { runId: ids[1] }], more: true });
    const one = await claimRuns(pools.claim, request({ maxInputBytes: 1 }));
    expect(one).toMatchObject({ runs: [{ runId: ids[2] }], more: true });
    expect(await statusCounts(ids)).toEqual({ RUNNING: 3, PENDING: 1 });
  });

  test("never starts a run before it was created, though its transaction may have begun before", async () => {
    const ids = await acceptRuns(environment, engine, 1);
    await sql("update run set created_at = created_at + interval '1 minute' where id = any($1)", [ids]);
    await claimRuns(pools.claim, request());
    const rows = await sql("select started_at = created_at as same from run where id = any($1)", [ids]);
    expect(rows).toEqual([{ same: true }]);
  });

  test("leaves out versions that it is told to leave", async () => {
    const slow = await createEngine(org);
    const slowIds = await acceptRuns(environment, slow, 3);
    const ids = await acceptRuns(environment, engine, 2);
    const { runs, more } = await claimRuns(pools.claim, request({ exceptVersionIds: [slow.versionId] }));
    expect(runs.map((run) => run.runId)).toEqual(ids);
    expect(more).toBe(false);
    expect(await statusCounts(slowIds)).toEqual({ PENDING: 3 });
  });

  test("does not wait for runs that another worker is claiming, and never takes the same", async () => {
    const ids = await acceptRuns(environment, engine, 20);
    await whileOpen(
      (client) =>
        client.query("select from run where environment_id = $1 order by created_at, id limit 15 for update", [
          environment.id,
        ]),
      async () => {
        const { runs } = await claimRuns(pools.claim, request({ limit: 15 }));
        expect(runs.map((run) => run.runId)).toEqual(ids.slice(15));
      },
    );
    expect(await statusCounts(ids)).toEqual({ PENDING: 15, RUNNING: 5 });
  });

  test("runs the version that was frozen at acceptance, whatever was published since", async () => {
    const moving = await createEngine(org);
    await acceptRuns(environment, moving, 1);
    await publishEngineVersion(org, moving, { major: 1, minor: 1 });
    const { runs } = await claimRuns(pools.claim, request());
    expect(runs[0]!.engineVersionId).toBe(moving.versionId);
  });
});

describe("the ready mark", () => {
  test("is gone when nothing waits, and stands while something does", async () => {
    await acceptRuns(environment, engine, 3);
    expect(await isMarked()).toBe(true);
    await claimRuns(pools.claim, request());
    const settled = await settle();
    expect(settled).toEqual({ mark: "settled", runs: [], more: false });
    expect(await isMarked()).toBe(false);
  });

  test("is set again when the second claim finds more than it may take", async () => {
    const ids = await acceptRuns(environment, engine, 5);
    const settled = await settle({ limit: 2 });
    expect(settled).toMatchObject({ mark: "settled", more: true });
    expect(settled.runs).toHaveLength(2);
    expect(await isMarked()).toBe(true);
    expect(await statusCounts(ids)).toEqual({ RUNNING: 2, PENDING: 3 });
  });

  test("acceptance open on a standing mark: the mark cannot be deleted, and what is committed is found", async () => {
    await acceptRuns(environment, engine, 1);
    await claimRuns(pools.claim, request());
    let ids: string[] = [];
    await whileOpen(
      async (client) => (ids = await acceptRuns(environment, engine, 2, { db: client })),
      async () => {
        expect((await claimRuns(pools.claim, request())).runs).toEqual([]);
        expect(await settle()).toEqual({ mark: "held", runs: [], more: false });
      },
    );
    expect(await isMarked()).toBe(true);
    expect((await settle()).runs.map((run) => run.runId)).toEqual(ids);
  });

  test("acceptance open with a new mark: it is not seen before the commit, and stands after it", async () => {
    let ids: string[] = [];
    await whileOpen(
      async (client) => (ids = await acceptRuns(environment, engine, 2, { db: client })),
      async () => {
        expect((await claimRuns(pools.claim, request())).runs).toEqual([]);
        expect(await settle()).toEqual({ mark: "held", runs: [], more: false });
      },
    );
    expect((await claimRuns(pools.claim, request())).runs.map((run) => run.runId)).toEqual(ids);
    expect(await isMarked()).toBe(true);
  });

  test("acceptance while a worker has deleted the mark and not committed: it waits, and sets a mark of its own", async () => {
    await acceptRuns(environment, engine, 1);
    await claimRuns(pools.claim, request());
    // begin, delete | claim, commit
    const gate = await gatedPool(2);
    const settling = settle({}, gate.pool);
    await gate.reached;
    const accepting = acceptRuns(environment, engine, 2);
    await until("acceptance to wait for the mark", isWaitingFor(gate.pid));
    gate.proceed();
    expect(await settling).toEqual({ mark: "settled", runs: [], more: false });
    const ids = await accepting;
    expect(await isMarked()).toBe(true);
    expect((await settle()).runs.map((run) => run.runId)).toEqual(ids);
  });

  test("what is accepted between the first claim and the settlement is claimed by the settlement", async () => {
    await acceptRuns(environment, engine, 1);
    expect((await claimRuns(pools.claim, request())).runs).toHaveLength(1);
    const ids = await acceptRuns(environment, engine, 2);
    expect((await settle()).runs.map((run) => run.runId)).toEqual(ids);
    expect(await isMarked()).toBe(false);
  });

  test("a thousand small acceptances against two workers, with transactions left open: nothing is left behind", async () => {
    const random = seededRandom();
    const accepted: string[] = [];
    const claimed: string[] = [];
    let accepting = true;

    async function accept(times: number): Promise<void> {
      for (let n = 0; n < times; n++) {
        const client = await pool().connect();
        await client.query("begin");
        const ids = await acceptRuns(environment, engine, random.integer(1, 3), { db: client });
        if (random.next() < 0.5) await client.query("select pg_sleep($1)", [random.next() / 200]);
        await client.query("commit");
        client.release();
        accepted.push(...ids);
      }
    }
    // As the claim loop does, and it looks only where a mark stands: whatever has none is lost here.
    async function work(): Promise<void> {
      for (let last = false; ;) {
        const marked = await isMarked();
        if (!marked && last) return;
        if (!marked) {
          last = !accepting;
          continue;
        }
        const limit = random.integer(1, 4);
        const first = await claimRuns(pools.claim, request({ limit }));
        const second = first.more ? undefined : await settle({ limit });
        claimed.push(...[...first.runs, ...(second?.runs ?? [])].map((run) => run.runId));
      }
    }
    const accepters = Promise.all([accept(170), accept(170), accept(160)]).finally(() => (accepting = false));
    await Promise.all([accepters, work(), work()]);
    expect(claimed).toHaveLength(accepted.length);
    expect(new Set(claimed)).toEqual(new Set(accepted));
    expect(await isMarked()).toBe(false);
  });
});

describe("reading marks", () => {
  test("gives whole organizations only, in order, and says where the end is", async () => {
    await sql("delete from ready_environment");
    const organizations = await Promise.all([createOrganization(), createOrganization(), createOrganization()]);
    for (const one of organizations) {
      const other = await createEnvironment(one);
      const theirs = await createEngine(one);
      await acceptRuns(one.live, theirs, 1);
      await acceptRuns(other, theirs, 1);
    }
    const ids = organizations.map((one) => one.id).sort();
    const nil = "00000000-0000-0000-0000-000000000000";
    const first = await listReadyMarks(pools.claim, nil, 3);
    expect(first.marks.map((one) => one.orgId)).toEqual([ids[0], ids[0]]);
    expect(first.end).toBe(false);
    const rest = await listReadyMarks(pools.claim, ids[0]!, 100);
    expect(rest.marks.map((one) => one.orgId)).toEqual([ids[1], ids[1], ids[2], ids[2]]);
    expect(rest.end).toBe(true);
    expect(rest.marks.filter((one) => one.isLive)).toHaveLength(2);
  });

  test("gives an organization whole, however many of its environments are marked", async () => {
    await sql("delete from ready_environment");
    const one = await createOrganization();
    for (const environmentId of Array.from({ length: 9 }, () => newId())) {
      const mark = "insert into ready_environment (org_id, environment_id, is_live) values ($1, $2, false)";
      await sql(mark, [one.id, environmentId]);
    }
    const { marks, end } = await listReadyMarks(pools.claim, "00000000-0000-0000-0000-000000000000", 2);
    expect(marks).toHaveLength(9);
    expect(end).toBe(true);
  });
});

const ended = async (id: string) => (await runStates([id]))[0]!.status === "COMPLETED";

describe("execution", () => {
  test("a claim that PostgreSQL refuses in one environment stops no other's", async () => {
    await sql("delete from ready_environment");
    const [refused] = await acceptRuns(environment, engine, 1);
    const other = await createEnvironment(org);
    const [claimed] = await acceptRuns(other, engine, 1);
    await sql(`create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$`);
    const mayNot = `when (old.id = '${refused}' and new.status = 'RUNNING')`;
    await sql(`create trigger refuse before update on run for each row ${mayNot} execute function refuse()`);
    const found: string[] = [];
    const refusals = pino({ level: "error" }, { write: (text: string) => void found.push(text) });
    const evaluators = createEvaluatorPool();
    const execution = startExecution({ pools, evaluators, log: refusals });
    try {
      await until("the refusal to be logged", () => found.length >= 2);
      await until("the other environment's run to end", () => ended(claimed!));
      const [later] = await acceptRuns(other, engine, 1);
      await until("a later one to end", () => ended(later!));
      expect((await runStates([refused!]))[0]!.status).toBe("PENDING");
      expect(found.join("")).toContain("the runs of an environment cannot be claimed now");
      await sql("drop function refuse cascade");
      await until("the refused run to end", () => ended(refused!));
    } finally {
      await sql("drop function if exists refuse cascade");
      await execution.stop(0, 60_000);
    }
  });
});
