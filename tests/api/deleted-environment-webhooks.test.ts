/** What becomes of webhooks when their environment is deleted: endpoints and secrets go, what was to be sent is canceled, history stays. */
import { afterAll, beforeEach, expect, test } from "vitest";
import { removeEnvironment } from "../../lib/environments/service.ts";
import { closeWaker } from "../../lib/wake.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createOrganization,
  createRun,
  createWebhookEndpoint,
  type TestEngine,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { deliveriesOf, endRun, eventsOf, holdRun, queueOf } from "./ended-runs.ts";

let org: TestOrganization;
let dev: TestEnvironment;
let engine: TestEngine;

beforeEach(async () => {
  org = await createOrganization();
  dev = await createEnvironment(org);
  engine = await createEngine(org);
});
afterAll(() => closeWaker());

const statusesOf = async (runId: string) =>
  (await deliveriesOf(runId)).map((delivery) => [delivery.status, delivery.due]);

test("endpoints are deleted with their secrets, and nobody else's are", async () => {
  const endpoint = await createWebhookEndpoint(dev);
  const other = await createWebhookEndpoint(org.live);
  await sql("update webhook_endpoint set auth_token = 'sealed' where org_id = $1", [org.id]);
  await sql(
    "insert into webhook_secret (org_id, endpoint_id, id, sealed) select org_id, id, gen_random_uuid(), 'sealed' from webhook_endpoint where org_id = $1",
    [org.id],
  );
  await removeEnvironment(org.scope, dev.slug);
  const rows = await sql<{ id: string }>(
    `select id, deleted_at is not null as deleted, auth_token is not null as token,
       (select count(*)::int from webhook_secret s where s.endpoint_id = e.id) as secrets
     from webhook_endpoint e where org_id = $1`,
    [org.id],
  );
  expect(new Map(rows.map(({ id, ...rest }) => [id, rest]))).toEqual(
    new Map([
      [endpoint, { deleted: true, token: false, secrets: 0 }],
      [other, { deleted: false, token: true, secrets: 1 }],
    ]),
  );
});

test("what was to be sent is canceled, what was asked for again is left as it had ended, and what belongs to others is sent", async () => {
  await createWebhookEndpoint(dev);
  await createWebhookEndpoint(org.live);
  const [pending, resent, delivered] = [
    await holdRun(dev, engine),
    await holdRun(dev, engine),
    await holdRun(dev, engine),
  ];
  const elsewhere = await holdRun(org.live, engine);
  for (const run of [pending, resent, delivered, elsewhere]) await endRun(run);
  await sql("update webhook_delivery set status = 'FAILED', trigger = 'resend' where run_id = $1", [resent.runId]);
  await sql("update webhook_delivery set status = 'DELIVERED', next_attempt_at = null where run_id = $1", [
    delivered.runId,
  ]);
  await removeEnvironment(org.scope, dev.slug);
  expect(await statusesOf(pending.runId)).toEqual([["CANCELED", null]]);
  expect(await statusesOf(resent.runId)).toEqual([["FAILED", null]]);
  expect(await statusesOf(delivered.runId)).toEqual([["DELIVERED", null]]);
  expect(await statusesOf(elsewhere.runId)).toEqual([["PENDING", true]]);
  expect(await eventsOf(pending.runId)).toHaveLength(1);
});

test("its endpoints are in the queue, where a worker meets what was written in the same moment", async () => {
  const [fresh, later] = [await createWebhookEndpoint(dev), await createWebhookEndpoint(dev)];
  await sql("insert into webhook_queue (org_id, endpoint_id, due_at) values ($1, $2, now() + interval '1 hour')", [
    org.id,
    later,
  ]);
  await removeEnvironment(org.scope, dev.slug);
  expect((await queueOf(fresh, later)).map((row) => row.due)).toEqual([true, true]);
});

test("however many there are", async () => {
  const endpoint = await createWebhookEndpoint(dev);
  await sql(
    `insert into webhook_delivery (org_id, endpoint_id, id, environment_id, event_id, event_type, next_attempt_at)
     select $1, $2, ('01890000-0000-7' || substr(gen_random_uuid()::text, 16))::uuid, $3, gen_random_uuid(), 'run.completed', now()
     from generate_series(1, 2500)`,
    [org.id, endpoint, dev.id],
  );
  await removeEnvironment(org.scope, dev.slug);
  const rows = await sql("select status, count(*)::int from webhook_delivery where endpoint_id = $1 group by 1", [
    endpoint,
  ]);
  expect(rows).toEqual([{ status: "CANCELED", count: 2_500 }]);
});

test("runs that end with it or after it tell nobody", async () => {
  await createWebhookEndpoint(dev);
  const waiting = await createRun(dev, engine);
  const running = await holdRun(dev, engine);
  await removeEnvironment(org.scope, dev.slug);
  expect(await endRun(running)).toMatchObject({ isQueued: false });
  expect(await sql("select status from run where id = $1", [waiting])).toEqual([{ status: "CANCELED" }]);
  for (const id of [waiting, running.runId]) expect(await eventsOf(id)).toEqual([]);
});
