/** Deliveries through the public API: read with their attempts, sent again one by one; and the ping. Lists are in webhook-delivery-lists.test.ts. */
import { beforeEach, describe, expect, it } from "vitest";
import { prisma } from "../../lib/db.ts";
import type { WebhookAttemptTrigger } from "../../lib/generated/prisma/enums.ts";
import { toEventId } from "../../lib/webhooks/event-types.ts";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEnvironment,
  createKey,
  createOrganization,
  type TestEnvironment,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";
import { createDelivery, createWebhook } from "../fixtures/webhooks.ts";

const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

type Row = { id: string };

forEachHost(["mount", "server"], (host) => {
  let organization: TestOrganization;
  let dev: TestEnvironment;
  let key: TestKey;
  let endpointId: string;

  beforeEach(async () => {
    organization = await createOrganization();
    dev = await createEnvironment(organization);
    key = await createKey(dev);
    endpointId = (await createWebhook(dev)).id;
  });

  const call = (method: string, path: string, body?: unknown, caller = key) =>
    callApi(host, caller.key, method, `/webhooks/${endpointId}${path}`, body);
  const idsOf = async (query: string) =>
    (await call("GET", `/deliveries?${query}`)).body.data.map(({ id }: Row) => id) as string[];
  const isQueued = async () =>
    (await sql("select 1 from webhook_queue where endpoint_id = $1 and due_at <= now()", [endpointId])).length === 1;

  async function addAttempt(
    deliveryId: string,
    number: number,
    more: {
      trigger?: WebhookAttemptTrigger;
      statusCode?: number | null;
      error?: string | null;
      errorMessage?: string | null;
      responseHeaders?: string | null;
      responseBody?: Uint8Array<ArrayBuffer> | null;
      responseTruncated?: boolean;
    } = {},
  ): Promise<void> {
    await prisma().webhookAttempt.create({
      data: {
        orgId: organization.id,
        deliveryId,
        number,
        endpointId,
        trigger: "schedule",
        url: "https://receiver.example.com/hook",
        startedAt: hoursAgo(1),
        durationMs: 17,
        statusCode: 500,
        error: "http_status",
        errorMessage: "The receiver answered 500",
        requestHeaders: JSON.stringify({ "webhook-id": "evt_1", authorization: "[redacted]" }),
        responseHeaders: JSON.stringify({ "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] }),
        responseBody: new Uint8Array(Buffer.from("no – not now")),
        ...more,
      },
    });
  }

  describe("one delivery", () => {
    it("has what was sent, and every attempt with what came back, newest first", async () => {
      const id = await createDelivery(dev, endpointId, { attempts: 3 });
      await addAttempt(id, 1);
      await addAttempt(id, 2, {
        statusCode: null,
        error: "timeout",
        errorMessage: "There was no answer within 15000 ms",
        responseHeaders: null,
        responseBody: null,
      });
      await addAttempt(id, 3, {
        trigger: "resend",
        responseBody: new Uint8Array([0xff, 0x00, 0xfe]),
      });
      const { status, body } = await call("GET", `/deliveries/${id}`);
      expect(status).toBe(200);
      const { id: eventId } = JSON.parse(body.request_body);
      expect(body).toEqual({
        id,
        event_id: eventId,
        event: "ping",
        environment: dev.slug,
        endpoint_id: endpointId,
        endpoint_url: "https://receiver.example.com/hook",
        status: "PENDING",
        created_at: expect.any(String),
        attempt_count: 3,
        next_attempt_at: expect.any(String),
        next_attempt_trigger: "schedule",
        request_body: expect.any(String),
        attempts: [
          expect.objectContaining({
            number: 3,
            trigger: "resend",
            response_body: Buffer.from([0xff, 0x00, 0xfe]).toString("base64"),
            response_body_encoding: "base64",
          }),
          {
            number: 2,
            trigger: "schedule",
            url: "https://receiver.example.com/hook",
            started_at: expect.any(String),
            duration_ms: 17,
            error: "timeout",
            error_message: "There was no answer within 15000 ms",
            request_headers: { "webhook-id": "evt_1", authorization: "[redacted]" },
          },
          {
            number: 1,
            trigger: "schedule",
            url: "https://receiver.example.com/hook",
            started_at: expect.any(String),
            duration_ms: 17,
            status_code: 500,
            error: "http_status",
            error_message: "The receiver answered 500",
            request_headers: { "webhook-id": "evt_1", authorization: "[redacted]" },
            response_headers: { "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] },
            response_body: "no – not now",
          },
        ],
      });
    });

    it("shows an answer that was cut within a character as the text that it is", async () => {
      const id = await createDelivery(dev, endpointId, { attempts: 1 });
      const cut = Buffer.from("straße ü").subarray(0, -1);
      await addAttempt(id, 1, { responseBody: new Uint8Array(cut), responseTruncated: true });
      expect((await call("GET", `/deliveries/${id}`)).body.attempts[0]).toMatchObject({
        response_body: "straße ",
        response_truncated: true,
      });
    });

    it("shows the attempts that it counts, and none that is recorded while it is read", async () => {
      const id = await createDelivery(dev, endpointId, { attempts: 1 });
      // The delivery as it is read before the second one is recorded, the attempts as they are after that.
      for (const number of [1, 2]) await addAttempt(id, number);
      const { body } = await call("GET", `/deliveries/${id}`);
      expect(body.attempt_count).toBe(1);
      expect(body.attempts.map((attempt: { number: number }) => attempt.number)).toEqual([1]);
    });

    it("shows no more than the newest thirty attempts", async () => {
      const id = await createDelivery(dev, endpointId, { attempts: 32 });
      for (let number = 1; number <= 32; number++) await addAttempt(id, number);
      const { body } = await call("GET", `/deliveries/${id}`);
      expect(body.attempt_count).toBe(32);
      expect(body.attempts.map(({ number }: { number: number }) => number)).toEqual(
        Array.from({ length: 30 }, (_, n) => 32 - n),
      );
    });

    it("shows neither what was sent nor what was answered to a key that may not read runs", async () => {
      const id = await createDelivery(dev, endpointId, { attempts: 1 });
      await addAttempt(id, 1);
      const blind = await createKey(dev, { scopes: ["webhooks:manage"] });
      const { status, body } = await call("GET", `/deliveries/${id}`, undefined, blind);
      expect(status).toBe(200);
      expect(body).not.toHaveProperty("request_body");
      expect(body.attempts[0]).toMatchObject({ status_code: 500, request_headers: expect.any(Object) });
      expect(body.attempts[0]).not.toHaveProperty("response_body");
    });

    it("is found under its own endpoint only", async () => {
      const other = await createWebhook(dev);
      const id = await createDelivery(dev, other.id);
      expectRefusal(await call("GET", `/deliveries/${id}`), 404, "not_found");
      expectRefusal(await call("POST", `/deliveries/${id}/resend`), 404, "not_found");
    });
  });

  describe("sending one again", () => {
    it.each(["DELIVERED", "FAILED", "CANCELED"] as const)("that is %s makes one attempt now", async (status) => {
      const id = await createDelivery(dev, endpointId, { status, attempts: 10 });
      const { status: answered, body } = await call("POST", `/deliveries/${id}/resend`);
      expect(answered).toBe(202);
      expect(body).toMatchObject({ id, status, next_attempt_trigger: "resend", attempt_count: 10 });
      expect(Date.parse(body.next_attempt_at)).toBeLessThanOrEqual(Date.now() + 5_000);
      expect(await isQueued()).toBe(true);
    });

    it("that is waiting makes its next attempt now", async () => {
      const id = await createDelivery(dev, endpointId, { attempts: 4 });
      const { body } = await call("POST", `/deliveries/${id}/resend`);
      expect(body).toMatchObject({ status: "PENDING", next_attempt_trigger: "resend" });
      expect(Date.parse(body.next_attempt_at)).toBeLessThanOrEqual(Date.now() + 5_000);
      expect(await isQueued()).toBe(true);
      const audited = await sql<{ details: unknown }>(
        "select body::json->'details' as details from audit_event where org_id = $1 and body::json->>'action' = 'webhook.resend'",
        [organization.id],
      );
      expect(audited).toEqual([{ details: { delivery: id } }]);
    });

    it("is refused while the webhook is disabled, as is a ping", async () => {
      const id = await createDelivery(dev, endpointId, { status: "FAILED" });
      await callApi(host, key.key, "PATCH", `/webhooks/${endpointId}`, { active: false });
      expectRefusal(await call("POST", `/deliveries/${id}/resend`), 409, "conflict");
      expectRefusal(await call("POST", "/ping"), 409, "conflict");
      expect(await sql("select 1 from webhook_delivery where endpoint_id = $1", [endpointId])).toHaveLength(1);
    });
  });

  it("recovering a disabled webhook is refused; what is wrong with the request itself is said first", async () => {
    await callApi(host, key.key, "PATCH", `/webhooks/${endpointId}`, { active: false });
    const since = "2026-11-02T00:00:00Z";
    expectRefusal(await call("POST", "/recover", { since }), 409, "conflict");
    expectRefusal(await call("POST", "/recover", { since, until: "2026-11-01T00:00:00Z" }), 400, "invalid_request");
  });

  it("a ping is a delivery like any other, to this endpoint only", async () => {
    const other = await createWebhook(dev, { events: ["ping"] });
    const { status, body } = await call("POST", "/ping");
    expect(status).toBe(202);
    const delivery = (await call("GET", `/deliveries/${body.delivery_id}`)).body;
    expect(delivery).toMatchObject({ event: "ping", status: "PENDING", attempt_count: 0, attempts: [] });
    expect(JSON.parse(delivery.request_body)).toEqual({
      id: delivery.event_id,
      type: "ping",
      webhook_version: "2026-11-21",
      environment: dev.slug,
      created_at: expect.any(String),
      data: { endpoint_id: endpointId },
    });
    expect(await isQueued()).toBe(true);
    expect(await idsOf(`event_id=${delivery.event_id}`)).toEqual([body.delivery_id]);
    const rows = await sql<{ id: string }>("select event_id as id from webhook_delivery where endpoint_id <> $1", [
      endpointId,
    ]);
    expect(rows.map(({ id }) => toEventId(id))).not.toContain(delivery.event_id);
    expect((await callApi(host, key.key, "GET", `/webhooks/${other.id}/deliveries`)).body.data).toEqual([]);
  });
});
