/** Bulk cancel: exactly what fitted when it was asked for, counted once, whoever is killed and whoever works beside it. */
import { beforeEach, describe, expect, test } from "vitest";
import type { CancelRuns } from "../../lib/bulk-operations/schema.ts";
import { getBulkOperation, startBulkCancel, stopBulkOperation } from "../../lib/bulk-operations/service.ts";
import { workOffBulkOperations } from "../../lib/bulk-operations/tasks.ts";
import { pool } from "../../lib/db.ts";
import { claimRuns } from "../../lib/hot-path/claim.ts";
import { completeRuns } from "../../lib/hot-path/complete.ts";
import { newId } from "../../lib/ids.ts";
import { TASKS } from "../../lib/worker/tasks/catalog.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createOrganization,
  createRun,
  publishEngineVersion,
  type TestEngine,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { acceptRuns, statusCounts } from "./runs.ts";

let org: TestOrganization;
let engine: TestEngine;
beforeEach(async () => {
  await sql("delete from bulk_operation");
  org = await createOrganization();
  engine = await createEngine(org);
});

const start = (environment: TestEnvironment, asked: CancelRuns = { all: true }) =>
  startBulkCancel(environment.scope, asked);
const look = (id: string) => getBulkOperation(org.scope, id);
/** Chunks of three, until nothing is left. */
async function workOff(): Promise<void> {
  let open = 1;
  while (open > 0) {
    await workOffBulkOperations({ chunk: { canceled: 3 }, forMs: 50 });
    open = (
      await sql<{ n: number }>("select count(*)::int as n from bulk_operation where status in ('queued', 'running')")
    )[0]!.n;
  }
}
const statusesOf = async (ids: readonly string[]) =>
  (
    await sql<{ status: string }>("select status from run where id = any($1) order by array_position($1, id)", [ids])
  ).map(({ status }) => status);

test("cancels what waits and what runs, leaves what has ended and other environments, and counts each once", async () => {
  const dev = await createEnvironment(org);
  const waiting = await acceptRuns(org.live, engine, 8);
  const running = [await createRun(org.live, engine, { status: "RUNNING" })];
  const ended = [await createRun(org.live, engine, { status: "COMPLETED" })];
  const elsewhere = await acceptRuns(dev, engine, 2);
  const { id } = await start(org.live);
  expect(await look(id)).toMatchObject({ status: "queued", matched: null, processed: 0, succeeded: 0, skipped: 0 });
  await workOff();
  expect(await look(id)).toMatchObject({ status: "completed", matched: 9, processed: 9, succeeded: 9, skipped: 0 });
  expect(await statusCounts([...waiting, ...running])).toEqual({ CANCELED: 9 });
  expect(await statusCounts([...ended, ...elsewhere])).toEqual({ COMPLETED: 1, PENDING: 2 });
});

test("what is accepted after the request is not meant by it", async () => {
  const before = await acceptRuns(org.live, engine, 2);
  const { id } = await start(org.live);
  const after = await acceptRuns(org.live, engine, 2);
  await sql("update run set created_at = created_at + interval '1 second' where id = any($1)", [after]);
  await workOff();
  expect(await look(id)).toMatchObject({ matched: 2, succeeded: 2 });
  expect(await statusCounts(before)).toEqual({ CANCELED: 2 });
  expect(await statusCounts(after)).toEqual({ PENDING: 2 });
});

describe("filters", () => {
  test("by status, engine, version and time", async () => {
    const newer = await publishEngineVersion(org, engine, { major: 1, minor: 4 });
    const other = await createEngine(org);
    const old = await createRun(org.live, engine);
    const young = await createRun(org.live, newer);
    const foreign = await createRun(org.live, other);
    const running = await createRun(org.live, engine, { status: "RUNNING" });
    await sql("update run set created_at = now() - interval '1 hour' where id = $1", [old]);
    const all = [old, young, foreign, running];

    await start(org.live, { filter: { engine: engine.slug, version: "1.4" } });
    await workOff();
    expect(await statusesOf(all)).toEqual(["PENDING", "CANCELED", "PENDING", "RUNNING"]);
    await start(org.live, { filter: { created_before: new Date(Date.now() - 60_000).toISOString() } });
    await workOff();
    expect(await statusesOf(all)).toEqual(["CANCELED", "CANCELED", "PENDING", "RUNNING"]);
    await start(org.live, { filter: { status: ["RUNNING"] } });
    await workOff();
    expect(await statusesOf(all)).toEqual(["CANCELED", "CANCELED", "PENDING", "CANCELED"]);
    const { id } = await start(org.live, { filter: { engine: "nobody-s" } });
    await workOff();
    expect(await look(id)).toMatchObject({ status: "completed", matched: 0, succeeded: 0 });
    expect(await statusesOf([foreign])).toEqual(["PENDING"]);
  });

  test("by tag", async () => {
    const [tagged, other] = [await createRun(org.live, engine), await createRun(org.live, engine)];
    await sql("update run set tags = '{a,nightly}' where id = $1", [tagged]);
    const { id } = await start(org.live, { filter: { tag: "nightly" } });
    await workOff();
    expect(await look(id)).toMatchObject({ matched: 1, succeeded: 1 });
    expect(await statusesOf([tagged, other])).toEqual(["CANCELED", "PENDING"]);
  });

  test("runs that are named: those of the environment, and those that had ended are counted as skipped", async () => {
    const dev = await createEnvironment(org);
    const waiting = await createRun(org.live, engine);
    const ended = await createRun(org.live, engine, { status: "FAILED" });
    const elsewhere = await createRun(dev, engine);
    const { id } = await start(org.live, { filter: { run_ids: [waiting, ended, elsewhere, newId()] } });
    await workOff();
    expect(await look(id)).toMatchObject({ status: "completed", matched: 2, processed: 2, succeeded: 1, skipped: 1 });
    expect(await statusesOf([waiting, ended, elsewhere])).toEqual(["CANCELED", "FAILED", "PENDING"]);
  });
});

test("counts and cancels in steps, however many runs wait that do not fit, and is queued until all are counted", async () => {
  const other = await createEngine(org);
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) {
    await acceptRuns(org.live, other, 3);
    ids.push(...(await acceptRuns(org.live, engine, 1)));
  }
  ids.push(await createRun(org.live, engine, { status: "RUNNING" }));
  const { id } = await start(org.live, { filter: { engine: engine.slug } });
  const seen = [];
  for (let n = 0; n < 40 && (await look(id)).status !== "completed"; n++) {
    await workOffBulkOperations({ chunk: { looked: 4 }, forMs: 0 });
    const { status, matched, succeeded } = await look(id);
    seen.push(`${status} ${matched} ${succeeded}`);
    expect((await statusCounts(ids)).CANCELED ?? 0).toBe(succeeded);
  }
  // 21 open runs, four at a time.
  expect(seen.slice(0, 6)).toEqual([
    ...Array.from({ length: 5 }, () => "queued null 0"),
    expect.stringMatching(/^running 6 /),
  ]);
  expect(await look(id)).toMatchObject({ status: "completed", matched: 6, succeeded: 6, skipped: 0 });
});

test("runs that end by themselves before their turn are counted as skipped", async () => {
  const ids = await acceptRuns(org.live, engine, 6);
  const { id } = await start(org.live);
  await workOffBulkOperations({ chunk: { canceled: 2 }, forMs: 0 });
  expect(await look(id)).toMatchObject({ status: "running", matched: 6, processed: 2, succeeded: 2 });
  await sql("update run set status = 'COMPLETED', completed_at = now() where id = $1", [ids[5]]);
  await workOff();
  expect(await look(id)).toMatchObject({ status: "completed", matched: 6, processed: 6, succeeded: 5, skipped: 1 });
});

test("a run that is handed back while it is under way is met by the next pass", async () => {
  const waiting = await acceptRuns(org.live, engine, 2);
  const running = await createRun(org.live, engine, { status: "RUNNING" });
  const { id } = await start(org.live);
  // The first two; then what was running waits again, older than they.
  await workOffBulkOperations({ chunk: { canceled: 2 }, forMs: 0 });
  await sql("update run set status = 'PENDING', created_at = now() - interval '1 hour' where id = $1", [running]);
  await workOff();
  expect(await look(id)).toMatchObject({ status: "completed", succeeded: 3 });
  expect(await statusCounts([...waiting, running])).toEqual({ CANCELED: 3 });
});

test("a run that a worker takes and hands back all the time is missed by no look", async () => {
  const id = await createRun(org.live, engine, { status: "RUNNING" });
  const operation = await start(org.live);
  for (let n = 0; n < 6 && (await look(operation.id)).status !== "completed"; n++) {
    await workOffBulkOperations({ chunk: { canceled: 3 }, forMs: 0 });
    await sql(
      "update run set status = case status when 'PENDING' then 'RUNNING' else 'PENDING' end::run_status where id = $1 and status in ('PENDING', 'RUNNING')",
      [id],
    );
  }
  expect(await look(operation.id)).toMatchObject({ status: "completed", matched: 1, succeeded: 1, skipped: 0 });
  expect(await statusesOf([id])).toEqual(["CANCELED"]);
});

test("a run that somebody holds is waited for by nobody, and met again", async () => {
  const [held, free] = await acceptRuns(org.live, engine, 2);
  const { id } = await start(org.live);
  const client = await pool().connect();
  try {
    await client.query("begin");
    await client.query("select from run where id = $1 for update", [held]);
    await workOffBulkOperations({ chunk: { canceled: 3 }, forMs: 100 });
    expect(await statusesOf([held!, free!])).toEqual(["PENDING", "CANCELED"]);
    expect(await look(id)).toMatchObject({ status: "running", succeeded: 1 });
    await client.query("rollback");
  } finally {
    client.release();
  }
  await workOff();
  expect(await look(id)).toMatchObject({ status: "completed", matched: 2, succeeded: 2, skipped: 0 });
});

test("a result that comes for a canceled run is not recorded", async () => {
  await acceptRuns(org.live, engine, 1);
  const leaseId = newId();
  const request = { orgId: org.id, environmentId: org.live.id, leaseId, leaseMs: 30_000, limit: 1, maxInputBytes: 1e6 };
  const { runs } = await claimRuns(pool(), request);
  await start(org.live);
  await workOff();
  const runId = runs[0]!.runId;
  const result = {
    runId,
    leaseId,
    status: "COMPLETED" as const,
    errorCode: null,
    degradationReason: null,
    summary: null,
  };
  expect((await completeRuns(pool(), org.id, [{ ...result, body: "{}" }])).recorded).toEqual(new Set());
  expect(await statusesOf([runId])).toEqual(["CANCELED"]);
});

test("a chunk and its counts are one: what is killed between them leaves neither", async () => {
  const ids = await acceptRuns(org.live, engine, 7);
  const { id } = await start(org.live);
  // Every third commit of a chunk is refused, as if the process had died before it.
  await sql(`
    create sequence commits;
    create function refuse_some() returns trigger language plpgsql as $$
    begin
      if nextval('commits') % 3 = 0 then raise exception 'killed'; end if;
      return null;
    end $$;
    create constraint trigger refuse_some after update of succeeded on bulk_operation deferrable initially deferred
      for each row when (new.succeeded <> old.succeeded) execute function refuse_some();
  `);
  try {
    for (let n = 0; n < 20 && (await look(id)).status !== "completed"; n++) {
      await workOffBulkOperations({ chunk: { canceled: 1 }, forMs: 20 });
      const { succeeded } = await look(id);
      expect((await statusCounts(ids)).CANCELED ?? 0).toBe(succeeded);
      await sql("update bulk_operation set next_chunk_at = now()");
    }
  } finally {
    await sql("drop trigger refuse_some on bulk_operation; drop function refuse_some; drop sequence commits");
  }
  expect(await look(id)).toMatchObject({ status: "completed", matched: 7, succeeded: 7, skipped: 0 });
});

test("workers beside each other take different operations, and no run counts twice", async () => {
  const other = await createOrganization();
  const theirs = await createEngine(other);
  const ids = [...(await acceptRuns(org.live, engine, 40)), ...(await acceptRuns(other.live, theirs, 40))];
  const mine = await Promise.all([start(org.live), start(org.live)]);
  const foreign = await startBulkCancel(other.live.scope, { all: true });
  await Promise.all([workOff(), workOff(), workOff()]);
  expect(await statusCounts(ids)).toEqual({ CANCELED: 80 });
  const [a, b] = [await look(mine[0].id), await look(mine[1].id)];
  expect(a.succeeded + b.succeeded).toBe(40);
  expect(await getBulkOperation(other.scope, foreign.id)).toMatchObject({ matched: 40, succeeded: 40 });
});

test("a stopped operation cancels nothing more, and what is canceled stays so", async () => {
  const ids = await acceptRuns(org.live, engine, 6);
  const { id } = await start(org.live);
  await workOffBulkOperations({ chunk: { canceled: 2 }, forMs: 0 });
  expect(await stopBulkOperation(org.scope, id)).toMatchObject({ status: "stopped", matched: 6, succeeded: 2 });
  await workOffBulkOperations();
  expect(await statusCounts(ids)).toEqual({ CANCELED: 2, PENDING: 4 });
  await expect(stopBulkOperation(org.scope, id)).rejects.toMatchObject({ code: "conflict" });
});

test("an operation that goes wrong again and again is failed, and holds up no other", async () => {
  const bad = await start(org.live, { filter: { engine: engine.slug } });
  await acceptRuns(org.live, engine, 1);
  await sql("update bulk_operation set filter = $2 where id = $1", [bad.id, { created_after: "not a time" }]);
  const dev = await createEnvironment(org);
  const [run] = await acceptRuns(dev, engine, 1);
  const good = await start(dev);
  // Eight times for the bad one, and a few for the good one: each call does at least one chunk of one of them.
  for (let n = 0; n < 20; n++) {
    await workOffBulkOperations({ forMs: 20 });
    await sql("update bulk_operation set next_chunk_at = now()");
  }
  expect(await look(bad.id)).toMatchObject({ status: "failed", ended_at: expect.any(String) });
  expect(await look(good.id)).toMatchObject({ status: "completed", succeeded: 1 });
  expect(await statusesOf([run!])).toEqual(["CANCELED"]);
});

test("twenty of an organization may be under way, however many are asked for at once", async () => {
  const asked = await Promise.allSettled(Array.from({ length: 24 }, () => start(org.live)));
  expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(20);
  for (const one of asked) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "conflict" });
});

test("every worker does it", () => {
  expect(Object.keys(TASKS)).toContain("bulk-operations");
});
