/** Services that answer 202: the run is held by its callback alone, whatever happens to workers, until that or its deadline comes. */
import type { ServerResponse } from "node:http";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { join } from "node:path";
import { pool, prisma } from "../../lib/db.ts";
import { markCanceled } from "../../lib/runs/store.ts";
import { createSweeper } from "../../lib/worker/sweep.ts";
import { purgeCallbacks } from "../../lib/worker/tasks/callback-purge.ts";
import { sql, testDatabase } from "../fixtures/database.ts";
import {
  createEnvironment,
  createHttpEngine,
  createOrganization,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { startProcess, until, type TestProcess } from "../fixtures/processes.ts";
import type { Answer } from "../fixtures/receiver.ts";
import { bodyOf, callBack, execute, outputOf, service, stopAll } from "./http-harness.ts";
import { acceptRuns, forbiddenTransitions, haveEnded, recordTransitions, runStates, statusCounts } from "./runs.ts";

let org: TestOrganization;
let dev: TestEnvironment;
let workers: TestProcess[] = [];

beforeAll(recordTransitions);
beforeEach(async () => {
  await sql("delete from ready_environment");
  await sql("truncate run, run_payload, run_callback, usage_delta, status_change");
  org = await createOrganization();
  dev = await createEnvironment(org);
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
  await stopAll();
  expect(await forbiddenTransitions()).toEqual([]);
});

const ended = (ids: readonly string[]) => until("the runs to end", () => haveEnded(ids));
const accepted: Answer = (_, response) => void response.writeHead(202).end();
const engineAt = (url: string, callback_timeout_ms?: number) =>
  createHttpEngine(org, { url, ...(callback_timeout_ms === undefined ? {} : { callback_timeout_ms }) });

const leases = (ids: readonly string[]) =>
  sql<{ lease_id: string | null; lease_expires_at: Date | null }>(
    "select lease_id, lease_expires_at from run where id = any($1)",
    [ids],
  );

/** Until their 202 is written down: nobody but the callback holds them. */
const areLeft = (ids: readonly string[]) =>
  until("the runs to be left to their callbacks", async () => {
    const rows = await sql("select from run_callback where run_id = any($1) and waiting", [ids]);
    return rows.length === ids.length;
  });

/** As if every worker had been silent for an hour: what anybody's lease holds has lapsed. */
const letLeasesLapse = () =>
  sql("update run set lease_expires_at = lease_expires_at - interval '1 hour' where status = 'RUNNING'");

async function sweepTwice(): Promise<void> {
  const sweeper = createSweeper(pool());
  for (let time = 0; time < 2; time++) await sweeper.sweep();
}

/** Everything that waits is executed, and the sweep has looked twice: whatever could be called again has been. */
async function settle(): Promise<void> {
  await sweepTwice();
  const answering = await service(() => ({}));
  await ended(await acceptRuns(dev, await engineAt(answering.url), 3));
}

describe("a run whose service has answered 202", () => {
  test("waits without a worker, and ends by its callback", async () => {
    const later = await service(accepted);
    const engine = await engineAt(later.url);
    const execution = execute();
    const ids = await acceptRuns(dev, engine, 3);
    await areLeft(ids);
    await until("the worker to hold nothing", () => execution.stats().calling === 0 && execution.stats().held === 0);
    expect(await statusCounts(ids)).toEqual({ RUNNING: 3 });
    for (const lease of await leases(ids))
      expect(lease).toEqual({ lease_id: expect.any(String), lease_expires_at: null });
    const calls = later.received.map(bodyOf);
    expect(new Set(calls.map(({ callback }) => callback.token)).size).toBe(3);
    for (const { callback, run_id: id } of calls) {
      expect((await callBack(callback, { output: { id }, solutions: [{ rank: 1 }] })).status).toBe(200);
      expect(await outputOf(id)).toMatchObject({ output: { id }, solutions: [{ rank: 1 }] });
    }
    for (const state of await runStates(ids))
      expect(state).toMatchObject({ status: "COMPLETED", outputs: 1, takeovers: 0, lease_id: null });
    expect((await callBack(calls[0]!.callback, { output: {} })).status).toBe(409);
    await settle();
    expect(later.received).toHaveLength(3);
  });

  test("may be finished before the 202 has come", async () => {
    const early = await service(async (received, response) => {
      const { callback } = bodyOf(received);
      expect((await callBack(callback, { output: { early: true } })).status).toBe(200);
      response.writeHead(202).end();
    });
    const execution = execute();
    const [id] = await acceptRuns(dev, await engineAt(early.url), 1);
    await ended([id!]);
    await until("the call to end", () => execution.stats().calling === 0);
    expect(await outputOf(id!)).toMatchObject({ output: { early: true } });
    expect((await runStates([id!]))[0]).toMatchObject({ status: "COMPLETED", outputs: 1 });
  });

  test("is FAILED at the deadline, and a late callback changes nothing", async () => {
    const later = await service(accepted);
    execute();
    const [id] = await acceptRuns(dev, await engineAt(later.url, 60_000), 1);
    await areLeft([id!]);
    const expiresAt = "select expires_at from run_callback where run_id = $1";
    const [callback] = await sql<{ expires_at: Date }>(expiresAt, [id]);
    expect(callback!.expires_at.toISOString()).toBe(bodyOf(later.received[0]!).callback.expires_at);
    const sweeper = createSweeper(pool());
    expect(await sweeper.sweep()).toMatchObject({ expired: 0 });
    // Its minute is over.
    await sql("update run_callback set expires_at = now() where run_id = $1", [id]);
    await sweeper.sweep();
    expect((await runStates([id!]))[0]).toMatchObject({
      status: "FAILED",
      error_code: "engine_callback_expired",
      outputs: 1,
      takeovers: 0,
    });
    expect(await callBack(bodyOf(later.received[0]!).callback, { output: {} })).toMatchObject({ status: 409 });
    expect(await outputOf(id!)).toMatchObject({ error: { code: "engine_callback_expired" } });
    expect(later.received).toHaveLength(1);
    expect(await sql("select from run_callback where waiting")).toEqual([]);
  });

  test("stays CANCELED when it is canceled", async () => {
    const later = await service(accepted);
    execute();
    const [id] = await acceptRuns(dev, await engineAt(later.url), 1);
    await areLeft([id!]);
    await prisma().$transaction((tx) => markCanceled(tx, dev.scope, id!));
    expect((await callBack(bodyOf(later.received[0]!).callback, { output: {} })).status).toBe(409);
    // What is looked at when its time is over is not touched either.
    await sql("update run_callback set expires_at = now() - interval '1 second'");
    await createSweeper(pool()).sweep();
    expect((await runStates([id!]))[0]).toMatchObject({ status: "CANCELED", outputs: 0 });
  });

  test("takes the place of no other: many wait, and others are called", async () => {
    const later = await service(accepted);
    const quick = await service(() => ({}));
    execute();
    const waiting = await acceptRuns(dev, await engineAt(later.url), 120);
    await areLeft(waiting);
    const good = await acceptRuns(dev, await engineAt(quick.url), 20);
    await ended(good);
    expect(await statusCounts(waiting)).toEqual({ RUNNING: 120 });
    expect(later.received).toHaveLength(120);
  });

  test("that cannot be written down because PostgreSQL is away is called again by no worker when it is back", async () => {
    const called = Promise.withResolvers<ServerResponse>();
    const later = await service((_, response) => called.resolve(response));
    execute({ renewAfterMs: 60_000, sweepMs: 60_000 });
    const another = createSweeper(pool());
    const [id] = await acceptRuns(dev, await engineAt(later.url), 1);
    const response = await called.promise;
    // PostgreSQL is back for another worker's sweep before this one can write.
    const away = await pool().connect();
    try {
      await away.query("begin");
      await away.query("lock table run_callback in exclusive mode");
      response.writeHead(202).end();
      await until("the 202 to wait to be written down", async () => {
        const waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%left_alone%'";
        return (await sql(waiting)).length > 0;
      });
      await letLeasesLapse();
      expect(await another.sweep()).toMatchObject({ requeued: 0 });
    } finally {
      await away.query("commit");
      away.release();
    }
    await areLeft([id!]);
    expect(await another.sweep()).toMatchObject({ requeued: 0 });
    expect((await runStates([id!]))[0]).toMatchObject({ status: "RUNNING", takeovers: 0 });
    expect((await callBack(bodyOf(later.received[0]!).callback, { output: {} })).status).toBe(200);
    expect(later.received).toHaveLength(1);
  });

  test("is forgotten a day after its time, not before", async () => {
    const later = await service(accepted);
    execute();
    const ids = await acceptRuns(dev, await engineAt(later.url), 2);
    await areLeft(ids);
    for (const { callback } of later.received.map(bodyOf)) await callBack(callback, { output: {} });
    await sql("update run_callback set expires_at = now() - interval '23 hours' where run_id = $1", [ids[0]]);
    await sql("update run_callback set expires_at = now() - interval '25 hours' where run_id = $1", [ids[1]]);
    expect(await purgeCallbacks(pool())).toBe(1);
    expect(await sql("select run_id from run_callback")).toEqual([{ run_id: ids[0] }]);
  });
});

describe("kill -9 of a worker", () => {
  const MAIN = join(import.meta.dirname, "../../lib/worker/main.ts");

  async function startWorker(): Promise<TestProcess> {
    const environment = { ...process.env, DATABASE_URL: testDatabase().url, NEXIO_ROLE: "worker", LOG_LEVEL: "info" };
    const worker = await startProcess({ command: process.execPath, args: [MAIN], env: environment });
    workers.push(worker);
    return worker;
  }

  test("while a 202 is open: nobody calls again, and the callback ends the run", async () => {
    const later = await service(accepted);
    const victim = await startWorker();
    const ids = await acceptRuns(dev, await engineAt(later.url), 5);
    await areLeft(ids);
    victim.kill("SIGKILL");
    await victim.exited;
    await letLeasesLapse();
    await startWorker();
    await settle();
    expect(await statusCounts(ids)).toEqual({ RUNNING: 5 });
    expect(later.received).toHaveLength(5);
    for (const { callback } of later.received.map(bodyOf)) {
      expect((await callBack(callback, { output: { done: true } })).status).toBe(200);
    }
    for (const state of await runStates(ids))
      expect(state).toMatchObject({ status: "COMPLETED", takeovers: 0, outputs: 1 });
  });

  test("in the middle of a call: the service is called again with the same id, and the run ends once", async () => {
    let isFirst = true;
    const hanging = await service(() => {
      const answer = isFirst ? undefined : { second: true };
      isFirst = false;
      return answer;
    });
    const victim = await startWorker();
    const [id] = await acceptRuns(dev, await engineAt(hanging.url), 1);
    await until("the call to hang", () => hanging.open() === 1);
    victim.kill("SIGKILL");
    await victim.exited;
    await letLeasesLapse();
    await startWorker();
    await until("the run to end", () => haveEnded([id!]));
    expect(hanging.received.map(({ headers }) => headers["webhook-id"])).toEqual([id, id]);
    expect((await runStates([id!]))[0]).toMatchObject({ status: "COMPLETED", takeovers: 1, outputs: 1 });
    expect(await outputOf(id!)).toMatchObject({ output: { second: true } });
  });

  test("is given up after three takeovers", async () => {
    const hanging = await service(() => undefined);
    const [id] = await acceptRuns(dev, await engineAt(hanging.url), 1);
    await sql("update run set takeovers = 3 where id = $1", [id]);
    const victim = await startWorker();
    await until("the call to hang", () => hanging.open() === 1);
    victim.kill("SIGKILL");
    await victim.exited;
    await letLeasesLapse();
    await sweepTwice();
    expect((await runStates([id!]))[0]).toMatchObject({ status: "FAILED", error_code: "engine_crashed", outputs: 1 });
  });

  test("says nothing of what it sent and received in its log", async () => {
    const answering = await service(() => ({ note: "confidential-output" }));
    const engine = await createHttpEngine(org, { url: `${answering.url}/?secret=confidential-url` });
    const worker = await startWorker();
    const ids = await acceptRuns(dev, engine, 3, { input: { note: "confidential-input" } });
    await until("the runs to end", () => haveEnded(ids));
    const { token } = bodyOf(answering.received[0]!).callback;
    await worker.stop();
    expect(worker.output()).toContain("the worker has stopped");
    for (const text of ["confidential", engine.secret.slice(6), token]) expect(worker.output()).not.toContain(text);
  });
});
