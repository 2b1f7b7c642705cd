/** Webhooks as the portal's services give them: by role, over one environment or all, with how endpoints have done. */
import { beforeEach, describe, expect, it } from "vitest";
import { environmentScope, type OrgScope } from "../../lib/auth/principal.ts";
import type { Role } from "../../lib/auth/permissions.ts";
import { ListAllDeliveriesQuerySchema, ListDeliveriesQuerySchema } from "../../lib/webhooks/deliveries-schema.ts";
import * as deliveries from "../../lib/webhooks/deliveries-service.ts";
import { checkReceiver } from "../../lib/webhooks/receiver-check-service.ts";
import { recoverEndpoint } from "../../lib/webhooks/recovery-service.ts";
import type { EndpointHealth } from "../../lib/webhooks/schema.ts";
import * as webhooks from "../../lib/webhooks/service.ts";
import { getEndpointWithHealth, listEndpointsWithHealth } from "../../lib/webhooks/statistics-service.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createOrganization,
  createRun,
  sessionScope,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { createDelivery, createWebhook } from "../fixtures/webhooks.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * MINUTE_MS);
const ALL = ListDeliveriesQuerySchema.parse({});
const PAGE = { limit: 25 };

let organization: TestOrganization;
let dev: TestEnvironment;
let id: string;
beforeEach(async () => {
  organization = await createOrganization();
  dev = await createEnvironment(organization);
  id = (await createWebhook(dev)).id;
  made = 0;
});

const outcome = async (work: Promise<unknown>) =>
  work.then(
    () => "allowed",
    (error: { code?: string }) => error.code,
  );
const idsOf = async (scope: OrgScope, deleted?: "true") =>
  (await listEndpointsWithHealth(scope, { ...PAGE, deleted })).data.map((row) => row.id);
const listed = async (scope: OrgScope, query: Record<string, string> = {}) =>
  (await deliveries.listDeliveries(scope, ListAllDeliveriesQuerySchema.parse(query))).data.map((row) => row.id);

const summed = ({ hours }: EndpointHealth) => {
  const sum = (of: "delivered" | "failed" | "unattempted" | "retrying" | "pending") =>
    hours.reduce((all, hour) => all + hour[of], 0);
  return {
    delivered: sum("delivered"),
    failed: sum("failed"),
    unattempted: sum("unattempted"),
    retrying: sum("retrying"),
    pending: sum("pending"),
  };
};

// Within the hour before this one, a second after each other.
let made = 0;
const createdAt = () => new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS / 2 + made * 1_000);

type Many = { count: number; status: string; attempts: number; dueInS: number | null };

/** Deliveries that were made together, after those before; `dueInS` from when they were made. */
async function createMany({ count, status, attempts, dueInS }: Many) {
  made++;
  const at = createdAt();
  await sql(
    `insert into webhook_delivery (org_id, endpoint_id, id, environment_id, event_id, event_type, status, attempts, created_at, next_attempt_at)
     select $1, $2, ($4 || '7000' || '8' || lpad(to_hex(n), 15, '0'))::uuid, $3, gen_random_uuid(), 'run.completed',
       $5::webhook_delivery_status, $6, $7, $8
     from generate_series(1, $9) n`,
    [
      organization.id,
      id,
      dev.id,
      at.getTime().toString(16).padStart(12, "0"),
      status,
      attempts,
      at,
      dueInS === null ? null : new Date(at.getTime() + dueInS * 1_000),
      count,
    ],
  );
  made++;
}

describe("roles", () => {
  const signal = new AbortController().signal;
  const reads: Record<string, (scope: OrgScope, deliveryId: string) => Promise<unknown>> = {
    list: (scope) => listEndpointsWithHealth(scope, PAGE),
    get: (scope) => getEndpointWithHealth(scope, id),
    deliveries: (scope) => deliveries.listDeliveries(scope, ALL),
    "an endpoint's deliveries": (scope) => deliveries.listEndpointDeliveries(scope, id, ALL),
    delivery: (scope, deliveryId) => deliveries.getDelivery(scope, id, deliveryId),
  };
  const writes: Record<string, (scope: OrgScope, deliveryId: string) => Promise<unknown>> = {
    create: (scope) => webhooks.createEndpoint(environmentScope(scope, dev), { url: "https://example.com/" }),
    update: (scope) => webhooks.updateEndpoint(scope, id, { active: false }),
    delete: (scope) => webhooks.removeEndpoint(scope, id),
    rotate: (scope) => webhooks.rotateSecret(scope, id, { keep_old: "now" }),
    ping: (scope) => deliveries.pingEndpoint(scope, id),
    resend: (scope, deliveryId) => deliveries.resendDelivery(scope, id, deliveryId),
    recover: (scope) => recoverEndpoint(scope, id, { since: "2026-01-01T00:00:00Z" }),
    check: (scope) => checkReceiver(scope, id, signal),
  };

  it.each<[Role, string, string]>([
    ["owner", "allowed", "allowed"],
    ["developer", "allowed", "forbidden"],
    ["finance", "forbidden", "forbidden"],
    ["member", "forbidden", "forbidden"],
  ])("%s: reading is %s, writing is %s", async (role, reading, writing) => {
    const deliveryId = await createDelivery(dev, id, { status: "FAILED" });
    const scope = sessionScope(organization, role);
    for (const [name, read] of Object.entries(reads))
      expect([name, await outcome(read(scope, deliveryId))]).toEqual([name, reading]);
    if (writing === "allowed") return;
    for (const [name, write] of Object.entries(writes))
      expect([name, await outcome(write(scope, deliveryId))]).toEqual([name, writing]);
    expect(await sql("select 1 from audit_event where org_id = $1", [organization.id])).toEqual([]);
  });
});

describe("how an endpoint has done", () => {
  it("is told by the hour, from what ended in the last 24 hours", async () => {
    for (const minutes of [0, 1, 2]) {
      await createDelivery(dev, id, { status: "DELIVERED", createdAt: minutesAgo(minutes / 60) });
    }
    await createDelivery(dev, id, { status: "FAILED", createdAt: minutesAgo(3 * 60) });
    await createDelivery(dev, id, { status: "FAILED", createdAt: minutesAgo(25 * 60) });
    const last = await createDelivery(dev, id);
    const { data } = await listEndpointsWithHealth(dev.scope, PAGE);
    const { health } = data[0]!;
    expect(health).toMatchObject({
      success_rate: 3 / 4,
      pending: 1,
      last_delivery: { id: last, status: "PENDING", created_at: expect.any(String) },
    });
    expect(health.hours).toHaveLength(24);
    const starts = health.hours.map(({ start }) => Date.parse(start));
    expect(starts.every((start, n) => n === 0 || starts[n - 1] === start - 60 * MINUTE_MS)).toBe(true);
    expect(starts.at(-1)! % (60 * MINUTE_MS)).toBe(0);
    expect(health.hours.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(3);
    expect(health.hours.filter(({ failed }) => failed > 0)).toHaveLength(1);
    expect(await getEndpointWithHealth(organization.scope, id)).toEqual(data[0]);
  });

  it("counts what is tried again after a failure as not succeeded, and what waits for its first attempt not at all", async () => {
    await createDelivery(dev, id, { status: "DELIVERED" });
    await createDelivery(dev, id, { attempts: 3, lastError: "timeout" });
    await createDelivery(dev, id);
    const { health } = await getEndpointWithHealth(organization.scope, id);
    expect(health).toMatchObject({ success_rate: 1 / 2, pending: 2 });
    expect(health).not.toHaveProperty("sampled");
    const sum = (of: "retrying" | "pending") => health.hours.reduce((all, hour) => all + hour[of], 0);
    expect([sum("retrying"), sum("pending")]).toEqual([1, 1]);
  });

  it("does not count what has failed without an attempt", async () => {
    await createDelivery(dev, id, { status: "DELIVERED" });
    for (let n = 0; n < 3; n++) {
      await createDelivery(dev, id, { status: "FAILED", attempts: 0, lastError: "endpoint_disabled" });
    }
    const { health } = await getEndpointWithHealth(organization.scope, id);
    expect(health.success_rate).toBe(1);
    expect(summed(health)).toEqual({ delivered: 1, failed: 0, unattempted: 3, retrying: 0, pending: 0 });
  });

  it("is told from what was attempted where a backlog is longer than what is looked at", async () => {
    await createMany({ count: 300, status: "DELIVERED", attempts: 1, dueInS: null });
    await createMany({ count: 250, status: "PENDING", attempts: 3, dueInS: 3_600 });
    await createMany({ count: 508, status: "PENDING", attempts: 0, dueInS: 0 });
    const { health } = await getEndpointWithHealth(organization.scope, id);
    expect(health).toMatchObject({ success_rate: 0, sampled: true, pending: 758 });
    expect(summed(health)).toEqual({ delivered: 0, failed: 0, unattempted: 0, retrying: 200, pending: 200 });
  });

  it("is told from what was attempted before an endpoint was disabled", async () => {
    await createMany({ count: 250, status: "DELIVERED", attempts: 1, dueInS: null });
    await sql(
      "update webhook_endpoint set active = false, disabled_reason = 'by_hand', disabled_at = $2 where id = $1",
      [id, createdAt()],
    );
    await createMany({ count: 300, status: "FAILED", attempts: 0, dueInS: null });
    const { health } = await getEndpointWithHealth(organization.scope, id);
    expect(health).toMatchObject({ success_rate: 1, sampled: true, pending: 0 });
    expect(summed(health)).toEqual({ delivered: 200, failed: 0, unattempted: 200, retrying: 0, pending: 0 });
  });

  it("is no rate, and no sample of one, while nothing was attempted", async () => {
    await createMany({ count: 300, status: "PENDING", attempts: 0, dueInS: 0 });
    const { health } = await getEndpointWithHealth(organization.scope, id);
    expect(health).toMatchObject({ success_rate: null, pending: 300 });
    expect(health).not.toHaveProperty("sampled");
  });

  it("is unknown where nothing was sent", async () => {
    const { health } = await getEndpointWithHealth(organization.scope, id);
    expect(health).toMatchObject({ success_rate: null, pending: 0, last_delivery: null });
    expect(health).not.toHaveProperty("pending_is_more");
  });

  it("says that it is a sample of the newest of each hour where there is very much, and counts no further than it must", async () => {
    await sql(
      `insert into webhook_delivery (org_id, endpoint_id, id, environment_id, event_id, event_type, status, next_attempt_at, attempts)
       select $1, $2, (lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0') || '7000' || '8' || lpad(to_hex(n), 15, '0'))::uuid, $3,
         gen_random_uuid(), 'run.completed', case when n > 10100 then 'DELIVERED' else 'PENDING' end::webhook_delivery_status,
         case when n <= 10100 then now() end, case when n > 10100 then 1 else 0 end
       from generate_series(1, 10400) n`,
      [organization.id, id, dev.id],
    );
    const { health } = await getEndpointWithHealth(organization.scope, id);
    expect(health).toMatchObject({ success_rate: 1, sampled: true, pending: 10_000, pending_is_more: true });
    expect(health.hours.at(-1)).toMatchObject({ delivered: 200, sampled: true });
  });
});

it("an environment's list has its own endpoints, the organization's all; deleted ones stand apart", async () => {
  const live = await createWebhook(organization.live);
  expect(await idsOf(dev.scope)).toEqual([id]);
  expect(await idsOf(organization.scope)).toEqual([live.id, id]);
  await webhooks.removeEndpoint(dev.scope, id);
  expect(await idsOf(organization.scope)).toEqual([live.id]);
  expect(await idsOf(organization.scope, "true")).toEqual([id]);
  expect(await getEndpointWithHealth(organization.scope, id)).toMatchObject({ deleted_at: expect.any(String) });
  // By its environment's name it is found nowhere else.
  await expect(getEndpointWithHealth(organization.live.scope, id)).rejects.toMatchObject({ code: "not_found" });
});

it("deliveries of all endpoints come together, of one environment or of all, and of one run", async () => {
  const engine = await createEngine(organization);
  const runId = await createRun(dev, engine, { status: "COMPLETED" });
  const [second, live] = [await createWebhook(dev), await createWebhook(organization.live)];
  const ids = [
    await createDelivery(dev, id, { status: "FAILED", createdAt: minutesAgo(5) }),
    await createDelivery(organization.live, live.id, { createdAt: minutesAgo(4) }),
    await createDelivery(dev, second.id, { runId, type: "run.completed", status: "DELIVERED" }),
    await createDelivery(dev, id, { runId, type: "run.completed" }),
  ];
  await webhooks.removeEndpoint(dev.scope, second.id);
  expect(await listed(organization.scope)).toEqual(ids.toReversed());
  expect(await listed(dev.scope)).toEqual([ids[3], ids[2], ids[0]]);
  expect(await listed(dev.scope, { status: "FAILED,PENDING" })).toEqual([ids[3], ids[0]]);
  const first = await deliveries.listDeliveries(organization.scope, ListDeliveriesQuerySchema.parse({ limit: "3" }));
  expect(await listed(organization.scope, { cursor: first.next_cursor! })).toEqual([ids[0]]);

  // By one endpoint, deleted or not; one of another environment or organization is as one that does not exist.
  expect(await listed(dev.scope, { endpoint_id: id })).toEqual([ids[3], ids[0]]);
  expect(await listed(organization.scope, { endpoint_id: second.id, status: "DELIVERED" })).toEqual([ids[2]]);
  expect(await listed(dev.scope, { endpoint_id: live.id })).toEqual([]);
  expect(await listed((await createOrganization()).scope, { endpoint_id: id })).toEqual([]);

  const ofRun = await deliveries.listRunDeliveries(organization.scope, runId, PAGE);
  expect(ofRun.data.map((row) => [row.id, row.endpoint_deleted ?? false])).toEqual([
    [ids[3], false],
    [ids[2], true],
  ]);
  const [one] = (await deliveries.listRunDeliveries(organization.scope, runId, { limit: 1 })).data;
  expect(one!.id).toBe(ids[3]);
  await expect(deliveries.listRunDeliveries(organization.live.scope, runId, PAGE)).rejects.toMatchObject({
    code: "not_found",
  });
});
