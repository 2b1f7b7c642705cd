/** Environments through the public API: what a key of live can do, and everything that is refused. */
import { beforeEach, describe, expect, it } from "vitest";
import { env } from "../../lib/env.ts";
import { cancelPendingRunsOfDeletedEnvironments } from "../../lib/environments/tasks.ts";
import { setEnvironmentLimit } from "../../lib/organizations/service.ts";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createKey,
  createOrganization,
  createRun,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
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
  const create = (slug: unknown, key?: TestKey) => call("POST", "/environments", { slug }, key);

  const refusesPin = async (body: unknown, path: string) =>
    expectRefusal(await call("PATCH", "/environments/dev", body), 400, "invalid_request", [path]);

  const actions = () =>
    sql<{ action: string }>(
      "select body::json ->> 'action' as action from audit_event where org_id = $1 order by seq",
      [organization.id],
    ).then((rows) => rows.map(({ action }) => action));

  describe("create", () => {
    it("answers exactly id, slug, kind and created_at, and writes its audit event", async () => {
      const { status, body } = await create("dev");
      expect(status).toBe(201);
      expect(Object.keys(body)).toEqual(["id", "slug", "kind", "created_at"]);
      expect(body).toMatchObject({ slug: "dev", kind: "environment" });
      expect(new Date(body.created_at).toISOString()).toBe(body.created_at);
      expect(await actions()).toEqual(["environment.create"]);
    });

    it.each(["staging", "prod", "production", "a", "_", "0", "a_b_c_1234567890"])("takes %s", async (slug) => {
      expect((await create(slug)).status).toBe(201);
    });

    it.each(["", "Dev", "de v", "dev-1", "a".repeat(17), "dév", "dev\n", " dev", "../live"])(
      "refuses %j as invalid_slug",
      async (slug) => expectRefusal(await create(slug), 400, "invalid_slug", ["slug"]),
    );

    it.each(["live", "test", "internal", "admin", "api", "nexio", "draft", "all"])(
      "refuses %s as slug_reserved",
      async (slug) => expectRefusal(await create(slug), 400, "slug_reserved", ["slug"]),
    );

    it("names the field of a body that is wrong", async () => {
      expectRefusal(await call("POST", "/environments", {}), 400, "invalid_request", ["slug"]);
      expectRefusal(await call("POST", "/environments", ""), 400, "invalid_request", ["slug"]);
      expectRefusal(await call("POST", "/environments", { slug: 5 }), 400, "invalid_request", ["slug"]);
      expectRefusal(await call("POST", "/environments", { slug: "dev", name: "x" }), 400, "invalid_request", ["name"]);
      expectRefusal(await call("POST", "/environments", '{"slug":"d\\u0000v"}'), 400, "invalid_request", ["slug"]);
      expectRefusal(await call("POST", "/environments", []), 400, "invalid_request", ["body"]);
      expect(await sql("select 1 from environment where org_id = $1", [organization.id])).toHaveLength(1);
    });

    it("refuses a slug that is taken, also by one that was deleted, and takes the same slug in another organization", async () => {
      expect((await create("dev")).status).toBe(201);
      expectRefusal(await create("dev"), 409, "slug_taken", ["slug"]);
      expect((await call("DELETE", "/environments/dev")).status).toBe(204);
      expectRefusal(await create("dev"), 409, "slug_taken", ["slug"]);
      const other = await createKey((await createOrganization()).live);
      expect((await create("dev", other)).status).toBe(201);
    });

    it("makes exactly five of twenty created at once, and says whom to ask for more", async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => create(`env_${index}`)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
      const refused = answers.filter(({ status }) => status !== 201);
      for (const answer of refused) expectRefusal(answer, 409, "environment_limit_reached");
      expect(refused[0]!.body.message).toContain(`contact support: ${env.SUPPORT_CONTACT}`);
      const rows = await sql("select 1 from environment where org_id = $1 and kind = 'environment'", [organization.id]);
      expect(rows).toHaveLength(5);
      expect(await actions()).toHaveLength(5);
    });

    it("makes one of twenty of the same slug at once", async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => create("dev")));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
    });

    it("counts neither deleted ones nor the legacy test, and follows a raised limit", async () => {
      await createEnvironment(organization, "test");
      for (let index = 0; index < 5; index++) expect((await create(`env_${index}`)).status).toBe(201);
      expectRefusal(await create("more"), 409, "environment_limit_reached");
      expect((await call("DELETE", "/environments/env_0")).status).toBe(204);
      expect((await create("more")).status).toBe(201);
      expectRefusal(await create("most"), 409, "environment_limit_reached");
      const { id, name, workosOrganizationId } = organization;
      await setEnvironmentLimit({ id, name, workosOrganizationId, environmentLimit: 5 }, 6);
      expect((await create("most")).status).toBe(201);
    });
  });

  describe("who may", () => {
    it("refuses writes of another environment's key before anything else about them", async () => {
      const dev = await createEnvironment(organization, "dev");
      const key = await createKey(dev);
      expectRefusal(await create("other", key), 403, "forbidden");
      expectRefusal(await call("POST", "/environments", "{broken", key), 403, "forbidden");
      expectRefusal(await call("PATCH", "/environments/dev", {}, key), 403, "forbidden");
      expectRefusal(await call("DELETE", "/environments/dev", undefined, key), 403, "forbidden");
      expectRefusal(await call("DELETE", "/environments/nope", undefined, key), 403, "forbidden");
    });

    it("refuses a live key without environments:manage, naming it", async () => {
      const weak = await createKey(organization.live, { scopes: ["runs:write", "runs:read"] });
      const answer = await create("dev", weak);
      expectRefusal(answer, 403, "forbidden");
      expect(answer.body.message).toContain("environments:manage");
      expect((await call("GET", "/environments", undefined, weak)).status).toBe(200);
    });

    it("shows a key of another environment only its own", async () => {
      const dev = await createEnvironment(organization, "dev");
      await createEnvironment(organization, "staging");
      const key = await createKey(dev);
      expect((await call("GET", "/environments/dev", undefined, key)).body).toMatchObject({ id: dev.id, slug: "dev" });
      for (const slug of ["live", "staging", "nope", "test"]) {
        expectRefusal(await call("GET", `/environments/${slug}`, undefined, key), 404, "not_found");
      }
      const list = await call("GET", "/environments", undefined, key);
      expect(list.body.data.map(({ slug }: { slug: string }) => slug)).toEqual(["dev"]);
    });
  });

  describe("read", () => {
    it("lists live first, then in the order of creation, in pages", async () => {
      for (const slug of ["one", "two", "three"]) await create(slug);
      const slugs = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? "?limit=2" : `?limit=2&cursor=${cursor}`;
        const { status, body } = await call("GET", `/environments${query}`);
        expect(status).toBe(200);
        expect(Object.keys(body)).toEqual(["data", "next_cursor"]);
        slugs.push(...body.data.map(({ slug }: { slug: string }) => slug));
        cursor = body.next_cursor;
      } while (cursor !== null);
      expect(slugs).toEqual(["live", "one", "two", "three"]);
    });

    it.each([
      "limit=0",
      "limit=101",
      "limit=x",
      "limit=1.5",
      "cursor=!",
      "cursor=AAAA",
      "no_such=1",
      "limit=1&limit=2",
    ])("refuses ?%s, naming the parameter", async (query) => {
      expectRefusal(await call("GET", `/environments?${query}`), 400, "invalid_request", [query.split("=")[0]!]);
    });

    it("does not find a deleted one", async () => {
      await create("dev");
      await call("DELETE", "/environments/dev");
      expectRefusal(await call("GET", "/environments/dev"), 404, "not_found");
      expectRefusal(await call("DELETE", "/environments/dev"), 404, "not_found");
      expectRefusal(await call("PATCH", "/environments/dev", {}), 404, "not_found");
    });
  });

  describe("pins", () => {
    beforeEach(async () => {
      await create("dev");
      for (const slug of ["loan-placement", "company-check", "third"]) await createEngine(organization, { slug });
    });

    it("sets, merges and takes away pins; what is not pinned is absent", async () => {
      const set = await call("PATCH", "/environments/dev", {
        pinned_engine_version: "1.x",
        engine_pins: { "loan-placement": "1.3", "company-check": "2.x" },
      });
      expect(set.status).toBe(200);
      expect(set.body).toMatchObject({
        pinned_engine_version: "1.x",
        engine_pins: { "loan-placement": "1.3", "company-check": "2.x" },
      });
      const merged = await call("PATCH", "/environments/dev", { engine_pins: { "company-check": null, third: "1.0" } });
      expect(merged.body.engine_pins).toEqual({ "loan-placement": "1.3", third: "1.0" });
      expect(merged.body.pinned_engine_version).toBe("1.x");
      const cleared = await call("PATCH", "/environments/dev", {
        pinned_engine_version: null,
        engine_pins: { "loan-placement": null, third: null },
      });
      expect(Object.keys(cleared.body)).toEqual(["id", "slug", "kind", "created_at"]);
      expect((await call("GET", "/environments/dev")).body).toEqual(cleared.body);
    });

    it("writes nothing and no event for a change that changes nothing", async () => {
      expect((await call("PATCH", "/environments/dev", "")).status).toBe(200);
      expect((await call("PATCH", "/environments/dev", { pinned_engine_version: null })).status).toBe(200);
      expect(await actions()).toEqual(["environment.create"]);
    });

    it.each([
      "1",
      "1.0.0",
      "latest",
      "x",
      "1.",
      ".1",
      "01.0",
      "1.00",
      "v1.0",
      "1.X",
      "",
      " 1.0",
      "9999999999.0",
      "1.0\n",
    ])("refuses the version %j", async (version) => {
      expectRefusal(
        await call("PATCH", "/environments/dev", { pinned_engine_version: version }),
        400,
        "invalid_engine_version",
        ["pinned_engine_version"],
      );
      expectRefusal(
        await call("PATCH", "/environments/dev", { engine_pins: { "loan-placement": version } }),
        400,
        "invalid_engine_version",
        ["engine_pins.loan-placement"],
      );
    });

    it("refuses those of engines that there are not, and sets none of the others", async () => {
      await createEngine(await createOrganization(), { slug: "theirs" });
      for (const slug of ["nope", "theirs"]) {
        await refusesPin({ engine_pins: { third: "1.0", [slug]: "1.0" } }, `engine_pins.${slug}`);
        expect((await call("PATCH", "/environments/dev", { engine_pins: { [slug]: null } })).status).toBe(200);
      }
      expect((await call("GET", "/environments/dev")).body.engine_pins).toBeUndefined();
      expect(await actions()).toEqual(["environment.create"]);
    });

    it("names the field of what is not a pin at all", async () => {
      await refusesPin({ pinned_engine_version: 1 }, "pinned_engine_version");
      await refusesPin({ engine_pins: [] }, "engine_pins");
      await refusesPin({ engine_pins: { "loan-placement": 1 } }, "engine_pins.loan-placement");
      await refusesPin({ engine_pins: { "Not A Slug": "1.0" } }, "engine_pins.Not A Slug");
      await refusesPin('{"engine_pins":{"__proto__":"1.0"}}', "engine_pins.__proto__");
      await refusesPin('{"engine_pins":{"loan-placement":"1.0","__proto__":null}}', "engine_pins.__proto__");
      await refusesPin('{"__proto__":{"pinned_engine_version":"1.0"}}', "__proto__");
      await refusesPin({ slug: "other" }, "slug");
    });
  });

  describe("protected ones", () => {
    it("a legacy test that an organization does not have is as unknown to DELETE as to GET", async () => {
      for (const method of ["GET", "DELETE"] as const)
        expectRefusal(await call(method, "/environments/test"), 404, "not_found");
    });

    it.each(["live", "test"])("nobody deletes %s, and its pins can be set", async (slug) => {
      if (slug === "test") await createEnvironment(organization, "test");
      expectRefusal(await call("DELETE", `/environments/${slug}`), 409, "environment_protected");
      expectRefusal(await call("PATCH", `/environments/${slug}`, { x: 1 }), 400, "invalid_request", ["x"]);
      const bad = { pinned_engine_version: "1" };
      expectRefusal(await call("PATCH", `/environments/${slug}`, bad), 400, "invalid_engine_version");
      expect((await call("PATCH", `/environments/${slug}`, { pinned_engine_version: "1.x" })).status).toBe(200);
      expect((await call("GET", `/environments/${slug}`)).status).toBe(200);
      expect((await call("PATCH", `/environments/${slug}`, { pinned_engine_version: null })).status).toBe(200);
    });
  });

  describe("delete", () => {
    it("revokes the keys at once, cancels what waits, leaves what runs or has ended, and touches no other environment", async () => {
      const dev = await createEnvironment(organization, "dev");
      const key = await createKey(dev);
      const engine = await createEngine(organization);
      const waiting = [await createRun(dev, engine), await createRun(dev, engine)];
      const completed = await createRun(dev, engine, { status: "COMPLETED" });
      const elsewhere = await createRun(organization.live, engine);
      expect((await call("GET", "/environments", undefined, key)).status).toBe(200);

      const deleted = await call("DELETE", "/environments/dev");
      expect({ status: deleted.status, body: deleted.body }).toEqual({ status: 204, body: undefined });
      expectRefusal(await call("GET", "/environments", undefined, key), 401, "unauthorized");

      const rows = await sql<{ id: string; status: string; ended: boolean }>(
        "select id, status, completed_at is not null as ended from run where org_id = $1",
        [organization.id],
      );
      const statusOf = (id: string) => rows.find((row) => row.id === id);
      for (const id of waiting) expect(statusOf(id)).toMatchObject({ status: "CANCELED", ended: true });
      expect(statusOf(completed)).toMatchObject({ status: "COMPLETED" });
      expect(statusOf(elsewhere)).toMatchObject({ status: "PENDING" });
      expect(await sql("select 1 from api_key where id = $1 and revoked_at is null", [key.id])).toEqual([]);
      expect(await actions()).toEqual(["environment.delete"]);
    });

    it("is refused the second time, also when both come at once", async () => {
      await create("dev");
      const answers = await Promise.all([call("DELETE", "/environments/dev"), call("DELETE", "/environments/dev")]);
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 404]);
    });
  });
});

describe("runs that were in flight while their environment was deleted", () => {
  it("are canceled by the task, however many, and those of living environments are not", async () => {
    const organization = await createOrganization();
    const dev = await createEnvironment(organization, "dev");
    const engine = await createEngine(organization);
    const kept = await createRun(organization.live, engine);
    await sql("update environment set deleted_at = now() where id = $1", [dev.id]);
    // committed after the deletion has looked
    for (let index = 0; index < 3; index++) await createRun(dev, engine);
    await sql(
      `insert into run (org_id, id, environment_id, engine_id, engine_version_id)
       select $1, gen_random_uuid(), $2, $3, $4 from generate_series(1, 2500)`,
      [organization.id, dev.id, engine.id, engine.versionId],
    );
    // several workers at once cancel each run once
    const canceled = await Promise.all(Array.from({ length: 4 }, () => cancelPendingRunsOfDeletedEnvironments()));
    // what one has skipped because another held it is left for the next time
    canceled.push(await cancelPendingRunsOfDeletedEnvironments());
    expect(canceled.reduce((sum, count) => sum + count, 0)).toBe(2503);
    expect(await cancelPendingRunsOfDeletedEnvironments()).toBe(0);
    const waiting = await sql<{ id: string }>("select id from run where org_id = $1 and status = 'PENDING'", [
      organization.id,
    ]);
    expect(waiting).toEqual([{ id: kept }]);
  });
});
