/** Recovering: everything that had failed is sent again, once, whoever is killed; and never so much at a time that new events wait behind it. */
import { beforeEach, describe, expect, test } from "vitest";
import { pool } from "../../lib/db.ts";
import { workOffRecoveries } from "../../lib/webhooks/tasks.ts";
import { recoverEndpoint } from "../../lib/webhooks/recovery-service.ts";
import { getEndpoint, removeEndpoint, updateEndpoint } from "../../lib/webhooks/service.ts";
import { TASKS } from "../../lib/worker/tasks/catalog.ts";
import { sql } from "../fixtures/database.ts";
import { createEnvironment, createOrganization, type TestEnvironment } from "../fixtures/factories.ts";
import { startProcess, until } from "../fixtures/processes.ts";
import { createDelivery, createWebhook } from "../fixtures/webhooks.ts";
import { workerEnv } from "./worker-process.ts";

const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS);
const FOR_EVER = "2000-01-01T00:00:00Z";

let dev: TestEnvironment;
let id: string;
beforeEach(async () => {
  await sql("update webhook_recovery set ended_at = now() where ended_at is null");
  dev = await createEnvironment(await createOrganization());
  id = (await createWebhook(dev)).id;
});

const recover = (range: { since: string; until?: string } = { since: FOR_EVER }) =>
  recoverEndpoint(dev.scope, id, range);

type Counts = Record<string, number>;
async function statuses(): Promise<Counts> {
  const rows = await sql<{ status: string; n: number }>(
    "select status, count(*)::int as n from webhook_delivery where endpoint_id = $1 group by 1",
    [id],
  );
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
}

const dueNow = async () =>
  (
    await sql<{ n: number }>(
      "select count(*)::int as n from webhook_delivery where endpoint_id = $1 and next_attempt_at <= now()",
      [id],
    )
  )[0]!.n;

/** What a worker does with all that is due, if its receiver takes it. Counts in last_status_code how often each was sent. */
const deliverDue = () =>
  sql(
    `update webhook_delivery set status = 'DELIVERED', next_attempt_at = null, last_status_code = coalesce(last_status_code, 0) + 1
     where endpoint_id = $1 and next_attempt_at <= now()`,
    [id],
  );

/** Deliveries that have failed, one a second, the last one just now. */
const createFailed = (count: number) =>
  sql(
    `with made as (
       select n, now() - n * interval '1 second' as at from generate_series(1, $4) n
     )
     insert into webhook_delivery (org_id, endpoint_id, id, environment_id, event_id, event_type, status, created_at, attempts, step, last_error)
     select $1, $2, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || '8' || lpad(to_hex(n), 15, '0'))::uuid,
       $3, gen_random_uuid(), 'run.completed', 'FAILED', at, 10, 10, 'http_status' from made`,
    [dev.orgId, id, dev.id, count],
  );

test("puts back what has failed in the time that was named, with the whole schedule before it", async () => {
  const old = await createDelivery(dev, id, { status: "FAILED", createdAt: hoursAgo(50) });
  const meant = await createDelivery(dev, id, { status: "FAILED", createdAt: hoursAgo(5), attempts: 10 });
  const late = await createDelivery(dev, id, { status: "FAILED", createdAt: hoursAgo(1) });
  const done = await createDelivery(dev, id, { status: "DELIVERED", createdAt: hoursAgo(5) });
  await sql("update webhook_delivery set step = 10 where id = $1", [meant]);
  expect(await recover({ since: hoursAgo(6).toISOString(), until: hoursAgo(2).toISOString() })).toEqual({
    recovering: 1,
  });
  const rows = await sql<{ id: string; status: string; step: number; trigger: string; due: boolean; attempts: number }>(
    "select id, status, step, trigger, next_attempt_at <= now() as due, attempts from webhook_delivery where endpoint_id = $1",
    [id],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  expect(byId.get(meant)).toMatchObject({ status: "PENDING", step: 0, trigger: "recover", due: true, attempts: 10 });
  expect([old, late, done].map((other) => byId.get(other)!.status)).toEqual(["FAILED", "FAILED", "DELIVERED"]);
  expect(await sql("select 1 from webhook_queue where endpoint_id = $1 and due_at <= now()", [id])).toHaveLength(1);
  expect(await getEndpoint(dev.scope, id)).not.toHaveProperty("recovery");
});

test("without an end it takes what has failed until now, and nothing is nothing", async () => {
  expect(await recover()).toEqual({ recovering: 0 });
  await createFailed(3);
  expect(await recover()).toEqual({ recovering: 3 });
  expect(await statuses()).toEqual({ PENDING: 3 });
});

test("a hundred thousand come back in chunks, each once, and never many at a time", async () => {
  await createFailed(100_000);
  expect(await recover()).toEqual({ recovering: 100_000 });
  expect((await getEndpoint(dev.scope, id)).recovery).toMatchObject({ matched: 100_000, recovered: 1_000 });
  let most = 0;
  for (let open = true; open;) {
    await workOffRecoveries({ forMs: 50 });
    most = Math.max(most, await dueNow());
    await deliverDue();
    open = (await getEndpoint(dev.scope, id)).recovery !== undefined;
    // Those that wait for room are looked at again by and by.
    await sql("update webhook_recovery set next_chunk_at = now()");
  }
  await deliverDue();
  expect(most).toBeLessThanOrEqual(3_000);
  expect(
    await sql(
      "select status, last_status_code as sent, count(*)::int as n from webhook_delivery where endpoint_id = $1 group by 1, 2",
      [id],
    ),
  ).toEqual([{ status: "DELIVERED", sent: 1, n: 100_000 }]);
}, 120_000);

test("counts while others change the endpoint: recording an attempt may have to", async () => {
  await createFailed(3);
  const holder = await pool().connect();
  try {
    await holder.query("begin; lock table webhook_delivery in access exclusive mode");
    const recovering = recover();
    await until("it to be counting", async () => {
      const rows = await sql(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike '%as failed from webhook_delivery%'",
      );
      return rows.length === 1;
    });
    await sql("select 1 from webhook_endpoint where id = $1 for update nowait", [id]);
    await holder.query("commit");
    expect(await recovering).toEqual({ recovering: 3 });
  } finally {
    await holder.query("rollback");
    holder.release();
  }
});

test("goes on by another worker where one is killed in its middle", async () => {
  await createFailed(4_000);
  await recover();
  const size = { limit: 20, maxDue: 1_000_000 };
  const script = `
    import { workOffRecoveries } from "${new URL("../../lib/webhooks/tasks.ts", import.meta.url).href}";
    await workOffRecoveries({ forMs: 60_000, size: ${JSON.stringify(size)} });`;
  const worker = await startProcess({
    command: process.execPath,
    args: ["--input-type=module", "-e", script],
    env: workerEnv(),
  });
  await expect
    .poll(async () => (await statuses()).PENDING ?? 0, { timeout: 20_000, interval: 5 })
    .toBeGreaterThan(1_100);
  worker.kill("SIGKILL");
  await worker.exited;
  const [{ recovered }] = (await sql<{ recovered: number }>(
    "select recovered from webhook_recovery where endpoint_id = $1",
    [id],
  )) as [{ recovered: number }];
  // What it says and what it has done are one.
  expect(await statuses()).toEqual({ PENDING: recovered, FAILED: 4_000 - recovered });
  expect(recovered).toBeLessThan(4_000);
  while ((await workOffRecoveries({ forMs: 1_000, size })) > 0);
  expect(await statuses()).toEqual({ PENDING: 4_000 });
  expect(
    await sql("select recovered, ended_at is null as open from webhook_recovery where endpoint_id = $1", [id]),
  ).toEqual([{ recovered: 4_000, open: false }]);
  await worker.stop();
}, 60_000);

test("workers beside each other put each back once", async () => {
  await createFailed(3_000);
  await recover();
  const size = { limit: 50, maxDue: 1_000_000 };
  const counts = await Promise.all([1, 2, 3].map(() => workOffRecoveries({ forMs: 20_000, size })));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2_000);
  expect(await statuses()).toEqual({ PENDING: 3_000 });
});

test("one that fails is tried again later, and keeps nobody else waiting", async () => {
  await createFailed(1_500);
  await recover();
  const failing = id;
  id = (await createWebhook(dev)).id;
  await createFailed(1_500);
  await recover();
  await sql(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
     create trigger refuse before update on webhook_recovery for each row
       when (new.recovered > 1000 and new.endpoint_id = '${failing}') execute function refuse()`,
  );
  try {
    expect(await workOffRecoveries()).toBe(500);
    expect(await statuses()).toEqual({ PENDING: 1_500 });
    expect(
      await sql("select next_chunk_at > now() as later from webhook_recovery where endpoint_id = $1", [failing]),
    ).toEqual([{ later: true }]);
  } finally {
    await sql("drop trigger refuse on webhook_recovery; drop function refuse");
  }
});

describe("ends where the webhook", () => {
  test.each([
    ["is disabled", () => updateEndpoint(dev.scope, id, { active: false }), "FAILED"],
    ["is deleted", () => removeEndpoint(dev.scope, id), "CANCELED"],
  ])("%s", async (_, end, status) => {
    await createFailed(1_500);
    await recover();
    await end();
    expect(await workOffRecoveries({ forMs: 100 })).toBe(0);
    const left = await statuses();
    expect(left).toEqual(status === "FAILED" ? { FAILED: 1_500 } : { CANCELED: 1_000, FAILED: 500 });
    expect(await sql("select 1 from webhook_recovery where endpoint_id = $1 and ended_at is null", [id])).toEqual([]);
  });
});

test("is refused while one is under way, for a disabled webhook, and for times in the wrong order", async () => {
  await createFailed(1_500);
  await recover();
  await expect(recover()).rejects.toMatchObject({ code: "conflict" });
  await updateEndpoint(dev.scope, id, { active: false });
  await workOffRecoveries({ forMs: 100 });
  await expect(recover()).rejects.toMatchObject({ code: "conflict" });
  await updateEndpoint(dev.scope, id, { active: true });
  await expect(recover({ since: "2026-11-02T00:00:00Z", until: "2026-11-01T00:00:00Z" })).rejects.toMatchObject({
    code: "invalid_request",
    details: [{ path: "until" }],
  });
  expect(await recover()).toEqual({ recovering: 1_500 });
});

test("is a task of every worker", () => {
  expect(TASKS["webhook-recoveries"].due).toEqual({ everyMs: 1_000 });
});
