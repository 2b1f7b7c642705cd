/** Webhook endpoints through the public API: what is taken and refused, secrets, limits, and what becomes of them. */
import { beforeEach, describe, expect, it } from "vitest";
import { prisma } from "../../lib/db.ts";
import { RunSchema } from "../../lib/runs/schema.ts";
import { openToken } from "../../lib/webhooks/secret-store.ts";
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
import { auditedActions, createDelivery, createWebhook, rowsNearSecrets } from "../fixtures/webhooks.ts";

const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/;
const URL_OF_CUSTOMER = "https://hooks.example.com/nexio";

forEachHost(["mount", "server"], (host) => {
  let organization: TestOrganization;
  let dev: TestEnvironment;
  let live: TestKey;
  let devKey: TestKey;

  beforeEach(async () => {
    organization = await createOrganization();
    dev = await createEnvironment(organization);
    live = await createKey(organization.live);
    devKey = await createKey(dev);
  });

  const call = (method: string, path: string, body?: unknown, key = devKey) =>
    callApi(host, key.key, method, `/webhooks${path}`, body);
  const create = (more: Record<string, unknown> = {}, key = devKey) =>
    call("POST", "", { url: URL_OF_CUSTOMER, ...more }, key);
  const actions = () => auditedActions(organization.id);

  describe("creating one", () => {
    it("answers with its secret, for the only time, and belongs to the key's environment", async () => {
      const { status, body } = await create({ description: "  Orders  ", auth_token: "s3cret-token" });
      expect(status).toBe(201);
      const { secret, ...endpoint } = body;
      expect(secret).toMatch(SECRET);
      expect(endpoint).toEqual({
        id: expect.any(String),
        url: URL_OF_CUSTOMER,
        environment: dev.slug,
        events: ["run.completed", "run.failed", "run.canceled"],
        description: "Orders",
        active: true,
        auth_token_configured: true,
        created_at: expect.any(String),
        updated_at: expect.any(String),
      });
      expect((await call("GET", `/${endpoint.id}`)).body).toEqual(endpoint);
      expect((await call("GET", "")).body).toEqual({ data: [endpoint], next_cursor: null });
      expect((await call("GET", "", undefined, live)).body).toEqual({ data: [], next_cursor: null });
      expect((await call("PATCH", `/${endpoint.id}`, { description: null })).body).not.toHaveProperty("secret");
      const text = await rowsNearSecrets(organization.id);
      for (const hidden of [secret, secret.slice("whsec_".length), "s3cret-token"]) expect(text).not.toContain(hidden);
      const row = await prisma().webhookEndpoint.findFirstOrThrow({ where: { id: endpoint.id } });
      expect(openToken(row.authToken!, organization.id, endpoint.id)).toBe("s3cret-token");
      expect(() => openToken(row.authToken!, organization.id, dev.id)).toThrow();
      expect(await actions()).toEqual(["webhook.create", "webhook.update"]);
    });

    it("takes each event once, in the catalogue's order", async () => {
      const { body } = await create({ events: ["ping", "run.failed", "ping", "run.completed"] });
      expect(body.events).toEqual(["run.completed", "run.failed", "ping"]);
    });

    it("gives two endpoints of one URL secrets of their own", async () => {
      const [first, second] = [await create(), await create()];
      expect(first.body.secret).not.toBe(second.body.secret);
    });

    it.each<[Record<string, unknown>, string]>([
      [{ url: 7 }, "url"],
      [{ url: `https://example.com/${"x".repeat(2_048)}` }, "url"],
      [{ events: [] }, "events"],
      [{ events: ["run.started"] }, "events.0"],
      [{ events: "run.failed" }, "events"],
      [{ description: "" }, "description"],
      [{ description: "x".repeat(201) }, "description"],
      [{ auth_token: "two words" }, "auth_token"],
      [{ auth_token: "with\nbreak" }, "auth_token"],
      [{ auth_token: "" }, "auth_token"],
      [{ secret: "whsec_mine" }, "secret"],
      [{ environment: "live" }, "environment"],
      [{ active: false }, "active"],
    ])("refuses %j", async (more, path) => {
      expectRefusal(await create(more), 400, "invalid_request", [path]);
      expect(await prisma().webhookEndpoint.count({ where: { orgId: organization.id } })).toBe(0);
    });
  });

  describe("at most ten of an environment are active", () => {
    it("however many are created at once", async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => create()));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
      for (const answer of answers.filter(({ status }) => status !== 201)) {
        expectRefusal(answer, 409, "webhook_limit_reached");
      }
      expect((await create({}, live)).status).toBe(201);
    });

    it("however many are enabled at once; disabled ones do not count", async () => {
      const disabled = await Promise.all(
        Array.from({ length: 6 }, () => createWebhook(dev, { active: false }).then(({ id }) => id)),
      );
      await Promise.all(Array.from({ length: 8 }, () => createWebhook(dev)));
      const answers = await Promise.all(disabled.map((id) => call("PATCH", `/${id}`, { active: true })));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 409, 409, 409, 409]);
      expectRefusal(
        answers.find(({ status }) => status === 409)!,
        409,
        "webhook_limit_reached",
      );
      const active = answers.find(({ status }) => status === 200)!.body.id;
      // One that is active already may be told so again.
      expect((await call("PATCH", `/${active}`, { active: true })).status).toBe(200);
      expect((await call("DELETE", `/${active}`)).status).toBe(204);
      expect((await create()).status).toBe(201);
    });

    it("and fifty stand there at all", async () => {
      await Promise.all(Array.from({ length: 50 }, () => createWebhook(dev, { active: false })));
      expectRefusal(await create(), 409, "webhook_limit_reached");
    });
  });

  describe("changing one", () => {
    it("changes what is named and nothing else", async () => {
      const { body } = await create({ description: "Orders", auth_token: "token" });
      const { secret: _, ...before } = body;
      const changed = await call("PATCH", `/${before.id}`, { events: ["run.failed"], auth_token: null });
      expect(changed).toMatchObject({
        status: 200,
        body: { ...before, events: ["run.failed"], auth_token_configured: false, updated_at: expect.any(String) },
      });
      const same = await call("PATCH", `/${before.id}`, { events: ["run.failed"] });
      expect(same.body).toEqual(changed.body);
      expect((await call("PATCH", `/${before.id}`, {})).body).toEqual(changed.body);
      // What changes nothing is no event.
      expect(await actions()).toEqual(["webhook.create", "webhook.update"]);
    });

    it("disables and enables it; what waited has failed and tells why", async () => {
      const { id } = await createWebhook(dev);
      const [waiting, delivered] = [
        await createDelivery(dev, id, { attempts: 2 }),
        await createDelivery(dev, id, { status: "DELIVERED", nextAttemptAt: new Date() }),
      ];
      const off = await call("PATCH", `/${id}`, { active: false });
      expect(off.body).toMatchObject({ active: false, disabled_reason: "by_hand", disabled_at: expect.any(String) });
      expect((await call("GET", `/${id}/deliveries/${waiting}`)).body).toMatchObject({
        status: "FAILED",
        last_error: "endpoint_disabled",
        attempt_count: 2,
      });
      const untouched = (await call("GET", `/${id}/deliveries/${delivered}`)).body;
      expect(untouched).toMatchObject({ status: "DELIVERED" });
      expect(untouched).not.toHaveProperty("next_attempt_at");
      const on = await call("PATCH", `/${id}`, { active: true });
      expect(on.body).toMatchObject({ active: true });
      for (const field of ["disabled_reason", "disabled_at", "failing_since"])
        expect(on.body).not.toHaveProperty(field);
    });

    it("enables one that the program has disabled, and forgets that it was failing", async () => {
      const { id } = await createWebhook(dev);
      await prisma().webhookEndpoint.updateMany({
        where: { id },
        data: { active: false, disabledReason: "failing", disabledAt: new Date(), failingSince: new Date(0) },
      });
      expect((await call("GET", `/${id}`)).body).toMatchObject({
        disabled_reason: "failing",
        failing_since: "1970-01-01T00:00:00.000Z",
      });
      // To be disabled by hand beside changes nothing of why.
      expect((await call("PATCH", `/${id}`, { active: false })).body).toMatchObject({ disabled_reason: "failing" });
      expect((await call("PATCH", `/${id}`, { active: true })).body).not.toHaveProperty("failing_since");
    });

    it("forgets that it was failing when its URL is another", async () => {
      const { id } = await createWebhook(dev);
      await prisma().webhookEndpoint.updateMany({ where: { id }, data: { failingSince: new Date() } });
      const changed = await call("PATCH", `/${id}`, { url: "https://new.example.com/" });
      expect(changed.body).not.toHaveProperty("failing_since");
    });
  });

  it("deleting one cancels what was to be sent, keeps its history, and leaves no secret", async () => {
    const { id } = await createWebhook(dev, { authToken: "token" });
    const waiting = await createDelivery(dev, id);
    const failed = await createDelivery(dev, id, { status: "FAILED", nextAttemptAt: new Date() });
    expect((await call("DELETE", `/${id}`)).status).toBe(204);
    expectRefusal(await call("GET", `/${id}`), 404, "not_found");
    expectRefusal(await call("DELETE", `/${id}`), 404, "not_found");
    expectRefusal(await call("PATCH", `/${id}`, { active: true }), 404, "not_found");
    expectRefusal(await call("POST", `/${id}/deliveries/${failed}/resend`), 404, "not_found");
    expect((await call("GET", "")).body.data).toEqual([]);
    const { data } = (await call("GET", `/${id}/deliveries`)).body;
    expect(
      data.map((row: { id: string; status: string; endpoint_deleted: boolean }) => [
        row.id,
        row.status,
        row.endpoint_deleted,
      ]),
    ).toEqual([
      [failed, "FAILED", true],
      [waiting, "CANCELED", true],
    ]);
    expect(await sql("select 1 from webhook_secret where endpoint_id = $1", [id])).toEqual([]);
    expect(await sql("select 1 from webhook_endpoint where id = $1 and auth_token is not null", [id])).toEqual([]);
    // Whatever is written for it in the same moment is found by the worker that takes it from the queue.
    expect(await sql("select 1 from webhook_queue where endpoint_id = $1 and due_at <= now()", [id])).toHaveLength(1);
  });

  it("go with their environment", async () => {
    const { id } = await createWebhook(dev, { authToken: "token" });
    const other = await createWebhook(organization.live);
    await createDelivery(dev, id);
    expect((await callApi(host, live.key, "DELETE", `/environments/${dev.slug}`)).status).toBe(204);
    const rows = await sql<{ id: string; deleted: boolean }>(
      "select id, deleted_at is not null and auth_token is null as deleted from webhook_endpoint where org_id = $1",
      [organization.id],
    );
    expect(Object.fromEntries(rows.map((row) => [row.id, row.deleted]))).toEqual({ [id]: true, [other.id]: false });
    expect(await sql("select 1 from webhook_secret where endpoint_id = $1", [id])).toEqual([]);
    expect(await sql("select status from webhook_delivery where endpoint_id = $1", [id])).toEqual([
      { status: "CANCELED" },
    ]);
    expect(await sql("select 1 from webhook_queue where endpoint_id = $1", [id])).toHaveLength(1);
  });

  it("are listed newest first, page by page", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift((await createWebhook(dev)).id);
    const first = (await call("GET", "?limit=3")).body;
    expect(first.data.map((row: { id: string }) => row.id)).toEqual(ids.slice(0, 3));
    const second = (await call("GET", `?limit=3&cursor=${first.next_cursor}`)).body;
    expect(second).toMatchObject({ next_cursor: null });
    expect(second.data.map((row: { id: string }) => row.id)).toEqual(ids.slice(3));
    expectRefusal(await call("GET", "?cursor=nonsense"), 400, "invalid_request", ["cursor"]);
    expectRefusal(await call("GET", "?deleted=true"), 400, "invalid_request", ["deleted"]);
  });

  it("can ask for the types of events that there are, with a body of each", async () => {
    const { body } = await call("GET", "/event-types");
    expect(
      body.data.map(({ type, default: isDefault }: { type: string; default: boolean }) => [type, isDefault]),
    ).toEqual([
      ["run.completed", true],
      ["run.failed", true],
      ["run.canceled", true],
      ["ping", false],
    ]);
    for (const { type, example } of body.data) {
      expect(example).toMatchObject({
        type,
        webhook_version: "2026-11-21",
        id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
      });
      if (type !== "ping") RunSchema.parse(example.data.run);
    }
  });
});
