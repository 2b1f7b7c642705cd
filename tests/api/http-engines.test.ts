/** Engines of type http through the public API: their config, and the secret that signs their calls. */
import { beforeEach, describe, expect, it } from "vitest";
import { prisma, pool } from "../../lib/db.ts";
import { validSecrets } from "../../lib/engines/secret-store.ts";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createKey,
  createOrganization,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";
import { fromNow } from "../fixtures/moments.ts";

const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/;

forEachHost(["mount", "server"], (host) => {
  let organization: TestOrganization;
  let live: TestKey;

  beforeEach(async () => {
    organization = await createOrganization();
    live = await createKey(organization.live);
  });

  const call = (method: string, path: string, body?: unknown) => callApi(host, live.key, method, path, body);
  const config = { url: "https://scoring.example.com/run" };
  const create = (more: Record<string, unknown> = {}) =>
    call("POST", "/engines", { slug: "scoring", name: "Scoring", type: "http", config, ...more });
  const put = (draft: unknown) => call("PUT", "/engines/scoring/config", { config: draft });
  const problemsOf = async (draft: unknown) => {
    const { status, body } = await call("POST", "/engines/scoring/config/validate", { config: draft });
    expect(status).toBe(200);
    return (body.problems as { path: string; code: string }[]).map(({ path, code }) => `${path} ${code}`);
  };
  const engineId = async () => (await call("GET", "/engines/scoring")).body.id as string;
  const secretsNow = async () => validSecrets(pool(), organization.id, await engineId());

  describe("the signing secret", () => {
    it("is in the answer to the creation, and nowhere else", async () => {
      const { status, body } = await create();
      expect(status).toBe(201);
      expect(body).toMatchObject({ type: "http", secret: expect.stringMatching(SECRET) });
      expect(await secretsNow()).toEqual([body.secret]);
      const { secret, ...engine } = body;
      expect((await call("GET", "/engines/scoring")).body).toEqual(engine);
      const everything = await sql<{ text: string }>(
        `select string_agg(row, ' ') as text from (
           select t::text as row from engine_secret t union all select t::text from audit_event t union all select t::text from engine t
         ) all_rows`,
      );
      expect(everything[0]!.text).not.toContain(secret);
      expect(everything[0]!.text).not.toContain(secret.slice("whsec_".length));
    });

    it("is only had by engines of type http", async () => {
      const { body } = await call("POST", "/engines", { slug: "graph", name: "Graph", type: "placement" });
      expect(body).not.toHaveProperty("secret");
      const graph = await createEngine(organization);
      expectRefusal(await call("POST", `/engines/${graph.slug}/rotate-secret`, { keep_old: "now" }), 409, "conflict");
    });

    it("is replaced: the old one signs for another 24 hours, or ends now", async () => {
      const first = (await create()).body.secret as string;
      const expectMeanwhile = fromNow();
      const rotated = await call("POST", "/engines/scoring/rotate-secret", { keep_old: "24h" });
      expect(rotated.status).toBe(200);
      expect(rotated.body.secret).toMatch(SECRET);
      expect(rotated.body.secret).not.toBe(first);
      expectMeanwhile(Date.parse(rotated.body.old_secret_expires_at) - 86_400_000);
      expect(await secretsNow()).toEqual([rotated.body.secret, first]);

      const last = await call("POST", "/engines/scoring/rotate-secret", { keep_old: "now" });
      expect(last.body.old_secret_expires_at).toBeNull();
      expect(await secretsNow()).toEqual([last.body.secret]);
      const actions = await sql<{ action: string; keep: string }>(
        `select body::json->>'action' as action, body::json->'details'->>'keep_old' as keep from audit_event where org_id = $1 order by seq`,
        [organization.id],
      );
      expect(actions.filter(({ action }) => action === "engine.rotate_secret").map(({ keep }) => keep)).toEqual([
        "24h",
        "now",
      ]);
    });

    it("is replaced by many at once, one after another, until as many old ones are valid as can be kept", async () => {
      await create();
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => call("POST", "/engines/scoring/rotate-secret", { keep_old: "24h" })),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 409, 409, 409, 409]);
      const secrets = await secretsNow();
      expect(secrets).toHaveLength(5);
      const made = answers.filter(({ status }) => status === 200).map(({ body }) => body.secret);
      expect(secrets).toEqual(expect.arrayContaining(made));
      const refused = await call("POST", "/engines/scoring/rotate-secret", { keep_old: "24h" });
      expectRefusal(refused, 409, "conflict");
      expect(await secretsNow()).toEqual(secrets);
      expect((await call("POST", "/engines/scoring/rotate-secret", { keep_old: "now" })).status).toBe(200);
      expect(await secretsNow()).toHaveLength(1);
    });

    it("that has ended signs no more", async () => {
      await create();
      await call("POST", "/engines/scoring/rotate-secret", { keep_old: "24h" });
      await prisma().engineSecret.updateMany({
        where: { orgId: organization.id, expiresAt: { not: null } },
        data: { expiresAt: new Date(Date.now() - 1) },
      });
      expect(await secretsNow()).toHaveLength(1);
    });

    it.each([{}, { keep_old: "1h" }, { keep_old: "now", more: 1 }])("refuses the rotation %j", async (body) => {
      await create();
      expectRefusal(await call("POST", "/engines/scoring/rotate-secret", body), 400, "invalid_request");
    });
  });

  describe("a URL that may not be called is not even kept in a draft", () => {
    it.each([
      "ftp://scoring.example.com/",
      "https://user:password@scoring.example.com/",
      "https://10.0.0.1/",
      "https://169.254.169.254/latest/meta-data",
      "https://[::ffff:10.0.0.1]/",
      "https://scoring/",
      "https://scoring.internal/",
      "scoring.example.com",
    ])("%s", async (url) => {
      expectRefusal(await create({ config: { url } }), 400, "url_not_allowed", ["config.url"]);
      await create();
      expectRefusal(await put({ url }), 400, "url_not_allowed", ["config.url"]);
      expect((await call("GET", "/engines/scoring/config")).body.config).toEqual(config);
      expect(await problemsOf({ url })).toEqual(["url url_not_allowed"]);
    });

    it("a name that does not resolve is kept", async () => {
      expect((await create({ config: { url: "https://not-there-yet.example.com/" } })).status).toBe(201);
    });
  });

  describe("a config", () => {
    it("is valid with a URL, headers and a deadline of callbacks", async () => {
      await create();
      const whole = {
        ...config,
        callback_timeout_ms: 86_400_000,
        headers: { "X-Team": "risk", accept: "application/json" },
      };
      expect(await problemsOf(whole)).toEqual([]);
      expect((await put(whole)).status).toBe(200);
      expect((await call("POST", "/engines/scoring/versions", {})).body).toMatchObject({ version: "1.0" });
    });

    it.each<[unknown, string[]]>([
      [{}, ["url invalid_shape"]],
      [{ url: 1 }, ["url invalid_shape"]],
      [{ ...config, timeout: 1, method: "GET" }, ["timeout invalid_shape", "method invalid_shape"]],
      [{ ...config, callback_timeout_ms: 999 }, ["callback_timeout_ms invalid_shape"]],
      [{ ...config, callback_timeout_ms: 86_400_001 }, ["callback_timeout_ms invalid_shape"]],
      [{ ...config, headers: { "X-Team": 1 } }, ["headers.X-Team invalid_shape"]],
      [{ ...config, headers: { "X-Team": "a\r\nx: b" } }, ["headers.X-Team invalid_shape"]],
      [{ ...config, headers: { "no name": "a" } }, ["headers.no name header_not_allowed"]],
      [{ ...config, headers: { Authorization: "Bearer x" } }, ["headers.Authorization header_not_allowed"]],
      [{ ...config, headers: { "X-Api-Key": "x" } }, ["headers.X-Api-Key header_not_allowed"]],
      [{ ...config, headers: { Host: "x" } }, ["headers.Host header_not_allowed"]],
      [{ ...config, headers: { A: "1", b: "2", a: "2" } }, ["headers.a header_not_allowed"]],
      [{ ...config, headers: { "Webhook-Id": "x" } }, ["headers.Webhook-Id header_not_allowed"]],
      [{ nodes: [], edges: [] }, ["url invalid_shape", "nodes invalid_shape", "edges invalid_shape"]],
    ])("%j has its problems at their places, and is not published", async (draft, expected) => {
      await create();
      expect(await problemsOf(draft)).toEqual(expected);
      expect((await put(draft)).status).toBe(200);
      const refused = await call("POST", "/engines/scoring/versions", {});
      expectRefusal(refused, 422, "unprocessable");
    });

    it("is frozen with its version, and another URL makes a minor one", async () => {
      await create();
      await call("POST", "/engines/scoring/versions", {});
      await put({ url: "https://other.example.com/" });
      expect((await call("POST", "/engines/scoring/versions", {})).body).toMatchObject({ version: "1.1" });
      expect((await call("GET", "/engines/scoring/versions/1.0")).body.config).toEqual(config);
    });
  });
});
