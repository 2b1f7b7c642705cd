/** The worker as a process: killed, stopped, orphaned. Real processes on the test file's database. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fork } from "node:child_process";
import { join } from "node:path";
import { POLL_MS } from "../../lib/worker/claimer.ts";
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
  // What an earlier test has left would be executed here.
  await sql("delete from ready_environment");
  await sql("update run set status = 'CANCELED' where status in ('PENDING', 'RUNNING')");
  org = await createOrganization();
  dev = await createEnvironment(org);
  engine = await createEngine(org, { graph: expressionGraph({ twice: "amount * 2" }) });
});
afterEach(stopWorkerProcesses);

const completed = async (ids: readonly string[]) => (await statusCounts(ids)).COMPLETED ?? 0;

describe("kill -9", () => {
  test("in the middle of a thousand runs: all of them end, each recorded once, usage equals accepted, and the other worker takes over", async () => {
    const victim = await startWorkerProcess();
    const looping = await createEngine(org, { graph: neverEndingGraph(), timeoutMs: 5_000 });
    // One that is being evaluated when the worker dies, for certain; then the thousand.
    const [held] = await acceptRuns(org.live, looping, 1);
    await until("a run to be evaluated", async () => (await statusCounts([held!])).RUNNING);
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
    await startWorkerProcess();
    const ids = [held!, ...(await accepting)];
    await until("every run to end", () => haveEnded(ids));
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
  });
});

describe("SIGTERM", () => {
  test("the worker records or hands back what it holds and is gone, whatever it evaluates", async () => {
    const worker = await startWorkerProcess();
    const looping = await createEngine(org, { graph: neverEndingGraph(), timeoutMs: 600_000 });
    const quick = await acceptRuns(dev, engine, 2_000);
    const stuck = await acceptRuns(org.live, looping, 3);
    await until("runs to end", async () => (await completed(quick)) > 0);
    await until("a stuck run to be claimed", async () => (await statusCounts(stuck)).RUNNING);
    worker.kill("SIGTERM");
    // It ends with 1 when its 10 seconds are over and it has not come to its end.
    expect(await worker.exited).toEqual({ exitCode: 0, signal: null });
    const states = await runStates([...quick, ...stuck]);
    expect(states.filter((state) => state.status === "RUNNING" || state.takeovers > 0)).toEqual([]);
    expect(await statusCounts(stuck)).toEqual({ PENDING: 3 });
    expect(await sql("select from worker_heartbeat")).toEqual([]);
  });
});

describe("under a supervisor", () => {
  test("a wake-up over IPC is heard, and the end of the supervisor ends the worker", async () => {
    // In this worker the fallback poll does not come: what is executed was woken for.
    const noPoll = `const { setTimeout: real } = globalThis;
      globalThis.setTimeout = (work, ms, ...rest) => real(work, ms === ${POLL_MS} ? 3_600_000 : ms, ...rest);`;
    const execArgv = ["--import", `data:text/javascript,${encodeURIComponent(noPoll)}`];
    const worker = fork(MAIN, { env: workerEnv(), stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv });
    const exited = new Promise<number | null>((resolve) => worker.once("exit", resolve));
    await until("the worker to work", async () => (await sql("select from worker_heartbeat")).length > 0);
    for (let n = 0; n < 5; n++) {
      const ids = await acceptRuns(dev, engine, 1);
      worker.send({ type: "nexio:wake" });
      await until("the run to end", () => haveEnded(ids));
    }
    worker.disconnect();
    expect(await exited).toBe(0);
  });
});

describe("what a worker says", () => {
  test("its heartbeat is there while it lives; its log has no input and no output", async () => {
    const worker = await startWorkerProcess();
    const ids = await acceptRuns(dev, engine, 3, { input: { amount: 21, note: "confidential-input" } });
    await until("the runs to end", () => haveEnded(ids));
    expect(await sql("select from worker_heartbeat")).toHaveLength(1);
    await worker.stop();
    expect(worker.output()).toContain("the worker has stopped");
    expect(worker.output()).not.toContain("confidential-input");
  });
});
