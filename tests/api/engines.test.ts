/** Engines through the public API: drafts, validation, publishing. */
import { beforeEach, describe, expect, it } from "vitest";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEnvironment,
  createKey,
  createOrganization,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { expressionGraph, passThroughGraph } from "../fixtures/graphs.ts";
import { forEachHost } from "../fixtures/hosts.ts";

forEachHost(["mount", "server"], (host) => {
  let organization: TestOrganization;
  let live: TestKey;

  beforeEach(async () => {
    organization = await createOrganization();
    live = await createKey(organization.live);
  });

  const call = (method: string, path: string, body?: unknown, key: TestKey = live) =>
    callApi(host, key.key, method, path, body);
  const good = { slug: "credit-check", name: "Credit check", type: "entity_analysis" };
  const create = (more: Record<string, unknown> = {}) => call("POST", "/engines", { ...good, ...more });
  const saveAndPublish = async (field: string, key: TestKey) => {
    const config = expressionGraph({ [field]: "1" });
    const { body } = await call("PUT", "/engines/credit-check/config", { config }, key);
    return call("POST", "/engines/credit-check/versions", { expected_updated_at: body.updated_at }, key);
  };
  const publish = (body: unknown = {}) => call("POST", "/engines/credit-check/versions", body);

  describe("create", () => {
    it("answers the engine, which is then listed and found", async () => {
      const { status, body } = await create({ description: "Line one\nline two", timeout_ms: 5_000 });
      expect(status).toBe(201);
      expect(body).toEqual({
        id: expect.any(String),
        ...good,
        description: "Line one\nline two",
        timeout_ms: 5_000,
        latest_version: null,
        created_at: expect.any(String),
        updated_at: expect.any(String),
      });
      expect((await call("GET", "/engines/credit-check")).body).toEqual(body);
      expect((await call("GET", "/engines")).body).toEqual({ data: [body], next_cursor: null });
    });

    it.each(["", "ab", "Credit", "-ab", "ab-", "a_b", "a".repeat(51), "a b c", "é-é"])(
      "refuses the slug %j",
      async (slug) => expectRefusal(await create({ slug }), 400, "invalid_slug", ["slug"]),
    );

    it.each(["abc", "a--b", "0-9", "a".repeat(50)])("takes the slug %s", async (slug) => {
      expect((await create({ slug })).status).toBe(201);
    });

    it("refuses a slug that is taken, and makes one of ten of the same slug at once", async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => create()));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 201))
        expectRefusal(answer, 409, "slug_taken", ["slug"]);
    });

    it.each<[Record<string, unknown>, string]>([
      [{ slug: undefined }, "slug"],
      [{ name: "" }, "name"],
      [{ name: "x\ny" }, "name"],
      [{ type: "graph" }, "type"],
      [{ type: "magic" }, "type"],
      [{ type: undefined }, "type"],
      [{ timeout_ms: 0 }, "timeout_ms"],
      [{ timeout_ms: 600_001 }, "timeout_ms"],
      [{ timeout_ms: 1.5 }, "timeout_ms"],
      [{ description: "x".repeat(2_001) }, "description"],
      [{ config: [] }, "config"],
      [{ config: "{}" }, "config"],
      [{ owner: "me" }, "owner"],
    ])("%j is a 400 that names the field", async (more, path) => {
      expectRefusal(await create(more), 400, "invalid_request", [path]);
      expect(await sql("select 1 from engine where org_id = $1", [organization.id])).toEqual([]);
    });
  });

  it("changes name, description and timeout, and nothing that is not named", async () => {
    const { body: before } = await create({ description: "d" });
    const { status, body } = await call("PATCH", "/engines/credit-check", { name: "New name", timeout_ms: 100 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...before, name: "New name", timeout_ms: 100, updated_at: expect.any(String) });
    expectRefusal(await call("PATCH", "/engines/credit-check", { slug: "other" }), 400, "invalid_request", ["slug"]);
    expectRefusal(await call("PATCH", "/engines/credit-check", { type: "placement" }), 400, "invalid_request", [
      "type",
    ]);
    expectRefusal(await call("PATCH", "/engines/nope", {}), 404, "not_found");
  });

  describe("draft", () => {
    beforeEach(async () => {
      await create();
    });

    it("is nothing at first, then what was put, valid or not", async () => {
      expect((await call("GET", "/engines/credit-check/config")).body).toMatchObject({ config: null });
      for (const config of [passThroughGraph(), { nodes: "soon" }, {}]) {
        expect((await call("PUT", "/engines/credit-check/config", { config })).status).toBe(200);
        expect((await call("GET", "/engines/credit-check/config")).body.config).toEqual(config);
      }
      expectRefusal(await call("PUT", "/engines/credit-check/config", {}), 400, "invalid_request", ["config"]);
      expectRefusal(await call("PUT", "/engines/credit-check/config", passThroughGraph()), 400, "invalid_request");
    });

    it("of somebody else is not overwritten by a save that started from an older one, which is told who was quicker", async () => {
      const put = (config: object, expected?: string, key = live) =>
        call("PUT", "/engines/credit-check/config", { config, expected_updated_at: expected }, key);
      const empty = await call("GET", "/engines/credit-check/config");
      const first = await put({ first: 1 }, empty.body.updated_at);
      expect(first).toMatchObject({ status: 200, body: { updated_by: expect.stringContaining(live.prefix) } });
      expect((await call("GET", "/engines/credit-check/config")).body).toEqual(first.body);
      const late = await put({ late: 1 }, empty.body.updated_at);
      expectRefusal(late, 409, "conflict", ["expected_updated_at"]);
      for (const text of [late.body.message, late.body.details[0].message]) {
        expect(text).toContain(live.prefix);
        expect(text).toContain(first.body.updated_at);
      }
      // A new name is no new draft.
      await call("PATCH", "/engines/credit-check", { name: "Renamed" });
      expect((await put({ second: 2 }, first.body.updated_at)).status).toBe(200);
      expect((await put({ third: 3 })).status).toBe(200);
      expectRefusal(await put({}, "yesterday"), 400, "invalid_request", ["expected_updated_at"]);
      expect((await call("GET", "/engines/credit-check/config")).body.config).toEqual({ third: 3 });
    });

    it("is taken from one of ten who save at once from the same", async () => {
      const { body } = await call("GET", "/engines/credit-check/config");
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          call("PUT", "/engines/credit-check/config", { config: { n }, expected_updated_at: body.updated_at }),
        ),
      );
      const [saved, ...more] = answers.filter(({ status }) => status === 200);
      expect(more).toEqual([]);
      for (const answer of answers.filter(({ status }) => status !== 200)) expectRefusal(answer, 409, "conflict");
      expect((await call("GET", "/engines/credit-check/config")).body).toEqual(saved!.body);
    });

    it("is validated, or what is given instead, with 200 and the problems' paths", async () => {
      const validate = (body?: unknown) => call("POST", "/engines/credit-check/config/validate", body);
      const empty = await validate();
      expect(empty).toMatchObject({
        status: 200,
        body: { valid: false, problems: [{ path: "", code: "draft_missing" }] },
      });
      const given = await validate({ config: passThroughGraph() });
      expect(given).toMatchObject({ status: 200, body: { valid: true, problems: [] } });
      const bad = await validate({ config: { nodes: 7 } });
      expect(bad.status).toBe(200);
      expect(bad.body.valid).toBe(false);
      expect(bad.body.problems[0]).toEqual({ path: "nodes", code: "invalid_shape", message: expect.any(String) });
      await call("PUT", "/engines/credit-check/config", { config: passThroughGraph() });
      expect((await validate()).body).toEqual({ valid: true, problems: [] });
    });
  });

  describe("publish", () => {
    beforeEach(async () => {
      await create({ config: passThroughGraph() });
    });

    it("mints 1.0 and then one minor after the other, which latest, 1.x and their own number mean", async () => {
      const first = await publish({ changelog: "First" });
      expect(first.status).toBe(201);
      expect(first.body).toEqual({
        id: expect.any(String),
        engine: "credit-check",
        version: "1.0",
        changelog: "First",
        published_by: expect.stringContaining(live.prefix),
        created_at: expect.any(String),
      });
      const second = await publish();
      expect(second.body).toMatchObject({ version: "1.1", changelog: "" });
      expect((await call("GET", "/engines/credit-check")).body.latest_version).toBe("1.1");
      const heads = await sql<{ spec: string; version_id: string }>(
        "select spec, version_id from engine_version_head where org_id = $1",
        [organization.id],
      );
      expect(Object.fromEntries(heads.map(({ spec, version_id }) => [spec, version_id]))).toEqual({
        "1.0": first.body.id,
        "1.1": second.body.id,
        "1.x": second.body.id,
        latest: second.body.id,
      });
      const list = await call("GET", "/engines/credit-check/versions?limit=1");
      expect(list.body.data).toEqual([second.body]);
      const rest = await call("GET", `/engines/credit-check/versions?limit=1&cursor=${list.body.next_cursor}`);
      expect(rest.body).toEqual({ data: [first.body], next_cursor: null });
    });

    it("mints different numbers for ten publications at once", async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => publish()));
      expect(answers.map(({ body }) => body.version).sort()).toEqual(
        Array.from({ length: 10 }, (_, minor) => `1.${minor}`),
      );
      const [head] = await sql<{ minor: number }>(
        `select minor from engine_version_head head join engine_version version on version.id = head.version_id
         where head.org_id = $1 and spec = 'latest'`,
        [organization.id],
      );
      expect(head!.minor).toBe(9);
    });

    it("mints a major where a name of the version before goes away, and a minor where one is added", async () => {
      const numbers: string[] = [];
      for (const fields of [["a"], ["a", "b"], ["b"], ["b", "c"], ["c"]]) {
        const config = expressionGraph(Object.fromEntries(fields.map((field) => [field, "1"])));
        await call("PUT", "/engines/credit-check/config", { config });
        numbers.push((await publish()).body.version);
      }
      expect(numbers).toEqual(["1.0", "1.1", "2.0", "2.1", "3.0"]);
      const heads = await sql<{ spec: string; version: string }>(
        `select spec, major || '.' || minor as version from engine_version_head head
         join engine_version version on version.id = head.version_id where head.org_id = $1 and spec !~ '[0-9]$'`,
        [organization.id],
      );
      expect(Object.fromEntries(heads.map(({ spec, version }) => [spec, version]))).toEqual({
        "1.x": "1.1",
        "2.x": "2.1",
        "3.x": "3.0",
        latest: "3.0",
      });
      const [event] = await sql<{ details: unknown }>(
        "select body::json -> 'details' as details from audit_event where org_id = $1 order by seq desc limit 1",
        [organization.id],
      );
      expect(event!.details).toEqual({ version: "3.0", change: "major" });
    });

    it("compares each of many publications at once with the one that it follows", async () => {
      const other = await createKey(organization.live);
      await Promise.all(Array.from({ length: 12 }, (_, n) => saveAndPublish(n % 2 ? "a" : "b", n % 2 ? live : other)));
      const versions = await sql<{ major: number; minor: number; field: string }>(
        `select major, minor, config #>> '{nodes,1,content,expressions,0,key}' as field from engine_version
         where org_id = $1 order by major, minor`,
        [organization.id],
      );
      expect(versions.length).toBeGreaterThan(0);
      for (const [index, { major, minor, field }] of versions.entries()) {
        const before = versions[index - 1];
        const expected = !before
          ? [1, 0]
          : field === before.field
            ? [before.major, before.minor + 1]
            : [before.major + 1, 0];
        expect([major, minor]).toEqual(expected);
      }
    });

    it("keeps a version as it was when the draft goes on", async () => {
      await publish();
      await call("PUT", "/engines/credit-check/config", { config: { nodes: [], edges: [] } });
      const { body } = await call("GET", "/engines/credit-check/versions/1.0");
      expect(body.config).toEqual(passThroughGraph());
    });

    it("refuses a draft that is not valid, with its problems, and writes nothing", async () => {
      await call("PUT", "/engines/credit-check/config", { config: { nodes: 7 } });
      const answer = await publish();
      expectRefusal(answer, 422, "unprocessable");
      expect(answer.body.details[0].path).toBe("config.nodes");
      expect(await sql("select 1 from engine_version where org_id = $1", [organization.id])).toEqual([]);
      await call("POST", "/engines", { ...good, slug: "without-draft" });
      expectRefusal(await call("POST", "/engines/without-draft/versions"), 422, "unprocessable", ["config"]);
    });

    it("refuses a draft that somebody has changed since it was looked at", async () => {
      const seen = await call("GET", "/engines/credit-check/config");
      const newer = await call("PUT", "/engines/credit-check/config", { config: passThroughGraph() });
      const answer = await publish({ expected_updated_at: seen.body.updated_at });
      expectRefusal(answer, 409, "conflict", ["expected_updated_at"]);
      expect(await sql("select 1 from engine_version where org_id = $1", [organization.id])).toEqual([]);
      expect((await publish({ expected_updated_at: newer.body.updated_at })).status).toBe(201);
    });

    it("refuses a body that is wrong", async () => {
      expectRefusal(await publish({ version: "2.0" }), 400, "invalid_request", ["version"]);
      expectRefusal(await publish({ changelog: 1 }), 400, "invalid_request", ["changelog"]);
      expectRefusal(await publish({ changelog: "a\u0000b" }), 400, "invalid_request", ["changelog"]);
    });

    it.each(["1.9", "1.x", "1", "1.0.0", "latest", "01.0", "x", "99999999999.0"])(
      "does not find the version %s",
      async (version) => {
        await publish();
        expectRefusal(await call("GET", `/engines/credit-check/versions/${version}`), 404, "not_found");
      },
    );
  });

  it("refuses writes of another environment's key, which may read and validate", async () => {
    await create({ config: passThroughGraph() });
    const key = await createKey(await createEnvironment(organization, "dev"));
    expectRefusal(await call("POST", "/engines", { ...good, slug: "mine" }, key), 403, "forbidden");
    expectRefusal(await call("PATCH", "/engines/credit-check", { name: "x" }, key), 403, "forbidden");
    expectRefusal(await call("PUT", "/engines/credit-check/config", { config: {} }, key), 403, "forbidden");
    expectRefusal(await call("POST", "/engines/credit-check/versions", {}, key), 403, "forbidden");
    expect((await call("GET", "/engines/credit-check", undefined, key)).status).toBe(200);
    const validated = await call("POST", "/engines/credit-check/config/validate", {}, key);
    expect(validated).toMatchObject({ status: 200, body: { valid: true } });
  });

  it("writes an event for every change", async () => {
    await create({ config: passThroughGraph() });
    await call("PATCH", "/engines/credit-check", { name: "x" });
    await call("PUT", "/engines/credit-check/config", { config: passThroughGraph() });
    await publish();
    const events = await sql<{ action: string }>(
      "select body::json ->> 'action' as action from audit_event where org_id = $1 order by seq",
      [organization.id],
    );
    expect(events.map(({ action }) => action)).toEqual([
      "engine.create",
      "engine.update",
      "engine.draft",
      "engine.publish",
    ]);
  });
});
