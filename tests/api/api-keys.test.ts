/** Keys as the portal makes, lists, rotates and revokes them, on the services that its routes call. */
import { beforeEach, describe, expect, it } from "vitest";
import { hashKey } from "../../lib/api-keys/key-format.ts";
import { ApiKeyPageSchema, CreateApiKeySchema } from "../../lib/api-keys/schema.ts";
import { createApiKey, listApiKeys, removeApiKey, rotateApiKey } from "../../lib/api-keys/service.ts";
import { authenticateApiKey } from "../../lib/auth/credentials.ts";
import { KEY_SCOPES } from "../../lib/auth/permissions.ts";
import type { OrgScope } from "../../lib/auth/principal.ts";
import { DAY_MS, HOUR_MS } from "../../lib/time.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEnvironment,
  createKey,
  createOrganization,
  requestContext,
  sessionScope,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { fromNow } from "../fixtures/moments.ts";

const ALL = { limit: 100 };

let organization: TestOrganization;
let owner: OrgScope;

beforeEach(async () => {
  organization = await createOrganization();
  owner = sessionScope(organization, "owner");
});

const works = (key: string) =>
  authenticateApiKey(`Bearer ${key}`, requestContext()).then(
    () => true,
    (error: { code?: string }) => {
      expect(error.code).toBe("unauthorized");
      return false;
    },
  );

const rowOf = async (id: string) => (await sql("select * from api_key where id = $1", [id]))[0]!;
const refused = (code: string, status: number) => expect.objectContaining({ code, status });

describe("create", () => {
  it.each([
    [undefined, "nx_live_"],
    ["live", "nx_live_"],
    ["dev", "nx_dev_"],
    ["test", "nx_test_"],
  ])("for %s begins with %s, is kept as a hash only, and has every scope", async (slug, prefix) => {
    await createEnvironment(organization, "dev");
    await createEnvironment(organization, "test");
    const minted = await createApiKey(owner, {
      name: "Dev integration",
      ...(slug === undefined ? {} : { environment_slug: slug }),
    });
    expect(Object.keys(minted)).toEqual(["id", "keyPrefix", "key"]);
    expect(minted.key).toMatch(new RegExp(`^${prefix}[0-9a-f]{64}$`));
    expect(minted.keyPrefix).toMatch(new RegExp(`^${prefix}[0-9a-f]{4}$`));
    expect(minted.key.startsWith(minted.keyPrefix)).toBe(true);
    const row = await rowOf(minted.id);
    expect(row).toMatchObject({
      scopes: [...KEY_SCOPES],
      created_by_id: "user_owner",
      created_by: "owner@example.test",
      expires_at: null,
    });
    expect(Buffer.from(row.hash as Buffer)).toEqual(Buffer.from(hashKey(minted.key)));
    const scope = await authenticateApiKey(`Bearer ${minted.key}`, requestContext());
    expect(scope).toMatchObject({ orgId: organization.id, environmentSlug: slug ?? "live" });
  });

  it("does not find environments that are unknown, deleted, another organization's, or no slug at all", async () => {
    const other = await createOrganization();
    await createEnvironment(other, "theirs");
    const gone = await createEnvironment(organization, "gone");
    await sql("update environment set deleted_at = now() where id = $1", [gone.id]);
    for (const slug of ["nope", "theirs", "gone", "test", "all", "", "\0", "x".repeat(100)]) {
      await expect(createApiKey(owner, { name: "x", environment_slug: slug })).rejects.toEqual(
        refused("not_found", 404),
      );
    }
    expect(await sql("select 1 from api_key where org_id = $1", [organization.id])).toEqual([]);
  });

  it("refuses an expiry that is not ahead", async () => {
    for (const expires_at of [new Date(Date.now() - 1).toISOString(), "0001-01-01T00:00:00Z"]) {
      await expect(createApiKey(owner, { name: "x", expires_at })).rejects.toEqual(refused("invalid_request", 400));
    }
  });

  it("takes an expiry in the last year that has four digits, and lists keys whatever is stored", async () => {
    const expires_at = "9999-12-31T23:59:59Z";
    const { id } = await createApiKey(owner, CreateApiKeySchema.parse({ name: "x", expires_at }));
    const listed = async () => ApiKeyPageSchema.parse(await listApiKeys(owner, "all", { limit: 25 })).data[0];
    expect(await listed()).toMatchObject({ id, expires_at: "9999-12-31T23:59:59.000Z", status: "active" });
    await sql("update api_key set expires_at = '10000-01-01 23:58:59+00' where id = $1", [id]);
    expect(await listed()).toMatchObject({ id, expires_at: "9999-12-31T23:59:59.999Z", status: "active" });
    expect(CreateApiKeySchema.safeParse({ name: "x", expires_at: "9999-12-31T23:59:59-23:59" }).success).toBe(false);
  });

  it("takes a body as it is described: trimmed name, null expiry, each scope once", () => {
    expect(CreateApiKeySchema.parse({ name: " a ", scopes: ["runs:read", "runs:read"], expires_at: null })).toEqual({
      name: "a",
      scopes: ["runs:read"],
      expires_at: null,
    });
  });
});

describe("list", () => {
  it("shows each key of the environment with name, prefix, scopes, maker, dates and status, newest first, and never the key or its hash", async () => {
    const { live } = organization;
    const first = await createKey(live, { name: "first", scopes: ["runs:read"] });
    const second = await createApiKey(owner, { name: "second" });
    await createKey(await createEnvironment(organization, "dev"));
    const usedAt = new Date("2026-11-20T12:00:00.000Z");
    await sql("insert into api_key_use (key_id, org_id, last_used_at) values ($1, $2, $3)", [
      first.id,
      organization.id,
      usedAt,
    ]);
    const page = await listApiKeys(owner, live.scope, ALL);
    expect(page.next_cursor).toBeNull();
    expect(page.data).toEqual([
      expect.objectContaining({ id: second.id, name: "second", created_by: "owner@example.test", last_used_at: null }),
      {
        id: first.id,
        name: "first",
        environment: "live",
        environment_kind: "live",
        keyPrefix: first.prefix,
        scopes: ["runs:read"],
        created_by: "test@example.test",
        created_at: expect.any(String),
        last_used_at: usedAt.toISOString(),
        expires_at: null,
        status: "active",
        rotated_to_id: null,
      },
    ]);
    expect(JSON.stringify(page)).not.toContain(second.key.slice(-60));
  });

  it("shows the keys of all living environments together, in pages", async () => {
    const dev = await createEnvironment(organization, "dev");
    const gone = await createEnvironment(organization, "gone");
    const keys = [await createKey(organization.live), await createKey(dev), await createKey(organization.live)];
    await createKey(gone);
    await sql("update environment set deleted_at = now() where id = $1", [gone.id]);
    await createKey((await createOrganization()).live);
    const seen = [];
    let cursor: string | undefined;
    do {
      const page = await listApiKeys(owner, "all", { limit: 2, cursor });
      seen.push(...page.data);
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.map(({ id }) => id)).toEqual(keys.map(({ id }) => id).toReversed());
    expect(seen.map(({ environment }) => environment)).toEqual(["live", "dev", "live"]);
  });

  it("says of each key whether it works, and for how long", async () => {
    const now = new Date("2026-11-21T12:00:00Z");
    const at = (ms: number) => new Date(now.getTime() + ms);
    const { live } = organization;
    const expected = new Map([
      [(await createKey(live)).id, "active"],
      [(await createKey(live, { expiresAt: at(8 * DAY_MS) })).id, "active"],
      [(await createKey(live, { expiresAt: at(6 * DAY_MS) })).id, "expiring"],
      [(await createKey(live, { expiresAt: at(0) })).id, "expired"],
      [(await createKey(live, { expiresAt: at(DAY_MS), revokedAt: at(-1) })).id, "revoked"],
    ]);
    const page = await listApiKeys(owner, live.scope, ALL, now);
    expect(new Map(page.data.map(({ id, status }) => [id, status]))).toEqual(expected);
  });
});

describe("rotate", () => {
  it.each([
    ["1h", HOUR_MS],
    ["24h", DAY_MS],
    ["7d", 7 * DAY_MS],
  ] as const)("with a grace of %s both keys work, and the old one ends then", async (grace, ms) => {
    const old = await createApiKey(owner, { name: "ci", scopes: ["runs:write", "runs:read"] });
    const expectMeanwhile = fromNow();
    const fresh = await rotateApiKey(owner, old.id, { grace });
    expect(Object.keys(fresh)).toEqual(["id", "keyPrefix", "key"]);
    expect(await Promise.all([works(old.key), works(fresh.key)])).toEqual([true, true]);
    const [before, after] = [await rowOf(old.id), await rowOf(fresh.id)];
    expectMeanwhile((before.expires_at as Date).getTime() - ms);
    expect(before).toMatchObject({ rotated_to_id: fresh.id, revoked_at: null });
    expect(after).toMatchObject({ name: "ci", scopes: ["runs:write", "runs:read"], expires_at: null });
    const page = await listApiKeys(owner, organization.live.scope, ALL);
    expect(page.data.map(({ status }) => status)).toEqual(["active", "expiring"]);
  });

  it("with the grace now the old key is refused at once", async () => {
    const old = await createApiKey(owner, { name: "ci" });
    const fresh = await rotateApiKey(owner, old.id, { grace: "now" });
    expect(await Promise.all([works(old.key), works(fresh.key)])).toEqual([false, true]);
    expect((await rowOf(old.id)).revoked_at).not.toBeNull();
  });

  it("never lets the old key live longer than by its own expiry, which the new one inherits", async () => {
    const expires_at = new Date(Date.now() + HOUR_MS).toISOString();
    const old = await createApiKey(owner, { name: "ci", expires_at });
    const fresh = await rotateApiKey(owner, old.id, { grace: "7d" });
    for (const id of [old.id, fresh.id]) expect((await rowOf(id)).expires_at).toEqual(new Date(expires_at));
  });

  it("makes one successor, however often it is asked at once", async () => {
    const old = await createApiKey(owner, { name: "ci" });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => rotateApiKey(owner, old.id, { grace: "1h" })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toEqual(refused("conflict", 409));
    expect(await sql("select 1 from api_key where org_id = $1", [organization.id])).toHaveLength(2);
  });

  it("refuses a key that is revoked, expired or rotated already", async () => {
    const { live } = organization;
    const revoked = await createKey(live, { revokedAt: new Date() });
    const expired = await createKey(live, { expiresAt: new Date(Date.now() - 1) });
    const rotated = await createKey(live);
    await rotateApiKey(owner, rotated.id, { grace: "7d" });
    for (const { id } of [revoked, expired, rotated]) {
      await expect(rotateApiKey(owner, id, { grace: "1h" })).rejects.toEqual(refused("conflict", 409));
    }
  });
});

describe("revoke", () => {
  it("ends the key with the very next request, once", async () => {
    const { id, key } = await createApiKey(owner, { name: "ci" });
    await removeApiKey(owner, id);
    expect(await works(key)).toBe(false);
    const { revoked_at } = await rowOf(id);
    await removeApiKey(owner, id);
    expect((await rowOf(id)).revoked_at).toEqual(revoked_at);
    const events = await sql<{ action: string }>(
      "select body::json ->> 'action' as action from audit_event where org_id = $1 order by seq",
      [organization.id],
    );
    expect(events.map(({ action }) => action)).toEqual(["api_key.create", "api_key.revoke"]);
  });

  it("does not find keys of other organizations, of deleted environments, or what is no id", async () => {
    const theirs = await createKey((await createOrganization()).live);
    const gone = await createEnvironment(organization, "gone");
    const orphan = await createKey(gone);
    await sql("update environment set deleted_at = now() where id = $1", [gone.id]);
    for (const id of [theirs.id, orphan.id, "nope", "\0", `${theirs.id}x`]) {
      await expect(removeApiKey(owner, id)).rejects.toEqual(refused("not_found", 404));
      await expect(rotateApiKey(owner, id, { grace: "now" })).rejects.toEqual(refused("not_found", 404));
    }
    expect(await works(theirs.key)).toBe(true);
  });
});
