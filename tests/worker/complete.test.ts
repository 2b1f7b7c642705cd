/** Recording results: fenced by the lease, exactly once, and one bad result harms no other. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pino } from "pino";
import type { Pool } from "pg";
import { claimRuns, type ClaimedRun } from "../../lib/hot-path/claim.ts";
import { completeRuns, type TerminalResult } from "../../lib/hot-path/complete.ts";
import { prisma } from "../../lib/db.ts";
import { newId } from "../../lib/ids.ts";
import { markCanceled } from "../../lib/runs/store.ts";
import { createCompleter } from "../../lib/worker/completer.ts";
import { openWorkerPools, type WorkerPools } from "../../lib/worker/database.ts";
import { createEngine, createEnvironment, createOrganization } from "../fixtures/factories.ts";
import type { TestEngine, TestEnvironment, TestOrganization } from "../fixtures/factories.ts";
import { sql } from "../fixtures/database.ts";
import { acceptRuns, runStates } from "./runs.ts";

const log = pino({ level: "silent" });
let pools: WorkerPools;
let org: TestOrganization;
let engine: TestEngine;
let environment: TestEnvironment;

beforeAll(async () => {
  pools = openWorkerPools();
  org = await createOrganization();
  engine = await createEngine(org);
  environment = await createEnvironment(org);
});
afterAll(() => pools.close());

async function claimed(count: number): Promise<{ runs: ClaimedRun[]; leaseId: string }> {
  await acceptRuns(environment, engine, count);
  const leaseId = newId();
  const scope = { orgId: org.id, environmentId: environment.id };
  const { runs } = await claimRuns(pools.claim, {
    ...scope,
    leaseId,
    leaseMs: 15_000,
    limit: count,
    maxInputBytes: 1 << 20,
  });
  return { runs, leaseId };
}

function completed(runId: string, leaseId: string, body = '{"output":{"n":1}}'): TerminalResult {
  return { runId, leaseId, status: "COMPLETED", errorCode: null, degradationReason: null, summary: "1 finding", body };
}

async function outputOf(runId: string): Promise<string | undefined> {
  const [row] = await sql<{ body: string }>("select body from run_payload where run_id = $1 and kind = 'output'", [
    runId,
  ]);
  return row?.body;
}

describe("completion", () => {
  test("records status, times, summary and output of every run in a batch, and ends the leases", async () => {
    const { runs, leaseId } = await claimed(3);
    const [a, b, c] = runs.map((run) => run.runId) as [string, string, string];
    const { recorded } = await completeRuns(pools.record, org.id, [
      {
        ...completed(c, leaseId),
        status: "FAILED",
        errorCode: "engine_error",
        body: '{"error":{"code":"engine_error"}}',
      },
      completed(a, leaseId, '{"output":"ünï \\"quoted\\" \\\\ {},null"}'),
      { ...completed(b, leaseId), status: "DEGRADED", degradationReason: "1 of 2 failed" },
    ]);
    expect(recorded).toEqual(new Set([a, b, c]));
    const states = await runStates([a, b, c]);
    expect(states.map((state) => state.status)).toEqual(["COMPLETED", "DEGRADED", "FAILED"]);
    expect(states.every((state) => state.lease_id === null && state.completed_at! >= state.started_at!)).toBe(true);
    expect(states[2]!.error_code).toBe("engine_error");
    expect(await outputOf(a)).toBe('{"output":"ünï \\"quoted\\" \\\\ {},null"}');
  });

  test("sent twice, records once and keeps the first", async () => {
    const { runs, leaseId } = await claimed(1);
    const { runId } = runs[0]!;
    expect((await completeRuns(pools.record, org.id, [completed(runId, leaseId, '{"output":1}')])).recorded).toEqual(
      new Set([runId]),
    );
    expect((await completeRuns(pools.record, org.id, [completed(runId, leaseId, '{"output":2}')])).recorded).toEqual(
      new Set(),
    );
    expect(await outputOf(runId)).toBe('{"output":1}');
  });

  test("leaves alone what was canceled, claimed by another, or belongs to another organization; the rest of the batch is recorded", async () => {
    const { runs, leaseId } = await claimed(4);
    const [kept, canceled, taken, foreign] = runs.map((run) => run.runId) as [string, string, string, string];
    await prisma().$transaction((tx) => markCanceled(tx, environment.scope, canceled));
    await sql("update run set lease_id = $2 where id = $1", [taken, newId()]);
    const other = await createOrganization();
    expect((await completeRuns(pools.record, other.id, [completed(foreign, leaseId)])).recorded).toEqual(new Set());
    const batch = [kept, canceled, taken].map((runId) => completed(runId, leaseId));
    expect((await completeRuns(pools.record, org.id, batch)).recorded).toEqual(new Set([kept]));
    const states = await runStates([kept, canceled, taken, foreign]);
    expect(states.map((state) => [state.status, state.outputs])).toEqual([
      ["COMPLETED", 1],
      ["CANCELED", 0],
      ["RUNNING", 0],
      ["RUNNING", 0],
    ]);
  });

  test("records a trace beside the output where there is one, and of none that was lost", async () => {
    const { runs, leaseId } = await claimed(3);
    const [traced, plain, lost] = runs.map((run) => run.runId) as [string, string, string];
    await prisma().$transaction((tx) => markCanceled(tx, environment.scope, lost));
    await completeRuns(pools.record, org.id, [
      { ...completed(traced, leaseId), trace: '{"evaluations":[{"zen":{"ü":{}}}]}' },
      completed(plain, leaseId),
      { ...completed(lost, leaseId), trace: "{}" },
    ]);
    const rows = await sql<{ run_id: string; body: string }>(
      "select run_id, body from run_payload where kind = 'trace' and run_id = any($1::uuid[])",
      [[traced, plain, lost]],
    );
    expect(rows).toEqual([{ run_id: traced, body: '{"evaluations":[{"zen":{"ü":{}}}]}' }]);
  });

  test("two that complete the same runs at once record each once", async () => {
    const { runs, leaseId } = await claimed(200);
    const all = runs.map((run) => completed(run.runId, leaseId));
    const [first, second] = await Promise.all([
      completeRuns(pools.record, org.id, all),
      completeRuns(pools.record, org.id, all.toReversed()),
    ]);
    expect(first!.recorded.size + second!.recorded.size).toBe(200);
    const states = await runStates(runs.map((run) => run.runId));
    expect(states.every((state) => state.status === "COMPLETED" && state.outputs === 1)).toBe(true);
  });
});

/** A completer over `pool`, and what it has settled. */
function completerOver(pool: Pool) {
  const settled: [string, string][] = [];
  const completer = createCompleter({
    pool,
    log,
    onSettled: (result, outcome) => void settled.push([result.runId, outcome]),
    onQueued() {},
  });
  return { completer, settled };
}

describe("the completer", () => {
  test("records everything, of many organizations, and settles each result once", async () => {
    const { runs, leaseId } = await claimed(1_200);
    const { completer, settled } = completerOver(pools.record);
    const foreign = await createOrganization();
    for (const run of runs) completer.add(org.id, completed(run.runId, leaseId));
    completer.add(foreign.id, completed(newId(), leaseId));
    await completer.drained();
    expect(completer.waiting()).toBe(0);
    expect(settled).toHaveLength(1_201);
    expect(settled.filter(([, outcome]) => outcome === "lost")).toHaveLength(1);
    const states = await runStates(runs.map((run) => run.runId));
    expect(states.every((state) => state.status === "COMPLETED" && state.outputs === 1)).toBe(true);
  });

  test("a result that PostgreSQL refuses fails its own run only", async () => {
    const { runs, leaseId } = await claimed(9);
    const { completer } = completerOver(pools.record);
    const guilty = runs[4]!.runId;
    for (const { runId } of runs) {
      completer.add(org.id, completed(runId, leaseId, runId === guilty ? '{"output":"\0"}' : '{"output":1}'));
    }
    await completer.drained();
    const states = await runStates(runs.map((run) => run.runId));
    for (const state of states) expect(state.status).toBe(state.id === guilty ? "FAILED" : "COMPLETED");
    expect(JSON.parse((await outputOf(guilty))!).error.code).toBe("engine_error");
  });

  test("keeps results while the connection breaks under it, and records them once", async () => {
    const { runs, leaseId } = await claimed(300);
    let statements = 0;
    // The first three lose their connection after they were sent, as when PostgreSQL restarts: it may have been committed or not.
    const breaking = {
      async query(config: object) {
        const client = await pools.record.connect();
        const sent = client.query(config as never);
        const isBroken = ++statements <= 3;
        if (isBroken)
          (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
        try {
          return await sent;
        } finally {
          client.release(isBroken);
        }
      },
    };
    const { completer, settled } = completerOver(breaking as unknown as Pool);
    for (const run of runs) completer.add(org.id, completed(run.runId, leaseId));
    await completer.drained();
    expect(statements).toBeGreaterThan(3);
    expect(settled).toHaveLength(300);
    const states = await runStates(runs.map((run) => run.runId));
    expect(states.every((state) => state.status === "COMPLETED" && state.outputs === 1)).toBe(true);
  });
});
