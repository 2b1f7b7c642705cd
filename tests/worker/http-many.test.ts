/** Runs of http engines, many of them and services that hang: nobody else is delayed, nothing piles up, and each is called once. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { prisma } from "../../lib/db.ts";
import { markCanceled } from "../../lib/runs/store.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createHttpEngine,
  createOrganization,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import { execute, service, stopAll } from "./http-harness.ts";
import { acceptRuns, forbiddenTransitions, haveEnded, recordTransitions, runStates, statusCounts } from "./runs.ts";

let org: TestOrganization;
let dev: TestEnvironment;

beforeAll(recordTransitions);
beforeEach(async () => {
  await sql("delete from ready_environment");
  await sql("truncate run, run_payload, run_callback, usage_delta, status_change");
  org = await createOrganization();
  dev = await createEnvironment(org);
});
afterEach(async () => {
  await stopAll();
  expect(await forbiddenTransitions()).toEqual([]);
});

const ended = (ids: readonly string[]) => until("the runs to end", () => haveEnded(ids));
// What hangs does so until the test is over.
const timeoutMs = 600_000;
const engineAt = (url: string) => createHttpEngine(org, { url, timeoutMs });

describe("a service that hangs", () => {
  test("delays neither graphs, nor other engines, environments and organizations", async () => {
    const hanging = await service(() => undefined);
    const quick = await service(() => ({ quick: true }));
    const other = await createOrganization();
    const stuckEngines = [await engineAt(hanging.url), await engineAt(hanging.url)];
    const stuck = [
      ...(await acceptRuns(dev, stuckEngines[0]!, 500)),
      ...(await acceptRuns(dev, stuckEngines[1]!, 500)),
    ];
    const execution = execute();
    await until("the calls to hang", () => hanging.open() >= 48 && execution.stats().calling === hanging.open());
    const graph = await createEngine(org);
    const engine = await engineAt(quick.url);
    const theirs = await createHttpEngine(other, { url: quick.url });
    const good = [
      ...(await acceptRuns(dev, graph, 200)),
      ...(await acceptRuns(dev, engine, 20)),
      ...(await acceptRuns(org.live, engine, 20)),
      ...(await acceptRuns(other.live, theirs, 20)),
    ];
    execution.wake();
    await ended(good);
    expect(await statusCounts(good)).toEqual({ COMPLETED: 260 });
    // They wait where they are, and are held by nobody.
    expect(hanging.open()).toBeLessThanOrEqual(64);
    expect(await statusCounts(stuck)).toMatchObject({ PENDING: expect.toSatisfy((n: number) => n >= 936) });
  });

  test("leaves something to every organization, however many have one that hangs", async () => {
    const hanging = await service(() => undefined);
    const quick = await service(() => ({}));
    const execution = execute();
    for (let n = 0; n < 8; n++) {
      const one = await createOrganization();
      const engine = await createHttpEngine(one, { url: hanging.url, timeoutMs });
      await acceptRuns(one.live, engine, 50);
      await acceptRuns(await createEnvironment(one), engine, 50);
    }
    execution.wake();
    await until("calls to hang", () => hanging.open() >= 8 * 24);
    const good = await acceptRuns(org.live, await engineAt(quick.url), 10);
    execution.wake();
    await ended(good);
    // What a worker has open at a time, and one for each of the sixteen environments beside it.
    expect(hanging.open()).toBeLessThanOrEqual(256 + 16);
  });

  test("is called no more for a run that was canceled", async () => {
    const hanging = await service(() => undefined);
    const engine = await engineAt(hanging.url);
    const execution = execute({ renewAfterMs: 50 });
    const ids = await acceptRuns(dev, engine, 3);
    await until("the calls to hang", () => hanging.open() === 3);
    for (const id of ids) await prisma().$transaction((tx) => markCanceled(tx, dev.scope, id));
    await until("the calls to be given up", () => hanging.open() === 0 && execution.stats().calling === 0);
    await execution.stopNow();
    for (const state of await runStates(ids)) expect(state).toMatchObject({ status: "CANCELED", outputs: 0 });
  });
});

describe("many runs", () => {
  test("are all called, a few at a time, and each once", async () => {
    let most = 0;
    const answering = await service(() => {
      most = Math.max(most, answering.open());
      return { done: true };
    });
    const engine = await engineAt(answering.url);
    const ids = [...(await acceptRuns(dev, engine, 150)), ...(await acceptRuns(org.live, engine, 150))];
    execute();
    await until("the runs to end", () => haveEnded(ids));
    expect(await statusCounts(ids)).toEqual({ COMPLETED: 300 });
    expect(answering.received).toHaveLength(300);
    expect(most).toBeLessThanOrEqual(128);
    const states = await runStates(ids);
    expect(states.filter((state) => state.takeovers !== 0 || state.outputs !== 1)).toEqual([]);
    await until("the marks to go", async () => (await sql("select from ready_environment")).length === 0);
  });

  test("with large inputs do not pile up", async () => {
    const hanging = await service(() => undefined);
    const engine = await engineAt(hanging.url);
    await acceptRuns(dev, engine, 40, { input: { text: "x".repeat(900_000) } });
    await acceptRuns(org.live, engine, 40, { input: { text: "x".repeat(900_000) } });
    const quick = await service(() => ({}));
    const other = await createOrganization();
    const execution = execute();
    await until("calls to hang", () => hanging.open() >= 10);
    const good = await acceptRuns(other.live, await createHttpEngine(other, { url: quick.url }), 5);
    execution.wake();
    await ended(good);
    expect(hanging.open()).toBeLessThan(30);
  });
});

describe("a worker that stops", () => {
  test("hands back what is being called, without a takeover", async () => {
    const hanging = await service(() => undefined);
    const engine = await engineAt(hanging.url);
    const execution = execute();
    const ids = await acceptRuns(dev, engine, 5);
    await until("the calls to hang", () => hanging.open() === 5);
    await execution.stopNow();
    const states = await runStates(ids);
    expect(states.filter((state) => state.status !== "PENDING" || state.takeovers !== 0)).toEqual([]);
    expect(hanging.open()).toBe(0);
  });
});
