/** Who is told of the end of a run: each endpoint that wants it once, by the statement that ends the run, whatever happens beside it. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { PoolClient } from "pg";
import { pool, prisma } from "../../lib/db.ts";
import { completeRuns } from "../../lib/hot-path/complete.ts";
import { newId } from "../../lib/ids.ts";
import { markAllCanceled, markCanceled } from "../../lib/runs/store.ts";
import { closeWaker } from "../../lib/wake.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createOrganization,
  createWebhookEndpoint,
  type TestEngine,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import { deliveriesOf, endRun, eventsOf, holdRun, holdRuns, queueOf, resultOf, writtenOf } from "./ended-runs.ts";

let org: TestOrganization;
let dev: TestEnvironment;
let engine: TestEngine;

beforeEach(async () => {
  org = await createOrganization();
  dev = await createEnvironment(org);
  engine = await createEngine(org);
});
afterAll(() => closeWaker());

const cancelInTransaction = (id: string) => prisma().$transaction((tx) => markCanceled(tx, dev.scope, id));

describe("who gets an event", () => {
  test("every endpoint of the run's environment that wants it, and nobody else", async () => {
    const foreign = await createOrganization();
    const [one, two] = [await createWebhookEndpoint(dev), await createWebhookEndpoint(dev)];
    const others = [
      await createWebhookEndpoint(org.live),
      await createWebhookEndpoint(await createEnvironment(org)),
      await createWebhookEndpoint(foreign.live),
      await createWebhookEndpoint(dev, { deletedAt: new Date() }),
      await createWebhookEndpoint(dev, { events: ["run.failed", "run.canceled", "ping"] }),
    ];
    const run = await holdRun(dev, engine);
    await endRun(run);
    const deliveries = await deliveriesOf(run.runId);
    expect(deliveries.map((delivery) => delivery.endpoint_id)).toEqual([one, two].toSorted());
    expect(new Set(deliveries.map((delivery) => delivery.id)).size).toBe(2);
    expect(await queueOf(...others)).toEqual([]);
  });

  test("a type that nobody wants writes nothing, of the other runs in the batch neither more nor less", async () => {
    await createWebhookEndpoint(dev, { events: ["run.failed"] });
    const [fine, broken, elsewhere] = [
      await holdRun(dev, engine),
      await holdRun(dev, engine),
      await holdRun(org.live, engine),
    ];
    const body = '{"error":{"code":"engine_error","message":"no"}}';
    const failed = { status: "FAILED" as const, errorCode: "engine_error", body };
    const { recorded } = await completeRuns(pool(), org.id, [
      resultOf(fine),
      resultOf(broken, failed),
      resultOf(elsewhere, failed),
    ]);
    expect(recorded.size).toBe(3);
    expect(await eventsOf(fine.runId)).toEqual([]);
    expect(await eventsOf(elsewhere.runId)).toEqual([]);
    expect(await eventsOf(broken.runId)).toHaveLength(1);
    expect(await deliveriesOf(broken.runId)).toHaveLength(1);
  });

  test("events of one batch have ids and deliveries in the order of the runs", async () => {
    await createWebhookEndpoint(dev);
    const runs = await holdRuns(dev, engine, 20);
    await completeRuns(
      pool(),
      org.id,
      runs.toReversed().map((run) => resultOf(run)),
    );
    const rows = await sql<{ run_id: string; event_id: string }>(
      "select run_id, event_id from webhook_delivery where org_id = $1 order by id",
      [org.id],
    );
    expect(rows.map((row) => row.run_id)).toEqual(runs.map((run) => run.runId));
    expect(rows.map((row) => row.event_id)).toEqual(rows.map((row) => row.event_id).toSorted());
  });

  test("a disabled endpoint gets what has failed already, to be recovered later, and is not in the queue", async () => {
    const endpoint = await createWebhookEndpoint(dev, { active: false });
    const run = await holdRun(dev, engine);
    expect(await endRun(run)).toEqual({ recorded: new Set([run.runId]), isQueued: false });
    expect(await eventsOf(run.runId)).toHaveLength(1);
    expect(await deliveriesOf(run.runId)).toMatchObject([
      { endpoint_id: endpoint, status: "FAILED", due: null, attempts: 0, last_error: "endpoint_disabled" },
    ]);
    expect(await queueOf(endpoint)).toEqual([]);
  });

  test("endpoints count as they are when the run ends: made, disabled and deleted while it ran", async () => {
    const [disabled, deleted] = [await createWebhookEndpoint(dev), await createWebhookEndpoint(dev)];
    const run = await holdRun(dev, engine);
    const made = await createWebhookEndpoint(dev);
    await sql("update webhook_endpoint set active = false, disabled_reason = 'by_hand' where id = $1", [disabled]);
    await sql("update webhook_endpoint set deleted_at = now() where id = $1", [deleted]);
    await endRun(run);
    const rows = await deliveriesOf(run.runId);
    expect(new Map(rows.map((row) => [row.endpoint_id, row.status]))).toEqual(
      new Map([
        [disabled, "FAILED"],
        [made, "PENDING"],
      ]),
    );
  });
});

describe("an event is written once", () => {
  test("however often the run is completed and canceled", async () => {
    await createWebhookEndpoint(dev);
    const run = await holdRun(dev, engine);
    await endRun(run);
    expect(await endRun(run)).toEqual({ recorded: new Set(), isQueued: false });
    expect(await cancelInTransaction(run.runId)).toBe(false);
    expect(await writtenOf([run.runId])).toEqual([[1, 1]]);
    expect((await eventsOf(run.runId))[0]!.type).toBe("run.completed");

    const other = await holdRun(dev, engine);
    expect(await cancelInTransaction(other.runId)).toBe(true);
    expect(await cancelInTransaction(other.runId)).toBe(false);
    expect((await endRun(other)).recorded).toEqual(new Set());
    expect(await writtenOf([other.runId])).toEqual([[1, 1]]);
    expect((await eventsOf(other.runId))[0]!.type).toBe("run.canceled");
  });

  test("whoever wins of those that end the same runs at once", async () => {
    await createWebhookEndpoint(dev);
    const runs = await holdRuns(dev, engine, 40);
    const ids = runs.map((run) => run.runId);
    const results = runs.map((run) => resultOf(run));
    await Promise.all([
      completeRuns(pool(), org.id, results),
      completeRuns(pool(), org.id, results.toReversed()),
      prisma().$transaction((tx) => markAllCanceled(tx, org.id, ids, ["PENDING", "RUNNING"])),
      ...ids.slice(0, 5).map(cancelInTransaction),
    ]);
    expect(await writtenOf(ids)).toEqual(ids.map(() => [1, 1]));
    const wrong = await sql(
      `select from webhook_event e join run on run.id = e.run_id
       where e.org_id = $1 and (e.type = 'run.canceled') <> (run.status = 'CANCELED')`,
      [org.id],
    );
    expect(wrong).toEqual([]);
  });

  test("and not at all where the end was rolled back", async () => {
    const endpoint = await createWebhookEndpoint(dev);
    const [completed, canceled] = [await holdRun(dev, engine), await holdRun(dev, engine)];
    const client = await pool().connect();
    await client.query("begin");
    expect((await endRun(completed, {}, client)).isQueued).toBe(true);
    await client.query("rollback");
    client.release();
    const rolledBack = prisma().$transaction(async (tx) => {
      await markCanceled(tx, dev.scope, canceled.runId);
      throw new Error("no");
    });
    await expect(rolledBack).rejects.toThrow("no");
    expect(await writtenOf([completed.runId, canceled.runId])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(await queueOf(endpoint)).toEqual([]);
  });
});

const waitsForLock = () =>
  until("a statement to wait for the row", async () => {
    const rows = await sql(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  });

describe("the queue of endpoints", () => {
  let endpoint: string;
  let worker: PoolClient;
  beforeEach(async () => {
    endpoint = await createWebhookEndpoint(dev);
    worker = await pool().connect();
    return async () => {
      await worker.query("rollback");
      worker.release();
    };
  });

  const enqueue = (dueAt: string, leaseId: string | null = null) =>
    sql(`insert into webhook_queue (org_id, endpoint_id, due_at, lease_id) values ($1, $2, ${dueAt}, $3)`, [
      org.id,
      endpoint,
      leaseId,
    ]);
  /** What a worker does that finds nothing to send: takes the row for itself, or leaves it where somebody is about to write. */
  const take = () =>
    worker.query("select from webhook_queue where endpoint_id = $1 for update skip locked", [endpoint]);

  test("a row that is due stays as it is, with its lease", async () => {
    const lease = newId();
    await enqueue("now() - interval '1 minute'", lease);
    const [before] = await sql("select xmin::text, due_at from webhook_queue where endpoint_id = $1", [endpoint]);
    await endRun(await holdRun(dev, engine));
    expect(await sql("select xmin::text, due_at from webhook_queue where endpoint_id = $1", [endpoint])).toEqual([
      before,
    ]);
    expect(await queueOf(endpoint)).toEqual([{ endpoint_id: endpoint, due: true, lease_id: lease }]);
  });

  test("a row that is due later is due now, with its lease", async () => {
    const lease = newId();
    await enqueue("now() + interval '1 hour'", lease);
    await endRun(await holdRun(dev, engine));
    expect(await queueOf(endpoint)).toEqual([{ endpoint_id: endpoint, due: true, lease_id: lease }]);
  });

  test.each([
    ["leaves the queue", "delete from webhook_queue where endpoint_id = $1"],
    ["waits for a retry", "update webhook_queue set due_at = now() + interval '1 hour' where endpoint_id = $1"],
  ])("a worker that %s while a run ends loses nothing: the run's statement waits for it", async (_, leaving) => {
    await enqueue("now() - interval '1 minute'");
    await worker.query("begin");
    expect((await take()).rowCount).toBe(1);
    const ending = endRun(await holdRun(dev, engine));
    await waitsForLock();
    await worker.query(leaving, [endpoint]);
    await worker.query("commit");
    expect((await ending).isQueued).toBe(true);
    expect(await queueOf(endpoint)).toMatchObject([{ endpoint_id: endpoint, due: true }]);
  });

  test.each([
    ["stood", true],
    ["was made by it", false],
  ])("nobody takes a row that %s from under a statement that has not committed", async (_, stood) => {
    if (stood) await enqueue("now() - interval '1 minute'");
    const run = await holdRun(dev, engine);
    const ending = await pool().connect();
    await ending.query("begin");
    await endRun(run, {}, ending);
    await worker.query("begin");
    expect((await take()).rowCount).toBe(0);
    await ending.query("commit");
    ending.release();
    expect((await take()).rowCount).toBe(1);
    expect(await queueOf(endpoint)).toHaveLength(1);
  });

  test("runs of one endpoint end beside each other", async () => {
    await enqueue("now() - interval '1 minute'");
    const [first, second] = [await holdRun(dev, engine), await holdRun(dev, engine)];
    await worker.query("begin");
    await endRun(first, {}, worker);
    expect((await endRun(second)).isQueued).toBe(true);
    await worker.query("commit");
    expect(await deliveriesOf(first.runId)).toHaveLength(1);
  });

  test("two that make the row at once make one", async () => {
    const runs = [
      await holdRun(dev, engine),
      await holdRun(dev, engine),
      await holdRun(dev, engine),
      await holdRun(dev, engine),
    ];
    await Promise.all(runs.map((run) => endRun(run)));
    expect(await queueOf(endpoint)).toHaveLength(1);
    expect(await sql("select from webhook_delivery where endpoint_id = $1", [endpoint])).toHaveLength(4);
  });
});

const statements = async (client: PoolClient) => {
  const { rows } = await client.query<{ name: string; calls: number }>(
    "select name, (generic_plans + custom_plans)::int as calls from pg_prepared_statements where name like 'complete-runs%' order by name",
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.calls]));
};

describe("an organization without endpoints", () => {
  test("ends its runs by the plain statement; one that gets an endpoint by the other, until the endpoint is deleted", async () => {
    const client = await pool().connect();
    const ended = async () => {
      const run = await holdRun(dev, engine);
      const { recorded } = await endRun(run, {}, client);
      expect(recorded).toEqual(new Set([run.runId]));
      return (await eventsOf(run.runId)).length;
    };
    try {
      const before = await statements(client);
      const plain = before["complete-runs"] ?? 0;
      const full = before["complete-runs-with-events"] ?? 0;
      expect(await ended()).toBe(0);
      expect(await statements(client)).toEqual({ ...before, "complete-runs": plain + 1 });

      // Found out by the plain statement, which records nothing then; remembered from there on.
      const endpoint = await createWebhookEndpoint(dev);
      expect(await ended()).toBe(1);
      expect(await ended()).toBe(1);
      expect(await statements(client)).toEqual({ "complete-runs": plain + 2, "complete-runs-with-events": full + 2 });

      await sql("update webhook_endpoint set deleted_at = now() where id = $1", [endpoint]);
      expect(await ended()).toBe(0);
      expect(await ended()).toBe(0);
      expect(await statements(client)).toEqual({ "complete-runs": plain + 3, "complete-runs-with-events": full + 3 });
    } finally {
      client.release();
    }
  });
});
