/** The worker as a process: killed, stopped, orphaned. Real processes on the test file's database. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fork } from "node:child_process";
import { join } from "node:path";
import { createEngine, createEnvironment, createOrganization } from "../fixtures/factories.ts";
import type { TestEngine, TestEnvironment, TestOrganization } from "../fixtures/factories.ts";
import { expressionGraph, neverEndingGraph } from "../fixtures/graphs.ts";
import { sql } from "../fixtures/database.ts";
import { until } from "../fixtures/processes.ts";
import { acceptRuns, forbiddenTransitions, haveEnded, recordTransitions, runStates, statusCounts } from "./runs.ts";
import { startWorkerProcess, stopWorkerProcesses, workerEnv } from "./worker-process.ts";

const MAIN = join(import.meta.dirname, "../../lib/worker/main.ts");
let org: TestOrganization;
let dev: TestEnvironment;
let engine: TestEngine;

beforeAll(recordTransitions);
beforeEach(async () => {
  await sql("delete from worker_heartbeat");
  org = await createOrganization();
  dev = await createEnvironment(org);
  engine = await createEngine(org, { graph: expressionGraph({ twice: "amount * 2" }) });
});
afterEach(stopWorkerProcesses);

const completed = async (ids: readonly string[]) => (await statusCounts(ids)).COMPLETED ?? 0;

describe("kill -9", () => {
  test("in the middle of a thousand runs: all of them end, each recorded once, usage equals accepted, and the other worker takes over in 30 seconds", async () => {
    const victim = await startWorkerProcess();
    const looping = await createEngine(org, { graph: neverEndingGraph(), timeoutMs: 5_000 });
    // One that is being evaluated when the worker dies, for certain; then the thousand.
    const [held] = await acceptRuns(org.live, looping, 1);
    await until("a run to be evaluated", async () => (await statusCounts([held!])).RUNNING, { deadlineMs: 20_000 });
    const accepting = (async () => {
      const ids: string[] = [];
      for (let n = 0; n < 100; n++) ids.push(...(await acceptRuns(n % 2 ? dev : org.live, engine, 10)));
      return ids;
    })();
    await until(
      "runs to end",
      async () =>
        (await sql("select from run where org_id = $1 and status = 'COMPLETED' offset 50 limit 1", [org.id])).length >
        0,
    );
    victim.kill("SIGKILL");
    await victim.exited;
    const killedAt = performance.now();
    await startWorkerProcess();
    const ids = [held!, ...(await accepting)];
    await until("every run to end", () => haveEnded(ids), { deadlineMs: 45_000 });
    expect(performance.now() - killedAt).toBeLessThan(30_000 + 5_000);
    const states = await runStates(ids);
    expect(states[0]).toMatchObject({ status: "FAILED", error_code: "engine_timeout", takeovers: 1, outputs: 1 });
    expect(states.slice(1).filter((state) => state.status !== "COMPLETED" || state.outputs !== 1)).toEqual([]);
    expect(await forbiddenTransitions()).toEqual([]);
    const usage = async () =>
      (
        await sql<{ runs: number }>(
          `select ((select coalesce(sum(runs), 0) from usage_delta where org_id = $1)
             + (select coalesce(sum(runs), 0) from usage_day where org_id = $1))::int as runs`,
          [org.id],
        )
      )[0]!.runs;
    expect(await usage()).toBe(ids.length);
  }, 90_000);
});

describe("SIGTERM", () => {
  test("the worker records or hands back what it holds and is gone within 10 seconds", async () => {
    const worker = await startWorkerProcess();
    const looping = await createEngine(org, { graph: neverEndingGraph(), timeoutMs: 60_000 });
    const quick = await acceptRuns(dev, engine, 2_000);
    const stuck = await acceptRuns(org.live, looping, 3);
    await until("runs to end", async () => (await completed(quick)) > 0, { deadlineMs: 20_000 });
    await until("a stuck run to be claimed", async () => (await statusCounts(stuck)).RUNNING);
    const stoppedAt = performance.now();
    worker.kill("SIGTERM");
    const { exitCode } = await worker.exited;
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
    expect(exitCode).toBe(0);
    const states = await runStates([...quick, ...stuck]);
    expect(states.filter((state) => state.status === "RUNNING" || state.takeovers > 0)).toEqual([]);
    expect(await statusCounts(stuck)).toEqual({ PENDING: 3 });
    expect(await sql("select from worker_heartbeat")).toEqual([]);
  });
});

describe("under a supervisor", () => {
  test("a wake-up over IPC is heard at once, and the end of the supervisor ends the worker", async () => {
    const worker = fork(MAIN, { env: workerEnv(), stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv: [] });
    const exited = new Promise<number | null>((resolve) => worker.once("exit", resolve));
    await until("the worker to work", async () => (await sql("select from worker_heartbeat")).length > 0, {
      deadlineMs: 20_000,
    });
    const [first] = await acceptRuns(dev, engine, 1);
    await until("the first run to end", () => haveEnded([first!]));
    const waits: number[] = [];
    for (let n = 0; n < 10; n++) {
      const ids = await acceptRuns(dev, engine, 1);
      worker.send({ type: "nexio:wake" });
      await until("the run to end", () => haveEnded(ids), { everyMs: 1 });
      const [times] = await sql<{ ms: number }>(
        "select extract(epoch from started_at - created_at)::float * 1000 as ms from run where id = $1",
        [ids[0]],
      );
      waits.push(times!.ms);
    }
    // The fallback poll alone would make half of them wait for longer than 125 ms.
    expect(waits.sort((a, b) => a - b)[5]).toBeLessThan(100);
    worker.disconnect();
    expect(await exited).toBe(0);
  });
});

describe("what a worker says", () => {
  test("its heartbeat is there while it lives; its log has no input and no output", async () => {
    const worker = await startWorkerProcess();
    const ids = await acceptRuns(dev, engine, 3, { input: { amount: 21, note: "confidential-input" } });
    await until("the runs to end", () => haveEnded(ids), { deadlineMs: 20_000 });
    expect(await sql("select from worker_heartbeat where beat_at > now() - interval '15 seconds'")).toHaveLength(1);
    await worker.stop();
    expect(worker.output()).toContain("the worker has stopped");
    expect(worker.output()).not.toContain("confidential-input");
  });
});
