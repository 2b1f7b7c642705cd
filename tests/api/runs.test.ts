/** Runs that were accepted: found, listed, looked at with what one may see of them, canceled. The services, on a real database. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { EnvironmentScope } from "../../lib/auth/principal.ts";
import { environmentScope } from "../../lib/auth/principal.ts";
import { RUN_ERROR } from "../../lib/engines/run-errors.ts";
import { isApiError } from "../../lib/errors.ts";
import { completeRuns } from "../../lib/hot-path/complete.ts";
import { pool } from "../../lib/db.ts";
import { closeReading, readRun } from "../../lib/hot-path/read.ts";
import { newId } from "../../lib/ids.ts";
import { findRuns, idFloor, type RunFilter } from "../../lib/runs/list-store.ts";
import { ListRunsQuerySchema, RUN_STATUSES, RunDetailSchema, RunPageSchema, RunSchema } from "../../lib/runs/schema.ts";
import { cancelRun, getRun, listRuns } from "../../lib/runs/service.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createKey,
  createOrganization,
  createRun,
  publishEngineVersion,
  sessionScope,
  type TestEngine,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "fine";
  } catch (error) {
    if (!isApiError(error)) throw error;
    return error.code;
  }
}

const list = async (scope: Parameters<typeof listRuns>[0], query: Record<string, unknown> = {}) =>
  RunPageSchema.parse(await listRuns(scope, ListRunsQuerySchema.parse(query)));
const idsOf = (page: { data: { run_id: string }[] }) => page.data.map((run) => run.run_id);

/** Records a result as a worker does: claims the run under a lease, then completes it. */
async function complete(orgId: string, runId: string, result: object = { output: { ok: true } }): Promise<boolean> {
  const leaseId = newId();
  await sql("update run set status = 'RUNNING', lease_id = $2, started_at = now() where id = $1", [runId, leaseId]);
  const recorded = await completeRuns(pool(), orgId, [
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

describe("lists", () => {
  let dev: TestEnvironment;
  let live: string[];
  let ofDev: string[];
  let second: TestEngine;

  beforeEach(async () => {
    dev = await createEnvironment(org);
    second = await createEngine(org);
    live = [];
    for (let n = 0; n < 7; n++)
      live.push(await createRun(org.live, n % 2 ? second : engine, { status: n < 3 ? "FAILED" : "COMPLETED" }));
    ofDev = [await createRun(dev, engine)];
    // Another organization's runs are in the same table.
    const other = await createOrganization();
    await createRun(other.live, await createEngine(other));
  });

  test("an environment's are its own, newest first; the organization's are all of them", async () => {
    expect(idsOf(await list(org.live.scope))).toEqual(live.toReversed());
    expect(idsOf(await list(dev.scope))).toEqual(ofDev);
    expect(idsOf(await list(org.scope))).toEqual([...ofDev, ...live.toReversed()]);
  });

  test("pages follow each other without a gap or a repetition, also while new runs come in", async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await list(org.live.scope, { limit: "2", ...(cursor ? { cursor } : {}) });
      seen.push(...idsOf(page));
      cursor = page.next_cursor;
      await createRun(org.live, engine);
    } while (cursor);
    expect(seen).toEqual(live.toReversed());
  });

  test("exactly a page has no next one", async () => {
    expect((await list(org.live.scope, { limit: "7" })).next_cursor).toBeNull();
    expect((await list(org.live.scope, { limit: "6" })).next_cursor).not.toBeNull();
  });

  test("statuses, engines and versions narrow it", async () => {
    expect(idsOf(await list(org.live.scope, { status: "FAILED" }))).toEqual(live.slice(0, 3).toReversed());
    expect(idsOf(await list(org.live.scope, { status: "FAILED,COMPLETED", limit: "5" }))).toEqual(
      live.toReversed().slice(0, 5),
    );
    expect(idsOf(await list(org.live.scope, { status: "CANCELED" }))).toEqual([]);
    expect(idsOf(await list(org.live.scope, { engine: second.slug }))).toEqual(
      live.filter((_, n) => n % 2).toReversed(),
    );
    expect(idsOf(await list(org.live.scope, { engine: "nobody-s" }))).toEqual([]);
    const newer = await createRun(org.live, await publishEngineVersion(org, engine, { major: 1, minor: 4 }));
    expect(idsOf(await list(org.live.scope, { version: "1.4" }))).toEqual([newer]);
    expect(idsOf(await list(org.live.scope, { version: "1.x" }))).toEqual([newer, ...live.toReversed()]);
    expect(idsOf(await list(org.live.scope, { version: "2.x" }))).toEqual([]);
  });

  test("times narrow it by what the database says, however a program's clock stood", async () => {
    await sql("update run set created_at = now() - interval '2 seconds' where id = any($1)", [live.slice(0, 2)]);
    await sql("update run set created_at = now() + interval '2 seconds' where id = any($1)", [live.slice(2)]);
    const now = new Date().toISOString();
    expect(idsOf(await list(org.live.scope, { created_after: now }))).toEqual(live.slice(2).toReversed());
    expect(idsOf(await list(org.live.scope, { created_before: now }))).toEqual(live.slice(0, 2).toReversed());
  });

  test.each([
    [{ cursor: "abc" }, "cursor"],
    [{ cursor: "AAAA====" }, "cursor"],
    [{ cursor: "x".repeat(300) }, "cursor"],
  ])("%o is no cursor", async (query, path) => {
    const parsed = ListRunsQuerySchema.safeParse(query);
    if (!parsed.success) expect(parsed.error.issues[0]!.path).toEqual([path]);
    else await expect(listRuns(org.live.scope, parsed.data)).rejects.toMatchObject({ details: [{ path }] });
  });

  test("without the permission there is none", async () => {
    expect(await codeOf(list(sessionScope(org, "finance")))).toBe("forbidden");
  });

  test("every status is found in every environment, and a page of one goes on where the last ended", async () => {
    const statuses = ["PENDING", "RUNNING", "COMPLETED", "DEGRADED", "FAILED", "CANCELED"] as const;
    for (const status of statuses) {
      const made = [];
      for (const environment of [org.live, dev, org.live, dev])
        made.push(await createRun(environment, engine, { status }));
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof list>> = await list(org.scope, {
          status,
          limit: "3",
          ...(cursor ? { cursor } : {}),
        });
        expect(page.data.every((run) => run.status === status)).toBe(true);
        seen.push(...idsOf(page));
        cursor = page.next_cursor;
      } while (cursor);
      expect(seen.slice(0, 4)).toEqual(made.toReversed());
      expect(seen).toEqual(seen.toSorted().reverse());
      expect(idsOf(await list(dev.scope, { status })).slice(0, 2)).toEqual([made[3], made[1]]);
    }
    expect(idsOf(await list(org.scope, { status: "PENDING,CANCELED", limit: "100" }))).toHaveLength(8 + ofDev.length);
  });
});

test("no list goes through all runs to find a few, whatever is asked for", async () => {
  await sql(
    `insert into run (org_id, id, environment_id, engine_id, engine_version_id, status, created_at)
     select $1, uuidv7(make_interval(secs => -n)), $2, $3, $4, 'COMPLETED', now() - make_interval(secs => n)
     from generate_series(1, 50000) n`,
    [org.id, org.live.id, engine.id, engine.versionId],
  );
  await sql("analyze run");
  const old = idFloor(Date.now() - 40_000_000);
  const filters: RunFilter[] = [{}, { beforeId: old }, { createdBeforeMs: Date.now() - 30_000_000 }];
  for (const status of RUN_STATUSES) filters.push({ statuses: [status] }, { statuses: [status], beforeId: old });
  for (const scope of [org.live.scope, org.scope]) {
    for (const filter of filters) {
      expect([filter, (await rowsRead(() => findRuns(scope, filter, 26))) < 1_500]).toEqual([filter, true]);
    }
  }
});

/** Rows of run that a piece of work reads, by index or not, as the server counts them. */
async function rowsRead(work: () => Promise<unknown>): Promise<number> {
  const client = await pool().connect();
  const query = pool().query.bind(pool());
  const counted = async () => {
    await client.query("select pg_stat_force_next_flush()");
    const { rows } = await client.query<{ read: string }>(
      `select sum(pg_stat_get_tuples_returned(i.oid) + pg_stat_get_tuples_fetched(i.oid)) as read from pg_class i
       where i.relkind in ('r', 'i') and i.relnamespace = 'nexio_partitions'::regnamespace`,
    );
    return Number(rows[0]!.read);
  };
  Object.assign(pool(), { query: client.query.bind(client) });
  try {
    const before = await counted();
    await work();
    return (await counted()) - before;
  } finally {
    Object.assign(pool(), { query });
    client.release();
  }
}

describe("one run", () => {
  const result = { output: { score: 0.5, big: [1, { x: null }] }, solutions: [{ id: "a" }], error: undefined };

  test("a key reads it as the engine answered, and its shape is the documented one", async () => {
    const key = await createKey(org.live);
    const id = await createRun(org.live, engine);
    const pending = RunSchema.parse(JSON.parse(await readRun(key.key, id)));
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
    const done = RunSchema.parse(JSON.parse(await readRun(key.key, id)));
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
    expect(JSON.parse(await readRun(key.key, id))).toMatchObject({ output });
  });

  test("times are told to the millisecond, whatever their digits", async () => {
    const key = await createKey(org.live);
    const id = await createRun(org.live, engine);
    const times = ["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.120Z", "2026-01-02T03:04:06.007Z"];
    await sql("update run set status = 'CANCELED', created_at = $2, started_at = $3, completed_at = $4 where id = $1", [
      id,
      ...times,
    ]);
    expect(JSON.parse(await readRun(key.key, id))).toMatchObject({
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
    const full = RunDetailSchema.parse(await getRun(sessionScope(org, "developer"), id));
    expect(full).toMatchObject({ input: { secret: 7 }, output: result.output, solutions: result.solutions });
    const bare = RunDetailSchema.parse(await getRun(sessionScope(org, "member"), id));
    expect(bare).not.toHaveProperty("input");
    expect(bare).not.toHaveProperty("output");
    expect(bare).not.toHaveProperty("solutions");
    expect(bare.error).toEqual({ code: "engine_error", message: RUN_ERROR.engine_error });
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
    expect(await completeRuns(pool(), org.id, [{ ...late, body: '{"output":1}' }])).toEqual(new Set());
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
