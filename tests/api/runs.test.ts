/** One run that was accepted: looked at with what one may see of it, canceled. The services, on a real database. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { EnvironmentScope } from "../../lib/auth/principal.ts";
import { environmentScope } from "../../lib/auth/principal.ts";
import { RUN_ERROR } from "../../lib/engines/run-errors.ts";
import { isApiError } from "../../lib/errors.ts";
import { completeRuns } from "../../lib/hot-path/complete.ts";
import { pool } from "../../lib/db.ts";
import { closeReading, readRun } from "../../lib/hot-path/read.ts";
import { newId } from "../../lib/ids.ts";
import { payloadBudget } from "../../lib/runs/payload-store.ts";
import { RunDetailSchema, RunSchema } from "../../lib/runs/schema.ts";
import { cancelRun, getRun, getRunInput } from "../../lib/runs/service.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createKey,
  createOrganization,
  createRun,
  sessionScope,
  type TestEngine,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { readText } from "../fixtures/run-text.ts";

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "fine";
  } catch (error) {
    if (!isApiError(error)) throw error;
    return error.code;
  }
}

/** Records a result as a worker does: claims the run under a lease, then completes it. */
async function complete(orgId: string, runId: string, result: object = { output: { ok: true } }): Promise<boolean> {
  const leaseId = newId();
  await sql("update run set status = 'RUNNING', lease_id = $2, started_at = now() where id = $1", [runId, leaseId]);
  const { recorded } = await completeRuns(pool(), orgId, [
    {
      runId,
      leaseId,
      status: "COMPLETED",
      errorCode: null,
      degradationReason: null,
      summary: "done",
      body: JSON.stringify(result),
    },
  ]);
  return recorded.has(runId);
}

afterAll(() => closeReading());

let org: TestOrganization;
let engine: TestEngine;
beforeEach(async () => {
  org = await createOrganization();
  engine = await createEngine(org);
});

describe("one run", () => {
  const result = { output: { score: 0.5, big: [1, { x: null }] }, solutions: [{ id: "a" }], error: undefined };

  test("a key reads it as the engine answered, and its shape is the documented one", async () => {
    const key = await createKey(org.live);
    const id = await createRun(org.live, engine);
    const pending = RunSchema.parse(JSON.parse(await readText(key.key, id)));
    expect(Object.keys(pending)).toEqual([
      "run_id",
      "status",
      "environment",
      "environment_id",
      "engine",
      "engine_version",
      "created_at",
    ]);
    expect(await complete(org.id, id, result)).toBe(true);
    const done = RunSchema.parse(JSON.parse(await readText(key.key, id)));
    expect(done).toMatchObject({
      run_id: id,
      status: "COMPLETED",
      environment: "live",
      engine_version: "1.0",
      output: result.output,
      solutions: result.solutions,
    });
    expect(done.duration_ms).toBe(Date.parse(done.completed_at!) - Date.parse(done.started_at!));
  });

  test("another environment's or organization's key, an unknown id and a shapeless one get the same 404", async () => {
    const id = await createRun(org.live, engine);
    const foreign = await createKey((await createOrganization()).live);
    const dev = await createKey(await createEnvironment(org));
    const messages = await Promise.all(
      [
        [foreign, id],
        [dev, id],
        [dev, newId()],
        [dev, "nonsense"],
      ].map(async ([key, asked]) => {
        const error = await readRun((key as { key: string }).key, asked as string).then(
          () => null,
          (caught: unknown) => caught as Error & { code: string },
        );
        return `${error?.code}: ${error?.message}`;
      }),
    );
    expect(new Set(messages)).toEqual(new Set(["not_found: Run not found"]));
  });

  test("a key without runs:read is refused, a dead one before that", async () => {
    const id = await createRun(org.live, engine);
    const writer = await createKey(org.live, { scopes: ["runs:write"] });
    expect(await codeOf(readRun(writer.key, id))).toBe("forbidden");
    await sql("update api_key set revoked_at = now() where id = $1", [writer.id]);
    expect(await codeOf(readRun(writer.key, id))).toBe("unauthorized");
  });

  test("an output of a mebibyte comes as it is, and so does text of every kind", async () => {
    const key = await createKey(org.live);
    const id = await createRun(org.live, engine);
    const output = { long: "x".repeat(1 << 20), odd: 'é \u0001 " \\ \u2028 😀', number: 1.5e300 };
    await complete(org.id, id, { output });
    expect(JSON.parse(await readText(key.key, id))).toMatchObject({ output });
  });

  test("times are told to the millisecond, whatever their digits", async () => {
    const key = await createKey(org.live);
    const id = await createRun(org.live, engine);
    const times = ["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.120Z", "2026-01-02T03:04:06.007Z"];
    await sql("update run set status = 'CANCELED', created_at = $2, started_at = $3, completed_at = $4 where id = $1", [
      id,
      ...times,
    ]);
    expect(JSON.parse(await readText(key.key, id))).toMatchObject({
      created_at: times[0],
      started_at: times[1],
      completed_at: times[2],
      duration_ms: 887,
    });
  });

  test("asked by many at once, everybody gets their own", async () => {
    const senders = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const other = await createOrganization();
        const run = await createRun(other.live, await createEngine(other));
        return { key: (await createKey(other.live)).key, run };
      }),
    );
    const asked = senders.flatMap((asker) => senders.map((owner) => ({ asker, owner })));
    const codes = await Promise.all(asked.map(({ asker, owner }) => codeOf(readRun(asker.key, owner.run))));
    expect(codes).toEqual(asked.map(({ asker, owner }) => (asker === owner ? "fine" : "not_found")));
  });

  test("a developer sees input and output, a member neither", async () => {
    const id = await createRun(org.live, engine, { input: { secret: 7 } });
    await complete(org.id, id, {
      ...result,
      error: { code: "engine_error", message: "text", details: { path: "input.secret" } },
    });
    await sql("update run set error_code = 'engine_error' where id = $1", [id]);
    const full = RunDetailSchema.parse(await getRun(sessionScope(org, "developer"), id));
    expect(full).toMatchObject({ input: { secret: 7 }, output: result.output, solutions: result.solutions });
    const bare = RunDetailSchema.parse(await getRun(sessionScope(org, "member"), id));
    expect(bare).not.toHaveProperty("input");
    expect(bare).not.toHaveProperty("output");
    expect(bare).not.toHaveProperty("solutions");
    expect(bare.error).toEqual({ code: "engine_error", message: RUN_ERROR.engine_error });
  });

  test("an output of millions of empty objects is not made into objects here, and is told as it is to programs", async () => {
    const id = await createRun(org.live, engine, { status: "COMPLETED" });
    const body = `{"output":[${"{},".repeat(2_000_000)}{}]}`;
    await sql("update run_payload set body = $2 where run_id = $1 and kind = 'output'", [id, body]);
    await expect(getRun(sessionScope(org, "developer"), id)).rejects.toMatchObject({ code: "unprocessable" });
    expect(await getRun(sessionScope(org, "member"), id)).toMatchObject({ status: "COMPLETED" });
  });

  test("nobody waits for large payloads in the place of a reader who has gone", async () => {
    const large = await createRun(org.live, engine, { input: "x".repeat(1 << 20) });
    const release = await payloadBudget().take("somebody", 1 << 30);
    try {
      for (const read of [getRun, getRunInput]) {
        const gone = new AbortController();
        const reading = expect(read(sessionScope(org, "developer"), large, gone.signal)).rejects.toMatchObject({
          code: "overloaded",
        });
        gone.abort();
        await reading;
      }
    } finally {
      release();
    }
  });

  test("large payloads are read when there is room for them; who may not see them, and small ones, do not wait", async () => {
    const large = await createRun(org.live, engine, { input: "x".repeat(1 << 20) });
    const small = await createRun(org.live, engine);
    const release = await payloadBudget().take("somebody", 1 << 30);
    try {
      const developer = sessionScope(org, "developer");
      let isRead = false;
      const reading = getRun(developer, large).then((run) => {
        isRead = true;
        return run;
      });
      expect(await getRun(developer, small)).toMatchObject({ input: { n: 1 } });
      expect(await getRun(sessionScope(org, "member"), large)).toMatchObject({ run_id: large });
      expect(isRead).toBe(false);
      release();
      expect((await reading).input).toHaveLength(1 << 20);
    } finally {
      release();
    }
  });
});

describe("canceling", () => {
  let scope: EnvironmentScope;
  beforeEach(() => {
    scope = environmentScope(sessionScope(org, "developer"), { id: org.live.id, slug: "live", kind: "live" });
  });

  test("a waiting run ends at once, and is audited", async () => {
    const id = await createRun(org.live, engine);
    expect(await cancelRun(scope, id)).toMatchObject({
      run_id: id,
      status: "CANCELED",
      completed_at: expect.any(String),
    });
    const events = await sql<{ body: string }>("select body from audit_event where org_id = $1", [org.id]);
    expect(events.map(({ body }) => JSON.parse(body) as { action: string })).toMatchObject([
      { action: "run.cancel", target: { type: "run", id }, details: { status_before: "PENDING" } },
    ]);
  });

  test("a run is canceled without looking at what it was given", async () => {
    const id = await createRun(org.live, engine, { input: "x".repeat(1 << 20) });
    const release = await payloadBudget().take("somebody", 1 << 30);
    try {
      const canceled = await cancelRun(scope, id);
      expect(canceled).toMatchObject({ run_id: id, status: "CANCELED" });
      expect(RunDetailSchema.parse(canceled)).not.toHaveProperty("input");
      expect(canceled).not.toHaveProperty("payloads_removed");
    } finally {
      release();
    }
  });

  test("what executes it can no longer record a result", async () => {
    const id = await createRun(org.live, engine);
    const leaseId = newId();
    await sql("update run set status = 'RUNNING', lease_id = $2, started_at = now() where id = $1", [id, leaseId]);
    await cancelRun(scope, id);
    const late = {
      runId: id,
      leaseId,
      status: "COMPLETED" as const,
      errorCode: null,
      degradationReason: null,
      summary: null,
    };
    expect((await completeRuns(pool(), org.id, [{ ...late, body: '{"output":1}' }])).recorded).toEqual(new Set());
    expect(await getRun(scope, id)).toMatchObject({ status: "CANCELED" });
    expect(await sql("select 1 from run_payload where run_id = $1 and kind = 'output'", [id])).toEqual([]);
  });

  test.each(["COMPLETED", "DEGRADED", "FAILED", "CANCELED"] as const)(
    "a run that is %s stays so: 409",
    async (status) => {
      const id = await createRun(org.live, engine, { status });
      expect(await codeOf(cancelRun(scope, id))).toBe("conflict");
      expect(await getRun(scope, id)).toMatchObject({ status });
      expect(await sql("select 1 from audit_event where org_id = $1", [org.id])).toEqual([]);
    },
  );

  test("ten at once: one cancels, nine are told", async () => {
    const id = await createRun(org.live, engine);
    const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(cancelRun(scope, id))));
    expect(codes.sort()).toEqual([...Array.from({ length: 9 }, () => "conflict"), "fine"]);
  });

  test("another environment's run is not found, and a member may not", async () => {
    const dev = await createEnvironment(org);
    const id = await createRun(dev, engine);
    expect(await codeOf(cancelRun(scope, id))).toBe("not_found");
    expect(await codeOf(cancelRun(sessionScope(org, "member"), id))).toBe("forbidden");
  });
});
