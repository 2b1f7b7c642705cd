/** What must hold when several processes and many requests meet: two real web processes on one database. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as apiKeys from "../../lib/api-keys/service.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createKey,
  createOrganization,
  createRun,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

let servers: TestServer[];

beforeAll(async () => {
  servers = await Promise.all([startServer(), startServer()]);
});
afterAll(() => Promise.all((servers ?? []).map((server) => server.stop())));

type Sent = { status: number; body: Record<string, unknown>; headers: Headers };

async function send(
  server: TestServer,
  key: { authorization: object },
  method: string,
  path: string,
  body?: unknown,
  headers = {},
): Promise<Sent> {
  const response = await fetch(server.url + path, {
    method,
    headers: { ...key.authorization, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text ? (JSON.parse(text) as Record<string, unknown>) : {},
    headers: response.headers,
  };
}

/** As many calls at once, spread over both processes. */
const atOnce = <T>(count: number, call: (server: TestServer, n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, n) => call(servers[n % servers.length]!, n)));

async function runnable(): Promise<{
  org: TestOrganization;
  key: Awaited<ReturnType<typeof createKey>>;
  path: string;
}> {
  const org = await createOrganization();
  const engine = await createEngine(org);
  return { org, key: await createKey(org.live), path: `/api/v1/engines/${engine.slug}/runs` };
}

describe("environments", () => {
  it("20 concurrent creates make exactly 5", async () => {
    const org = await createOrganization();
    const key = await createKey(org.live);
    const answers = await atOnce(20, (server, n) =>
      send(server, key, "POST", "/api/v1/environments", { slug: `env_${n}` }),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
      refused.map(() => [409, "environment_limit_reached"]),
    );
    expect(String(refused[0]!.body.message)).toContain("support@nexio.test");
    expect(await sql("select slug from environment where org_id = $1 and kind = 'environment'", [org.id])).toHaveLength(
      5,
    );
  });

  it("20 concurrent creates of one slug make one", async () => {
    const org = await createOrganization();
    const key = await createKey(org.live);
    const answers = await atOnce(20, (server) => send(server, key, "POST", "/api/v1/environments", { slug: "same" }));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
    expect(new Set(answers.filter(({ status }) => status === 409).map(({ body }) => body.code))).toEqual(
      new Set(["slug_taken"]),
    );
  });
});

describe("idempotency", () => {
  it("50 concurrent equal requests make one run, and all get its id", async () => {
    const { org, key, path } = await runnable();
    const answers = await atOnce(50, (server) =>
      send(server, key, "POST", path, { input: { n: 1 } }, { "idempotency-key": "the same" }),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get("idempotent-replayed") === null)).toHaveLength(1);
    expect(answers.filter(({ headers }) => headers.get("idempotent-replayed") === "true")).toHaveLength(49);
    expect(await sql("select id from run where org_id = $1", [org.id])).toHaveLength(1);
    expect(await sql("select sum(runs)::int as runs from usage_delta where org_id = $1", [org.id])).toEqual([
      { runs: 1 },
    ]);
  });

  it("50 concurrent requests with one key and different bodies make one run; the others are told", async () => {
    const { org, key, path } = await runnable();
    const answers = await atOnce(50, (server, n) =>
      send(server, key, "POST", path, { input: { n } }, { "idempotency-key": "the same" }),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 202);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
      refused.map(() => [422, "idempotency_key_reused"]),
    );
    expect(await sql("select id from run where org_id = $1", [org.id])).toHaveLength(1);
  });

  it("one key in two environments makes two runs", async () => {
    const { org, key, path } = await runnable();
    const dev = await createKey(await createEnvironment(org, "dev"));
    const answers = await Promise.all(
      [key, dev].map((one, n) =>
        send(servers[n]!, one, "POST", path, { input: {} }, { "idempotency-key": "the same" }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[0]!.body.run_id).not.toBe(answers[1]!.body.run_id);
  });
});

describe("a key that no longer works is refused by the very next request of another process", () => {
  /** What a key can be stopped by; each takes effect in this process, which is neither of the two that are asked. */
  const STOPS: { name: string; stop: (org: TestOrganization, keyId: string) => Promise<unknown> }[] = [
    { name: "revoked", stop: (org, keyId) => apiKeys.removeApiKey(org.scope, keyId) },
    { name: "rotated out at once", stop: (org, keyId) => apiKeys.rotateApiKey(org.scope, keyId, { grace: "now" }) },
    { name: "expired", stop: (_, keyId) => sql("update api_key set expires_at = now() where id = $1", [keyId]) },
  ];

  it.each(STOPS)("$name", async ({ stop }) => {
    const org = await createOrganization();
    const engine = await createEngine(org);
    const key = await createKey(org.live);
    const runId = await createRun(org.live, engine);
    const calls: [method: string, path: string, body?: unknown][] = [
      ["POST", `/api/v1/engines/${engine.slug}/runs`, { input: {} }],
      ["GET", `/api/v1/runs/${runId}`],
      ["GET", "/api/v1/runs"],
      ["GET", "/api/v1/environments"],
      ["POST", "/api/v1/environments", {}],
    ];
    // Both processes have seen it work, so that whatever they might remember, they do.
    for (const server of servers) {
      for (const [method, path, body] of calls)
        expect((await send(server, key, method, path, body)).status).not.toBe(401);
    }
    await stop(org, key.id);
    const answers = await Promise.all(servers.flatMap((server) => calls.map((call) => send(server, key, ...call))));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
  });

  it("its environment deleted", async () => {
    const org = await createOrganization();
    const engine = await createEngine(org);
    const liveKey = await createKey(org.live);
    const dev = await createEnvironment(org, "dev");
    const key = await createKey(dev);
    const path = `/api/v1/engines/${engine.slug}/runs`;
    for (const server of servers) expect((await send(server, key, "POST", path, { input: {} })).status).toBe(202);
    expect((await send(servers[0]!, liveKey, "DELETE", "/api/v1/environments/dev")).status).toBe(204);
    for (const server of servers) expect((await send(server, key, "POST", path, { input: {} })).status).toBe(401);
  });

  it("under load: nothing that arrives after the revocation is accepted", async () => {
    const org = await createOrganization();
    const engine = await createEngine(org);
    const key = await createKey(org.live);
    const path = `/api/v1/engines/${engine.slug}/runs`;
    let isRevoked = false;
    const lateAccepted: number[] = [];
    const load = atOnce(8, async (server) => {
      for (let n = 0; n < 40; n++) {
        const sentAfter = isRevoked;
        const { status } = await send(server, key, "POST", path, { input: { n } });
        if (sentAfter && status !== 401) lateAccepted.push(status);
      }
    });
    await apiKeys.removeApiKey(org.scope, key.id);
    isRevoked = true;
    await load;
    expect(lateAccepted).toEqual([]);
  });
});
