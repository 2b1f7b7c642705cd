/** The event of a run that has ended: the run as the API answers it, to the digit, put together when it ended. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { pool, prisma } from "../../lib/db.ts";
import { finishByCallback } from "../../lib/hot-path/callback.ts";
import { closeReading } from "../../lib/hot-path/read.ts";
import type { EngineType } from "../../lib/generated/prisma/enums.ts";
import { cancelRun } from "../../lib/runs/service.ts";
import { markAllCanceled } from "../../lib/runs/store.ts";
import { toEventId, WEBHOOK_VERSION } from "../../lib/webhooks/event-types.ts";
import { closeWaker } from "../../lib/wake.ts";
import { takeOverRuns } from "../../lib/worker/leases.ts";
import { createSweeper } from "../../lib/worker/sweep.ts";
import { sql } from "../fixtures/database.ts";
import {
  createCallback,
  createEngine,
  createEnvironment,
  createHttpEngine,
  createKey,
  createOrganization,
  createRun,
  createWebhookEndpoint,
  type TestEngine,
  type TestEnvironment,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { readText } from "../fixtures/run-text.ts";
import { expectWakeUp } from "../fixtures/wake-ups.ts";
import { deliveriesOf, endRun, eventsOf, holdRun, queueOf, type Held, type Result } from "./ended-runs.ts";

let org: TestOrganization;
let dev: TestEnvironment;
let engine: TestEngine;
let key: TestKey;

beforeEach(async () => {
  org = await createOrganization();
  dev = await createEnvironment(org);
  engine = await createEngine(org);
  key = await createKey(dev);
});
afterAll(async () => {
  await closeReading();
  await closeWaker();
});

const engineOf = (type: EngineType): Promise<TestEngine> =>
  type === "http" ? createHttpEngine(org, { url: "https://service.example.test/" }) : createEngine(org, { type });

/** A service's callback. */
const callbackOf = (runId: string, token: string, body = '{"output":{}}') => ({
  authorization: `Bearer ${token}`,
  runId,
  request: new Request("http://localhost/", { method: "POST", body }),
});

/** The run in an event, as text. */
const runTextOf = (body: string) => /^\{.*?"data":\{"run":(?<run>.*)\}\}$/s.exec(body)!.groups!.run!;

const failed = (code: string, details: object = {}) => ({
  status: "FAILED" as const,
  errorCode: code,
  summary: code,
  body: JSON.stringify({ error: { code, message: 'said "no"\n at 1', ...details } }),
});

/** There is one event of the run, of this type, and its run is what the API answers. Returns its body. */
async function expectEvent(runId: string, type: string): Promise<string> {
  const [event, ...more] = await eventsOf(runId);
  expect(more).toEqual([]);
  expect(event!.type).toBe(type);
  expect(runTextOf(event!.body)).toBe(await readText(key.key, runId));
  return event!.body;
}

describe("the event of a run", () => {
  const quoting = 'an "ünquoted" \\ offering\n\t\u0001\u2028 of 2 💶';
  const results: [string, EngineType, string, Result][] = [
    [
      "an analysis",
      "entity_analysis",
      "run.completed",
      { body: '{"output":{"findings":[{"ü":"💶\\u0001"}],"x":null}}' },
    ],
    [
      "numbers beyond a double",
      "entity_analysis",
      "run.completed",
      { body: '{"output":[12345678901234567890123.10,1e400,0.1000,-0]}' },
    ],
    [
      "a placement",
      "placement",
      "run.completed",
      { body: '{"output":{},"solutions":[{"offering_id":"a","score":1.50}]}' },
    ],
    [
      "a placement of which a part could not be evaluated",
      "placement",
      "run.completed",
      { status: "DEGRADED", degradationReason: quoting, body: '{"output":{},"solutions":[]}' },
    ],
    ["a service's answer with spaces around", "http", "run.completed", { body: ' {"output":{ "a" : 1 } }\r\n' }],
    ["an answer without members", "http", "run.completed", { body: "{}" }],
    ["a failed analysis", "entity_analysis", "run.failed", failed("engine_error", { details: { node_id: "n1" } })],
    ["a failed placement", "placement", "run.failed", failed("engine_timeout")],
    ["a failed service", "http", "run.failed", failed("engine_http_status", { details: { http_status: 500 } })],
  ];

  test.each(results)("is what the API answers: %s", async (_, engineType, type, result) => {
    const endpoint = await createWebhookEndpoint(dev);
    const of = await engineOf(engineType);
    const run = await holdRun(dev, of);
    if (engineType !== "http") await sql("update run set tags = $2 where id = $1", [run.runId, ["customer:42", "ü-1"]]);
    expect(await endRun(run, result)).toEqual({ recorded: new Set([run.runId]), isQueued: true });

    const [event, ...more] = await eventsOf(run.runId);
    expect(more).toEqual([]);
    const text = await readText(key.key, run.runId);
    expect(runTextOf(event!.body)).toBe(text);
    expect(JSON.parse(event!.body)).toEqual({
      id: toEventId(event!.id),
      type,
      webhook_version: WEBHOOK_VERSION,
      environment: dev.slug,
      created_at: event!.created_at.toISOString(),
      data: { run: JSON.parse(text) },
    });
    expect(event).toMatchObject({ type, environment_id: dev.id });
    expect(await deliveriesOf(run.runId)).toEqual([
      {
        endpoint_id: endpoint,
        id: expect.stringContaining(event!.id.slice(0, 18)),
        event_id: event!.id,
        event_type: type,
        environment_id: dev.id,
        org_id: org.id,
        status: "PENDING",
        due: true,
        trigger: "schedule",
        attempts: 0,
        step: 0,
        last_error: null,
      },
    ]);
    expect(await queueOf(endpoint)).toEqual([{ endpoint_id: endpoint, due: true, lease_id: null }]);
  });

  test.each(["placement", "entity_analysis", "http"] as const)(
    "is what the API answers: one canceled while it waited, and one while it ran (%s)",
    async (engineType) => {
      await createWebhookEndpoint(dev);
      const of = await engineOf(engineType);
      const waiting = await createRun(dev, of);
      await cancelRun(dev.scope, waiting);
      expect(await expectEvent(waiting, "run.canceled")).toContain('"status":"CANCELED"');
      const { runId } = await holdRun(dev, of);
      await cancelRun(dev.scope, runId);
      expect(await expectEvent(runId, "run.canceled")).toContain("duration_ms");
    },
  );

  test("is what the API answers: many canceled together", async () => {
    const endpoint = await createWebhookEndpoint(dev);
    const { runId } = await holdRun(dev, engine);
    const ended = await createRun(dev, engine, { status: "COMPLETED" });
    const ids = [runId, await createRun(dev, engine), await createRun(dev, engine)];
    const count = await prisma().$transaction((tx) =>
      markAllCanceled(tx, org.id, [ended, ...ids], ["PENDING", "RUNNING"]),
    );
    expect(count).toBe(3);
    for (const id of ids) await expectEvent(id, "run.canceled");
    expect(await eventsOf(ended)).toEqual([]);
    expect(await queueOf(endpoint)).toHaveLength(1);
  });

  test("is what the API answers: one that its service finishes later", async () => {
    await createWebhookEndpoint(dev);
    const of = await engineOf("http");
    const run = await holdRun(dev, of);
    const token = await createCallback(org, run.runId, { leaseId: run.leaseId, waiting: true });
    const finish = () => finishByCallback(callbackOf(run.runId, token, '{"output":{"n":1.10}}'));
    expect(await finish()).toEqual({ run_id: run.runId, status: "COMPLETED" });
    await expect(finish()).rejects.toMatchObject({ code: "conflict" });
    await expectEvent(run.runId, "run.completed");
  });

  test("is what the API answers: one whose callback did not come in time", async () => {
    await createWebhookEndpoint(dev);
    const of = await engineOf("http");
    const run = await holdRun(dev, of);
    await createCallback(org, run.runId, { leaseId: run.leaseId, waiting: true, expiresInMs: -1_000 });
    await createSweeper(pool()).sweep();
    expect(await expectEvent(run.runId, "run.failed")).toContain("engine_callback_expired");
  });

  test("is what the API answers: one that killed its workers; and there is none of one that waits again", async () => {
    const endpoint = await createWebhookEndpoint(dev);
    const [killer, victim] = [await holdRun(dev, engine), await holdRun(dev, engine)];
    await sql("update run set lease_expires_at = now() - interval '1 second' where id = any ($1)", [
      [killer.runId, victim.runId],
    ]);
    await sql("update run set takeovers = 3 where id = $1", [killer.runId]);
    const taken = await takeOverRuns(pool(), org.id, [killer.runId, victim.runId]);
    expect(taken).toEqual({ requeued: 1, failed: 1 });
    expect(await takeOverRuns(pool(), org.id, [killer.runId, victim.runId])).toEqual({ requeued: 0, failed: 0 });
    expect(await eventsOf(victim.runId)).toEqual([]);
    await expectEvent(killer.runId, "run.failed");
    expect(await queueOf(endpoint)).toHaveLength(1);
    expect(await sql("select from ready_environment where environment_id = $1", [dev.id])).toHaveLength(1);
  });
});

const LIMIT = 64 << 10;
/** A result's text of exactly so many bytes, in characters of two bytes where `wide`. */
const bodyOf = (bytes: number, wide = false) => {
  const rest = bytes - '{"output":""}'.length;
  return `{"output":"${wide ? "ü".repeat(rest >> 1) + "x".repeat(rest & 1) : "x".repeat(rest)}"}`;
};

describe("workers are woken by a run that ends", () => {
  let run: Held;
  beforeEach(async () => {
    await createWebhookEndpoint(dev);
    run = await holdRun(dev, await engineOf("http"));
  });
  const letLapse = () =>
    sql("update run set takeovers = 3, lease_expires_at = now() - interval '1 second' where id = $1", [run.runId]);
  const callback = (expiresInMs?: number) =>
    createCallback(org, run.runId, { leaseId: run.leaseId, waiting: true, ...(expiresInMs ? { expiresInMs } : {}) });

  test.each<[string, () => Promise<unknown>]>([
    ["canceled by somebody", () => cancelRun(dev.scope, run.runId)],
    ["by its callback", async () => finishByCallback(callbackOf(run.runId, await callback()))],
    ["because its callback did not come", async () => [await callback(-1_000), await createSweeper(pool()).sweep()]],
    ["by too many dead workers", async () => [await letLapse(), await takeOverRuns(pool(), org.id, [run.runId])]],
  ])("%s", async (_, ends) => {
    await expectWakeUp(ends);
    expect(await deliveriesOf(run.runId)).toHaveLength(1);
  });
});

describe("a result that is too large for an event", () => {
  test.each([
    ["64 KiB are there", bodyOf(LIMIT), false],
    ["a byte more is left out", bodyOf(LIMIT + 1), true],
    ["64 KiB in fewer characters are there", bodyOf(LIMIT, true), false],
    ["a byte more in fewer characters is left out", bodyOf(LIMIT + 1, true), true],
  ])("%s", async (_, body, isOmitted) => {
    await createWebhookEndpoint(dev);
    const run = await holdRun(dev, engine);
    await endRun(run, { body });
    const [event] = await eventsOf(run.runId);
    const { output, solutions, output_omitted, ...head } = JSON.parse(event!.body).data.run;
    const read = JSON.parse(await readText(key.key, run.runId));
    expect(solutions).toBeUndefined();
    expect(output_omitted).toBe(isOmitted ? true : undefined);
    expect({ ...head, output: isOmitted ? read.output : output }).toEqual(read);
    if (isOmitted) expect(output).toBeUndefined();
  });

  test("an error keeps its code, and quotes nothing", async () => {
    await createWebhookEndpoint(dev);
    const run = await holdRun(dev, engine);
    const message = `secret ${"x".repeat(LIMIT)}`;
    const body = JSON.stringify({ error: { code: "engine_reported_error", message } });
    await endRun(run, { status: "FAILED", errorCode: "engine_reported_error", body });
    const [event] = await eventsOf(run.runId);
    expect(JSON.parse(event!.body).data.run).toMatchObject({
      error: { code: "engine_reported_error", message: "The engine's service reported an error" },
      output_omitted: true,
    });
    expect(event!.body).not.toContain("secret");
  });
});
