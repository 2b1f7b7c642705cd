/** When deliveries are tried again, when that ends, and what makes an endpoint be disabled. Days go by in the deliverer's clock; nobody waits. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/time.ts";
import { resendDelivery } from "../../lib/webhooks/deliveries-service.ts";
import { recoverEndpoint } from "../../lib/webhooks/recovery-service.ts";
import { RETRY_DELAYS_MS } from "../../lib/webhooks/retry-delay.ts";
import { removeEndpoint, updateEndpoint } from "../../lib/webhooks/service.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEnvironment,
  createOrganization,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import type { Answer, Receiver } from "../fixtures/receiver.ts";
import { createWebhook, type TestWebhook } from "../fixtures/webhooks.ts";
import {
  allDelivered,
  attempted,
  attemptsOf,
  deliver,
  deliveriesAt,
  deliveryState,
  makeDue,
  receiver,
  statusesOf,
  stopAll,
  type TestDeliverer,
} from "./delivery-harness.ts";

let org: TestOrganization;
let dev: TestEnvironment;
let aheadMs: number;
let deliverer: TestDeliverer;

beforeEach(async () => {
  org = await createOrganization();
  dev = await createEnvironment(org);
  aheadMs = 0;
});
afterEach(stopAll);

const answering =
  (code: number, headers = {}): Answer =>
  (_, response) =>
    void response.writeHead(code, headers).end();

/** An endpoint, its receiver, and a deliverer whose clock is `aheadMs` ahead. */
async function endpointThat(answer: Answer): Promise<{ endpoint: TestWebhook; to: Receiver }> {
  const to = await receiver(answer);
  const endpoint = await createWebhook(dev, { url: to.url });
  deliverer = deliver({ aheadMs: () => aheadMs });
  return { endpoint, to };
}

/** Time passes. */
function goOn(ms: number): void {
  aheadMs += ms;
  deliverer.wake();
}

/** Until the next attempt, by the deliverer's clock. */
const delayOf = async (id: string) => (await deliveryState(id)).due_in_ms! - aheadMs;

const endpointRow = async ({ id }: { id: string }) =>
  (await sql("select active, disabled_reason, failing_since from webhook_endpoint where id = $1", [id]))[0]!;

const hasLeftQueue = ({ id }: { id: string }) =>
  until("it to leave the queue", async () => {
    return (await sql("select from webhook_queue where endpoint_id = $1", [id])).length === 0;
  });

describe("an endpoint that fails", () => {
  test("is tried ten times by the schedule, and then its delivery has failed", async () => {
    const { endpoint, to } = await endpointThat(answering(500));
    const [id] = await makeDue(dev, endpoint.id);
    for (let n = 1; n < RETRY_DELAYS_MS.length; n++) {
      const state = await attempted(id!, n);
      expect(state).toMatchObject({ status: "PENDING", step: n, attempts: n, last_error: "http_status" });
      const delayMs = await delayOf(id!);
      // The statement that asks is a little later than the one that has recorded.
      expect(delayMs).toBeGreaterThan(0.8 * RETRY_DELAYS_MS[n]! - 3_000);
      expect(delayMs).toBeLessThanOrEqual(1.2 * RETRY_DELAYS_MS[n]!);
      expect(to.received).toHaveLength(n);
      goOn(delayMs + 1);
    }
    expect(await attempted(id!, 10)).toMatchObject({ status: "FAILED", step: 10, due_in_ms: null });
    expect((await attemptsOf(id!)).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(deliveriesAt(to))).toEqual(new Set([id]));
    await hasLeftQueue(endpoint);
  });

  test.each([
    ["seconds", "600", 600_000],
    ["a date", new Date(Date.now() + HOUR_MS).toUTCString(), HOUR_MS],
    ["more than a day", "9999999", DAY_MS],
    ["less than the schedule", "1", 5_000],
  ])("is left alone for as long as its Retry-After says in %s", async (_, retryAfter, expected) => {
    const { endpoint } = await endpointThat(answering(503, { "retry-after": retryAfter }));
    const [id] = await makeDue(dev, endpoint.id);
    await attempted(id!);
    const delayMs = await delayOf(id!);
    expect(delayMs).toBeLessThanOrEqual(expected * (expected > 5_000 ? 1 : 1.2));
    expect(delayMs).toBeGreaterThan(expected * 0.8 - (expected > 5_000 ? 0 : 3_000) - 0.2 * MINUTE_MS);
  });

  test("for five days is disabled, and what is pending has failed", async () => {
    const { endpoint } = await endpointThat(answering(500));
    const [first] = await makeDue(dev, endpoint.id);
    await attempted(first!);
    expect((await endpointRow(endpoint)).failing_since).not.toBe(null);
    goOn(5 * DAY_MS - MINUTE_MS);
    await attempted(first!, 2);
    expect(await endpointRow(endpoint)).toMatchObject({ active: true });
    const [second] = await makeDue(dev, endpoint.id);
    goOn(2 * MINUTE_MS);
    await attempted(second!);
    await until("it to be disabled", async () => !(await endpointRow(endpoint)).active);
    expect(await endpointRow(endpoint)).toMatchObject({ disabled_reason: "failing" });
    await until("what was pending to end", async () => (await deliveryState(first!)).status === "FAILED");
    for (const id of [first!, second!]) {
      expect(await deliveryState(id)).toMatchObject({ last_error: "endpoint_disabled", due_in_ms: null });
    }
    await hasLeftQueue(endpoint);
    const [event] = await sql<{ body: string }>("select body from audit_event where org_id = $1", [org.id]);
    expect(JSON.parse(event!.body)).toMatchObject({
      action: "webhook.disable",
      actor: { type: "system" },
      target: { id: endpoint.id },
      details: { reason: "failing" },
    });
  });

  test("and succeeds in between is not", async () => {
    let isDown = true;
    const { endpoint } = await endpointThat((_, response) => void response.writeHead(isDown ? 500 : 200).end());
    const [id] = await makeDue(dev, endpoint.id);
    await attempted(id!);
    isDown = false;
    goOn(4 * DAY_MS);
    await allDelivered(endpoint);
    await until("it to be well", async () => (await endpointRow(endpoint)).failing_since === null);
    isDown = true;
    goOn(4 * DAY_MS);
    const [next] = await makeDue(dev, endpoint.id);
    await attempted(next!);
    await until("it to fail", async () => (await endpointRow(endpoint)).failing_since !== null);
    expect(await endpointRow(endpoint)).toMatchObject({ active: true });
  });

  test("with 410 is disabled at once", async () => {
    let code = 500;
    const { endpoint, to } = await endpointThat((_, response) => void response.writeHead(code).end());
    const [waiting] = await makeDue(dev, endpoint.id);
    await attempted(waiting!);
    code = 410;
    const [last] = await makeDue(dev, endpoint.id);
    deliverer.wake();
    await until("it to be disabled", async () => !(await endpointRow(endpoint)).active);
    expect(await endpointRow(endpoint)).toMatchObject({ disabled_reason: "gone" });
    await until("all to have failed", async () => Object.keys(await statusesOf(endpoint)).join() === "FAILED");
    expect(await attemptsOf(last!)).toMatchObject([{ status_code: 410, error: "http_status" }]);
    expect(to.received).toHaveLength(2);
    await hasLeftQueue(endpoint);
  });
});

describe("sending again", () => {
  test("a delivery that has failed makes one attempt, which delivers it or leaves it as it was", async () => {
    let code = 500;
    const { endpoint } = await endpointThat((_, response) => void response.writeHead(code).end());
    const [id] = await makeDue(dev, endpoint.id);
    await sql("update webhook_delivery set step = 9 where id = $1", [id]);
    expect(await attempted(id!)).toMatchObject({ status: "FAILED" });
    await resendDelivery(dev.scope, endpoint.id, id!);
    deliverer.wake();
    expect(await attempted(id!, 2)).toMatchObject({ status: "FAILED", due_in_ms: null, last_error: "http_status" });
    code = 200;
    await resendDelivery(dev.scope, endpoint.id, id!);
    deliverer.wake();
    expect(await attempted(id!, 3)).toMatchObject({ status: "DELIVERED", due_in_ms: null, last_error: null });
    code = 500;
    await resendDelivery(dev.scope, endpoint.id, id!);
    deliverer.wake();
    expect(await attempted(id!, 4)).toMatchObject({ status: "DELIVERED", due_in_ms: null });
    const triggers = (await attemptsOf(id!)).map(({ trigger }) => trigger);
    expect(triggers).toEqual(["schedule", "resend", "resend", "resend"]);
  });

  test("one that waits makes its next attempt now, and goes on with its schedule from there", async () => {
    const { endpoint } = await endpointThat(answering(500));
    const [id] = await makeDue(dev, endpoint.id);
    await attempted(id!);
    await resendDelivery(dev.scope, endpoint.id, id!);
    deliverer.wake();
    expect(await attempted(id!, 2)).toMatchObject({ status: "PENDING", step: 2, trigger: "schedule" });
    expect(await delayOf(id!)).toBeGreaterThan(3 * MINUTE_MS);
    expect((await attemptsOf(id!)).map(({ trigger }) => trigger)).toEqual(["schedule", "resend"]);
  });

  test("one that is just being sent is sent again when that has failed", async () => {
    const fail: (() => void)[] = [];
    const { endpoint } = await endpointThat((_, response) => {
      if (fail.length > 0) return {};
      fail.push(() => response.writeHead(500).end());
      return undefined;
    });
    const [id] = await makeDue(dev, endpoint.id);
    await until("it to be sent", () => fail.length === 1);
    await resendDelivery(dev.scope, endpoint.id, id!);
    fail[0]!();
    await allDelivered(endpoint);
    expect((await attemptsOf(id!)).map(({ trigger }) => trigger)).toEqual(["schedule", "resend"]);
  });

  test("all that have failed since a time begin their schedules anew", async () => {
    let code = 500;
    const { endpoint } = await endpointThat((_, response) => void response.writeHead(code).end());
    const ids = await makeDue(dev, endpoint.id, 20);
    await sql("update webhook_delivery set step = 9 where endpoint_id = $1", [endpoint.id]);
    await until("all to have failed", async () => (await statusesOf(endpoint)).FAILED === 20);
    code = 200;
    const since = new Date(Date.now() - HOUR_MS).toISOString();
    expect(await recoverEndpoint(dev.scope, endpoint.id, { since })).toEqual({ recovering: 20 });
    deliverer.wake();
    await allDelivered(endpoint);
    for (const id of ids) expect((await attemptsOf(id)).map(({ trigger }) => trigger)).toEqual(["schedule", "recover"]);
  });
});

const OPEN = 24;
/** Written by statements that began before the endpoint was taken away. */
const LATE = 400;

/** Deliveries to a receiver that hangs until it is let go: all that are due are open, so that nothing is read ahead. */
async function manyOpen() {
  const answers: (() => void)[] = [];
  const { endpoint, to } = await endpointThat((_, response) => void answers.push(() => response.end()));
  await makeDue(dev, endpoint.id, OPEN);
  await until("requests to hang", () => to.open() === OPEN);
  return { endpoint, to, letGo: () => answers.forEach((answer) => answer()) };
}

describe("an endpoint that is taken away", () => {
  test("by disabling gets nothing more; what had arrived is delivered, the rest has failed and can be recovered", async () => {
    const { endpoint, to, letGo } = await manyOpen();
    await updateEndpoint(dev.scope, endpoint.id, { active: false });
    await makeDue(dev, endpoint.id, LATE);
    letGo();
    await until("all to have ended", async () => !(await statusesOf(endpoint)).PENDING && to.open() === 0);
    await until("what had arrived to be recorded", async () => (await statusesOf(endpoint)).DELIVERED === OPEN);
    expect(to.received).toHaveLength(OPEN);
    expect(await statusesOf(endpoint)).toEqual({ DELIVERED: OPEN, FAILED: LATE });
    await hasLeftQueue(endpoint);
  });

  test("by deleting gets nothing more, and nothing is to come", async () => {
    const { endpoint, to, letGo } = await manyOpen();
    await removeEndpoint(dev.scope, endpoint.id);
    await makeDue(dev, endpoint.id, LATE);
    letGo();
    await until("all to be recorded", () => deliverer.stats().unrecorded === 0 && deliverer.stats().sending === 0);
    await until("all to have ended", async () => !(await statusesOf(endpoint)).PENDING);
    expect(to.received).toHaveLength(OPEN);
    expect(await statusesOf(endpoint)).toEqual({ CANCELED: OPEN + LATE });
    await hasLeftQueue(endpoint);
  });

  test("while nobody delivers is left alone by whoever comes next", async () => {
    const { endpoint, to, letGo } = await manyOpen();
    await deliverer.stopNow();
    await makeDue(dev, endpoint.id, LATE);
    await sql("update webhook_endpoint set deleted_at = now() where id = $1", [endpoint.id]);
    deliver();
    await until("all to be canceled", async () => (await statusesOf(endpoint)).CANCELED === OPEN + LATE);
    letGo();
    await hasLeftQueue(endpoint);
    expect(to.received).toHaveLength(OPEN);
  });
});

test("a delivery whose event is gone ends without an attempt, and holds up nothing", async () => {
  const { endpoint, to } = await endpointThat(() => ({}));
  await deliverer.stopNow();
  const [gone, good] = await makeDue(dev, endpoint.id, 2);
  await sql("delete from webhook_event where id = (select event_id from webhook_delivery where id = $1)", [gone]);
  deliver();
  await until("both to end", async () => !(await statusesOf(endpoint)).PENDING);
  expect(await deliveryState(gone!)).toMatchObject({ status: "FAILED", last_error: "event_gone", attempts: 0 });
  expect(deliveriesAt(to)).toEqual([good]);
  await hasLeftQueue(endpoint);
});
