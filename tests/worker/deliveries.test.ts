/** What receivers are sent, that off-the-shelf verifiers take it, and what is recorded of every kind of answer. */
import { createHmac } from "node:crypto";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { prisma } from "../../lib/db.ts";
import { createOutboundClient } from "../../lib/outbound/client.ts";
import { makePolicy } from "../../lib/outbound/policy.ts";
import { createResolve } from "../../lib/outbound/resolve.ts";
import { replaceSecret } from "../../lib/webhooks/secret-store.ts";
import { startDnsServer } from "../fixtures/dns-server.ts";
import {
  createEnvironment,
  createOrganization,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import type { Answer, Received } from "../fixtures/receiver.ts";
import { createWebhook } from "../fixtures/webhooks.ts";
import { REFUSED_ADDRESSES } from "../unit/outbound-addresses.ts";
import {
  allDelivered,
  attempted,
  attemptsOf,
  deliver,
  deliveriesAt,
  deliveryState,
  makeDue,
  noise,
  receiver,
  stopAll,
  stopLater,
} from "./delivery-harness.ts";

let org: TestOrganization;
let dev: TestEnvironment;

beforeEach(async () => {
  org = await createOrganization();
  dev = await createEnvironment(org);
});
afterEach(stopAll);

/** As the documentation says that X-Nexio-Signature is verified. */
function nexioVerifies(secret: string, { headers, body }: Received): boolean {
  const [t, ...signatures] = String(headers["x-nexio-signature"]).split(",");
  const hex = createHmac("sha256", secret)
    .update(`${t!.slice("t=".length)}.${body}`)
    .digest("hex");
  return signatures.includes(`v1=${hex}`) && t === `t=${String(headers["x-nexio-timestamp"])}`;
}

function verifies(secret: string, received: Received): boolean[] {
  const headers = received.headers as Record<string, string>;
  const taken = [StandardWebhook, SvixWebhook].map((Webhook) => {
    try {
      new Webhook(secret).verify(received.body, headers);
      return true;
    } catch {
      return false;
    }
  });
  return [...taken, nexioVerifies(secret, received)];
}

const ALL_TAKE_IT = [true, true, true];
const NONE_TAKES_IT = [false, false, false];

describe("a delivery", () => {
  test("is verified by standardwebhooks, svix and a few lines of one's own", async () => {
    const to = await receiver();
    const endpoint = await createWebhook(dev, { url: `${to.url}/hook?x=1` });
    const [id] = await makeDue(dev, endpoint.id, 1, { text: "ünï→🙂" });
    deliver();
    await allDelivered(endpoint);
    const [received] = to.received;
    expect(verifies(endpoint.secret, received!)).toEqual(ALL_TAKE_IT);
    const event = JSON.parse(received!.body) as { id: string; type: string };
    expect(received!.path).toBe("/hook?x=1");
    expect(received!.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "Nexio-Webhooks/1.0",
      "webhook-id": event.id,
      "webhook-timestamp": received!.headers["x-nexio-timestamp"],
      "x-nexio-event": event.type,
      "x-nexio-delivery": id,
    });
    expect(Math.abs(Number(received!.headers["webhook-timestamp"]) - Date.now() / 1_000)).toBeLessThan(60);
    expect(received!.headers).not.toHaveProperty("authorization");
  });

  test("of live is not verified by the secret of dev, nor by another endpoint's", async () => {
    const to = await receiver();
    const live = await createWebhook(org.live, { url: to.url });
    const others = [await createWebhook(dev, { url: to.url }), await createWebhook(org.live, { url: to.url })];
    await makeDue(org.live, live.id);
    deliver();
    await allDelivered(live);
    expect(verifies(live.secret, to.received[0]!)).toEqual(ALL_TAKE_IT);
    for (const { secret } of others) expect(verifies(secret, to.received[0]!)).toEqual(NONE_TAKES_IT);
  });

  test("is signed with both secrets while the old one is kept, and with the new one alone when it is not", async () => {
    const to = await receiver();
    const endpoint = await createWebhook(dev, { url: to.url });
    deliver();
    const rotate = (hours: number) =>
      prisma().$transaction(async (tx) => (await replaceSecret(tx, org.id, endpoint.id, hours)).secret);
    const second = await rotate(24);
    await makeDue(dev, endpoint.id);
    await allDelivered(endpoint);
    for (const secret of [endpoint.secret, second]) expect(verifies(secret, to.received[0]!)).toEqual(ALL_TAKE_IT);
    const third = await rotate(0);
    await makeDue(dev, endpoint.id);
    await allDelivered(endpoint);
    for (const secret of [endpoint.secret, second]) expect(verifies(secret, to.received[1]!)).toEqual(NONE_TAKES_IT);
    expect(verifies(third, to.received[1]!)).toEqual(ALL_TAKE_IT);
  });

  test("is the same in every attempt but for its time and signatures, and every attempt is recorded", async () => {
    const to = await receiver((_, response) => {
      response.writeHead(to.received.length === 1 ? 500 : 200, { "x-n": to.received.length }).end("ok");
    });
    const endpoint = await createWebhook(dev, { url: to.url });
    const [id] = await makeDue(dev, endpoint.id);
    let aheadMs = 0;
    const deliverer = deliver({ aheadMs: () => aheadMs });
    await attempted(id!, 1);
    aheadMs = 60_000;
    deliverer.wake();
    await allDelivered(endpoint);
    const [first, second] = to.received;
    expect(second!.body).toBe(first!.body);
    for (const name of ["webhook-id", "x-nexio-delivery"]) expect(second!.headers[name]).toBe(first!.headers[name]);
    const attempts = await attemptsOf(id!);
    expect(attempts.map(({ number, status_code: code, error }) => [number, code, error])).toEqual([
      [1, 500, "http_status"],
      [2, 200, null],
    ]);
    for (const [n, attempt] of attempts.entries()) {
      const { host: _h, connection: _c, "content-length": _l, ...sent } = to.received[n]!.headers;
      expect(attempt.request_headers).toEqual(sent);
      expect(attempt.response_headers).toMatchObject({ "x-n": String(n + 1) });
      expect(attempt).toMatchObject({ trigger: "schedule", url: to.url, response_truncated: false });
      expect(attempt.response_body!.toString()).toBe("ok");
      expect(attempt.duration_ms).toBeGreaterThanOrEqual(0);
    }
  });

  test("carries the receiver's token, which is stored nowhere", async () => {
    const to = await receiver();
    const endpoint = await createWebhook(dev, { url: to.url, authToken: "tok-very-secret" });
    const [id] = await makeDue(dev, endpoint.id);
    deliver();
    await allDelivered(endpoint);
    expect(to.received[0]!.headers.authorization).toBe("Bearer tok-very-secret");
    const [attempt] = await attemptsOf(id!);
    expect(attempt!.request_headers.authorization).toBe("[redacted]");
    expect(JSON.stringify(attempt)).not.toContain("very-secret");
  });

  test("travels on a connection that others have used", async () => {
    const ports = new Set<number | undefined>();
    const to = await receiver((_, response, request) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    const endpoint = await createWebhook(dev, { url: to.url });
    const ids = await makeDue(dev, endpoint.id, 500);
    deliver();
    await allDelivered(endpoint);
    expect(deliveriesAt(to).toSorted()).toEqual(ids.toSorted());
    expect(ports.size).toBeLessThanOrEqual(64);
  });
});

type Expected = {
  answer: Answer;
  status?: number;
  error: string | null;
  message?: string;
  body?: Buffer;
  truncated?: true;
};

const status =
  (code: number, body: string | Buffer = "", headers = {}): Answer =>
  (_, response) =>
    void response.writeHead(code, headers).end(body);
const BINARY = noise(1_000);

describe("an answer", () => {
  const ANSWERS: Record<string, Expected> = {
    "a 200": { answer: status(200, "fine"), status: 200, error: null, body: Buffer.from("fine") },
    "a 204": { answer: status(204), status: 204, error: null, body: Buffer.alloc(0) },
    "a 299": { answer: status(299), status: 299, error: null },
    binary: { answer: status(200, BINARY), status: 200, error: null, body: BINARY },
    "a 400": { answer: status(400, "no\0pe"), status: 400, error: "http_status", message: "status 400" },
    "a 500 of bytes that are no text": { answer: status(500, BINARY), status: 500, error: "http_status", body: BINARY },
    "a redirect": {
      answer: status(302, "", { location: "http://169.254.169.254/" }),
      status: 302,
      error: "redirect",
      message: "redirect (302)",
    },
    "too long": {
      answer: status(200, "x".repeat(200_000)),
      status: 200,
      error: null,
      body: Buffer.alloc(64 << 10, "x"),
      truncated: true,
    },
    "one that never ends": {
      answer: (_, response) => {
        const write = () => void (response.destroyed ? undefined : response.write("x".repeat(65_536), write));
        write();
      },
      status: 200,
      error: null,
      truncated: true,
    },
    "one whose headers have no end": {
      answer: (_, response) => void response.writeHead(200, { "x-long": "y".repeat(20_000) }).end(),
      error: "invalid_answer",
    },
    none: { answer: () => undefined, error: "timeout", message: "within 500 ms" },
    "half of one": {
      answer: (_, response) => void response.writeHead(200, { "content-length": 10 }).write("half"),
      error: "timeout",
    },
    "a reset": { answer: (_, response) => void response.destroy(), error: "unreachable" },
  };
  test.each(Object.entries(ANSWERS))("that is %s", async (_, expected) => {
    const to = await receiver(expected.answer);
    const endpoint = await createWebhook(dev, { url: to.url });
    const [id] = await makeDue(dev, endpoint.id);
    deliver({ timeoutMs: 500 });
    const state = await attempted(id!);
    expect(state).toMatchObject({
      status: expected.error === null ? "DELIVERED" : "PENDING",
      last_error: expected.error,
      last_status_code: expected.status ?? null,
    });
    const [attempt] = await attemptsOf(id!);
    expect(attempt).toMatchObject({
      status_code: expected.status ?? null,
      error: expected.error,
      response_truncated: expected.truncated ?? false,
    });
    if (expected.message) expect(attempt!.error_message).toContain(expected.message);
    if (expected.body) expect(attempt!.response_body).toEqual(expected.body);
    expect(to.received).toHaveLength(1);
  });

  test("is not stored packed", async () => {
    const to = await receiver();
    const endpoint = await createWebhook(dev, { url: to.url });
    await makeDue(dev, endpoint.id);
    deliver();
    await allDelivered(endpoint);
    expect(to.received[0]!.headers["accept-encoding"]).toBe("identity");
  });
});

/** One delivery to each of these URLs, by a client for which names are as `zone` says; what is recorded of each. */
async function tried(urls: readonly string[], zone: (name: string) => readonly string[] | undefined, cidrs = "") {
  const dns = await startDnsServer(zone);
  stopLater(() => dns.stop());
  const client = createOutboundClient({
    policy: makePolicy({ cidrs }),
    resolve: createResolve([dns.address]),
    keepAlive: true,
  });
  const ids: string[] = [];
  for (const url of urls) {
    const endpoint = await createWebhook(dev, { url });
    ids.push(...(await makeDue(dev, endpoint.id)));
  }
  deliver({ client, timeoutMs: 3_000 });
  for (const id of ids) await attempted(id);
  return Promise.all(ids.map(async (id) => ({ state: await deliveryState(id), attempts: await attemptsOf(id) })));
}

describe("an address that may not be called", () => {
  test("is recorded as such, whatever range a name resolves to, and tried again later", async () => {
    const ranges = Object.values(REFUSED_ADDRESSES);
    const urls = ranges.map((_, n) => `https://n${n}.example.test/`);
    const results = await tried(urls, (name) => [ranges[Number(/^n(\d+)\./.exec(name)![1])]!]);
    for (const [n, result] of results.entries()) {
      expect(result.state, ranges[n]).toMatchObject({ status: "PENDING", last_error: "url_not_allowed", step: 1 });
      expect(JSON.stringify(result.attempts)).not.toContain(ranges[n]);
    }
  });

  test("http:, literal addresses and internal names are not called in production", async () => {
    const urls = [
      "http://93.184.216.34/",
      "https://127.0.0.1/",
      "https://[::ffff:10.0.0.1]/",
      "https://[64:ff9b::a00:1]/",
      "https://[2002:7f00:1::]/",
      "https://localhost/",
      "https://metadata.internal/",
    ];
    const results = await tried(urls, () => ["127.0.0.1"]);
    expect(results.map(({ state }) => state.last_error)).toEqual(urls.map(() => "url_not_allowed"));
  });

  test("is called where the operator allows its range", async () => {
    const to = await receiver();
    // Nobody vouches for its certificate: that the handshake was tried is what tells.
    const results = await tried([`https://allowed.example.test:${to.port}/`], () => ["127.0.0.1"], "127.0.0.0/8");
    expect(results[0]!.state).toMatchObject({ last_error: "unreachable" });
    expect(results[0]!.attempts[0]!.error_message).toContain("secure connection");
  });
});
