/** The receiver check against real receivers, good ones and bad ones: each row must tell what its receiver does. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import { createKey, createOrganization, type TestKey, type TestOrganization } from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";
import { type Received, type Receiver, startReceiver } from "../fixtures/receiver.ts";
import { createWebhook, isSignedWith } from "../fixtures/webhooks.ts";

const TOLERANCE_S = 300;
const AUTH_TOKEN = "token-of-the-receiver";

/** What a receiver does with a request: the status that it answers. */
type Handler = (request: Received, secret: string) => number | Promise<number>;

const isFresh = ({ headers }: Received) =>
  Math.abs(Date.now() / 1_000 - Number(headers["webhook-timestamp"])) <= TOLERANCE_S;

/** `X-Nexio-Signature`, for receivers that verify by that. */
function hasOwnSignature({ headers, body }: Received, secret: string): boolean {
  const [, timestamp, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["x-nexio-signature"])) ?? [];
  const expected = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest();
  return signature !== undefined && timingSafeEqual(Buffer.from(signature, "hex"), expected);
}

/** A receiver that does everything right: verifies, refuses what is stale, does each event once, and takes a repetition calmly. */
function perfect(): Handler {
  const handled = new Set<string>();
  return (request, secret) => {
    if (!isSignedWith(secret, request)) return 401;
    if (!isFresh(request)) return 400;
    handled.add(String(request.headers["webhook-id"]));
    return 200;
  };
}

forEachHost(["mount", "server"], (host) => {
  let organization: TestOrganization;
  let key: TestKey;
  let receiver: Receiver | undefined;

  beforeEach(async () => {
    organization = await createOrganization();
    key = await createKey(organization.live);
  });
  afterEach(() => receiver?.stop());

  async function startWith(handler: Handler): Promise<{ id: string; secret: string }> {
    const webhook: { id: string; secret: string } = { id: "", secret: "" };
    receiver = await startReceiver(async (request, response: ServerResponse) => {
      response.writeHead(await handler(request, webhook.secret)).end();
    });
    return Object.assign(webhook, await createWebhook(organization.live, { url: receiver.url, authToken: AUTH_TOKEN }));
  }

  const check = (id: string) => callApi(host, key.key, "POST", `/webhooks/${id}/check`);
  async function rowsOf(handler: Handler): Promise<Record<string, boolean | null>> {
    const { status, body } = await check((await startWith(handler)).id);
    expect(status).toBe(200);
    expect(body.passed).toBe(body.checks.every((row: { passed: boolean | null }) => row.passed === true));
    return Object.fromEntries(
      body.checks.map((row: { check: string; passed: boolean | null }) => [row.check, row.passed]),
    );
  }

  it("a perfect receiver passes every row, and is sent what each row says", async () => {
    const { id, secret } = await startWith(perfect());
    const { status, body } = await check(id);
    expect({ status, passed: body.passed }).toEqual({ status: 200, passed: true });
    const [good, bad, stale, again] = body.checks;
    expect(body.checks.map((row: { check: string; status_code: number }) => [row.check, row.status_code])).toEqual([
      ["valid_signature", 200],
      ["bad_signature", 401],
      ["stale_timestamp", 400],
      ["duplicate_id", 200],
    ]);
    const sent = (eventId: string) => receiver!.received.filter(({ headers }) => headers["webhook-id"] === eventId);
    expect(receiver!.received).toHaveLength(4);
    // The repetition is the first request once more: the same id, the same delivery, the same body.
    expect(again.event_id).toBe(good.event_id);
    const [first, second] = sent(good.event_id);
    expect(second!.body).toBe(first!.body);
    expect(second!.headers["x-nexio-delivery"]).toBe(first!.headers["x-nexio-delivery"]);
    expect([first, second].every((request) => isSignedWith(secret, request!) && isFresh(request!))).toBe(true);
    const [forged] = sent(bad.event_id);
    expect([isSignedWith(secret, forged!), hasOwnSignature(forged!, secret), isFresh(forged!)]).toEqual([
      false,
      false,
      true,
    ]);
    const [old] = sent(stale.event_id);
    expect([isSignedWith(secret, old!), hasOwnSignature(old!, secret), isFresh(old!)]).toEqual([true, true, false]);
    for (const { headers, body: text } of receiver!.received) {
      expect(headers).toMatchObject({
        "user-agent": "Nexio-Webhooks/1.0",
        "x-nexio-event": "ping",
        "content-type": "application/json",
        authorization: `Bearer ${AUTH_TOKEN}`,
      });
      expect(JSON.parse(text)).toMatchObject({ type: "ping", environment: "live", data: { endpoint_id: id } });
    }
  });

  it("is no delivery: nothing is recorded but who asked for it, and no answer has secret or token", async () => {
    const { id, secret } = await startWith(perfect());
    const { body } = await check(id);
    expect(await sql("select 1 from webhook_delivery where endpoint_id = $1", [id])).toEqual([]);
    expect(await sql("select 1 from webhook_event where org_id = $1", [organization.id])).toEqual([]);
    const audited = await sql<{ body: string }>("select body from audit_event where org_id = $1", [organization.id]);
    expect(audited.map((row) => JSON.parse(row.body).action)).toEqual(["webhook.check"]);
    for (const text of [JSON.stringify(body), audited[0]!.body])
      for (const hidden of [secret, AUTH_TOKEN]) expect(text).not.toContain(hidden);
  });

  describe("finds", () => {
    it("one that verifies by X-Nexio-Signature to be as good", async () => {
      const rows = await rowsOf((request, secret) => {
        if (!hasOwnSignature(request, secret)) return 403;
        return isFresh(request) ? 204 : 422;
      });
      expect(Object.values(rows)).toEqual([true, true, true, true]);
    });

    it("one that does not verify: it takes the forgery", async () => {
      const rows = await rowsOf((request) => (isFresh(request) ? 200 : 400));
      expect(rows).toEqual({
        valid_signature: true,
        bad_signature: false,
        stale_timestamp: true,
        duplicate_id: true,
      });
    });

    it("one that looks at nothing", async () => {
      expect(await rowsOf(() => 200)).toEqual({
        valid_signature: true,
        bad_signature: false,
        stale_timestamp: false,
        duplicate_id: true,
      });
    });

    it("one that ignores the timestamp: it takes what is stale", async () => {
      const rows = await rowsOf((request, secret) => (isSignedWith(secret, request) ? 200 : 401));
      expect(rows).toEqual({
        valid_signature: true,
        bad_signature: true,
        stale_timestamp: false,
        duplicate_id: true,
      });
    });

    it.each([409, 500])("one that refuses a repetition with %i, which would be sent again for days", async (status) => {
      const handle = perfect();
      const seen = new Set<unknown>();
      const rows = await rowsOf(async (request, secret) => {
        const answer = await handle(request, secret);
        if (answer !== 200) return answer;
        if (seen.has(request.headers["webhook-id"])) return status;
        seen.add(request.headers["webhook-id"]);
        return 200;
      });
      expect(rows).toEqual({
        valid_signature: true,
        bad_signature: true,
        stale_timestamp: true,
        duplicate_id: false,
      });
    });

    it("nothing to say against one that does its work twice, and says that it cannot see that", async () => {
      let done = 0;
      const { id } = await startWith((request, secret) => {
        if (!isSignedWith(secret, request)) return 401;
        if (!isFresh(request)) return 400;
        done++;
        return 200;
      });
      const { body } = await check(id);
      expect(done).toBe(2);
      const row = body.checks.at(-1);
      expect(row).toMatchObject({ check: "duplicate_id", passed: true, event_id: expect.stringMatching(/^evt_/) });
      expect(row.advice).toContain("cannot be seen from here");
    });

    it("that 500 and a redirect do not say whether a forgery was refused", async () => {
      const rows = await rowsOf((request, secret) => {
        if (!isSignedWith(secret, request)) return 500;
        return isFresh(request) ? 200 : 302;
      });
      expect(rows).toEqual({
        valid_signature: true,
        bad_signature: null,
        stale_timestamp: null,
        duplicate_id: true,
      });
    });

    it.each([400, 401, 403, 404, 422])("%i to be a refusal", async (refusal) => {
      const rows = await rowsOf((request, secret) =>
        isSignedWith(secret, request) && isFresh(request) ? 200 : refusal,
      );
      expect(Object.values(rows)).toEqual([true, true, true, true]);
    });

    it.each([405, 409, 410, 413])("that %i does not say whether a forgery was refused", async (status) => {
      const rows = await rowsOf((request, secret) =>
        isSignedWith(secret, request) && isFresh(request) ? 200 : status,
      );
      expect(Object.values(rows)).toEqual([true, null, null, true]);
    });

    it.each([408, 425, 429])(
      "that one which verifies nothing, and takes no more with %i, has told nothing",
      async (status) => {
        let requests = 0;
        const { id } = await startWith(() => (++requests === 1 ? 200 : status));
        const { body } = await check(id);
        expect(body.passed).toBe(false);
        expect(body.checks.map((row: { passed: boolean | null }) => row.passed)).toEqual([true, null, null, null]);
        for (const row of body.checks.slice(1))
          expect(row.advice).toContain(`${status} says that the receiver takes no more`);
      },
    );

    it("nothing where even the first request is one too many", async () => {
      expect(Object.values(await rowsOf(() => 429))).toEqual([null, null, null, null]);
      expect(receiver!.received).toHaveLength(1);
    });

    it.each([401, 500, 301, 410])(
      "nothing but that it does not take a good request, where it answers %i",
      async (status) => {
        const rows = await rowsOf(() => status);
        expect(rows).toEqual({
          valid_signature: false,
          bad_signature: null,
          stale_timestamp: null,
          duplicate_id: null,
        });
        expect(receiver!.received).toHaveLength(1);
      },
    );

    it("that nobody is there", async () => {
      const { id } = await createWebhook(organization.live, { url: "http://127.0.0.1:9/" });
      const { body } = await check(id);
      expect(body).toMatchObject({ passed: false });
      expect(body.checks[0]).toMatchObject({ check: "valid_signature", error: "unreachable", passed: false });
      expect(body.checks[0]).not.toHaveProperty("status_code");
    });
  });

  it("sends one request after another, so that it provokes no rate limit", async () => {
    let most = 0;
    const handle = perfect();
    const { id } = await startWith(async (request, secret) => {
      most = Math.max(most, receiver!.open());
      // A slow receiver: what is sent beside a request comes meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 20));
      most = Math.max(most, receiver!.open());
      return handle(request, secret);
    });
    expect((await check(id)).body.passed).toBe(true);
    expect(most).toBe(1);
  });

  it("goes one at a time, and works for a webhook that is disabled", async () => {
    let answer!: () => void;
    const held = new Promise<void>((resolve) => (answer = resolve));
    const { id } = await startWith(async () => {
      await held;
      return 401;
    });
    await callApi(host, key.key, "PATCH", `/webhooks/${id}`, { active: false });
    const first = check(id);
    await expect.poll(() => receiver!.received.length).toBe(1);
    expectRefusal(await check(id), 429, "rate_limited");
    answer();
    expect((await first).status).toBe(200);
    expect((await check(id)).status).toBe(200);
  });
});
